"""The one data converter: every client, worker, replayer and test uses this and no other."""

from collections.abc import Sequence
from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import PydanticPayloadConverter
from temporalio.converter import DataConverter, PayloadConverter

_PYDANTIC = PydanticPayloadConverter()


class SharedPayloadConverter(PayloadConverter):
    """Pydantic's converter, made once. The client library makes one of these for each workflow and for each of its
    tasks; what is costly in it, the adapters for our types, is the same for all of them."""

    def to_payloads(self, values: Sequence[Any]) -> list[Payload]:
        """See the base class."""
        return _PYDANTIC.to_payloads(values)

    def from_payloads(self, payloads: Sequence[Payload], type_hints: list[type] | None = None) -> list[Any]:
        """See the base class."""
        return _PYDANTIC.from_payloads(payloads, type_hints)


CONVERTER = DataConverter(payload_converter_class=SharedPayloadConverter)
