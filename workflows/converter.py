"""The one data converter: every client, worker, replayer and test uses this and no other, with a codec or without."""

from collections.abc import Sequence
from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import PydanticPayloadConverter
from temporalio.converter import (
    DataConverter,
    DefaultFailureConverter,
    DefaultFailureConverterWithEncodedAttributes,
    PayloadCodec,
    PayloadConverter,
)

ENCODING, ENCRYPTED = "encoding", b"binary/encrypted"
"""How an encrypted payload says that it is one."""
REASON = "locked-because"
"""Why a payload that came out of a codec is still encrypted. It never leaves the process."""
_PYDANTIC = PydanticPayloadConverter()


_NO_KEYS = "流程内容是加密的，这个进程没有密钥：把配套的密钥文件放回来".encode()


class PayloadLocked(Exception):
    """What a workflow carries is encrypted, and not with a key that we have. The message says which."""


class SharedPayloadConverter(PayloadConverter):
    """Pydantic's converter, made once. The client library makes one of these for each workflow and for each of its
    tasks; what is costly in it, the adapters for our types, is the same for all of them."""

    def to_payloads(self, values: Sequence[Any]) -> list[Payload]:
        """See the base class."""
        return _PYDANTIC.to_payloads(values)

    def from_payloads(self, payloads: Sequence[Payload], type_hints: list[type] | None = None) -> list[Any]:
        """See the base class. Raises PayloadLocked for what no codec has decrypted."""
        for one in payloads:
            if one.metadata.get(ENCODING) == ENCRYPTED:
                raise PayloadLocked(one.metadata.get(REASON, _NO_KEYS).decode())
        return _PYDANTIC.from_payloads(payloads, type_hints)


def converter(codec: PayloadCodec | None = None, *, hides_failures: bool = False) -> DataConverter:
    """The data converter, whose payloads go through that codec. `hides_failures`: what a failure says does, too; its
    type, by which programs tell failures apart, never."""
    failures = DefaultFailureConverterWithEncodedAttributes if hides_failures else DefaultFailureConverter
    return DataConverter(
        payload_converter_class=SharedPayloadConverter, payload_codec=codec, failure_converter_class=failures
    )


CONVERTER = converter()
"""The one without a codec."""
