"""A form with files, read to its end whatever its files weigh: what was written in it is never lost."""

from collections.abc import AsyncGenerator

from fastapi import Request
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser

from api.guards import BODY_LIMIT, EVIDENCE_LIMIT, MEGABYTE
from rules.machine.fields import LIST_LIMIT

FIELDS_LIMIT = 200


class _Dropping(MultiPartParser):
    """Keeps so many bytes of files and drops the others as they come."""

    weight = 0

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._current_part.file is not None:
            self.weight += end - start
            if self.weight > EVIDENCE_LIMIT:
                return
        super().on_part_data(data, start, end)


async def read_form(request: Request) -> tuple[FormData, bool]:
    """What was filled in, and whether its files are small enough together; if not, they are not whole."""
    parser = _Dropping(
        request.headers, request.stream(), max_files=LIST_LIMIT, max_fields=FIELDS_LIMIT, max_part_size=MEGABYTE
    )
    parser.stream = _without_files(request, parser)
    try:
        if request.headers.get("content-type", "").startswith("multipart/form-data"):
            return await parser.parse(), parser.weight <= EVIDENCE_LIMIT
        return await FormParser(request.headers, parser.stream, max_fields=FIELDS_LIMIT).parse(), True
    except MultiPartException as failure:
        raise HTTPException(400, failure.message) from failure


async def _without_files(request: Request, parser: _Dropping) -> AsyncGenerator[bytes, None]:
    """The body, as long as what is no file in it stays below the limit of any other request."""
    came = 0
    async for chunk in request.stream():
        if came - parser.weight > BODY_LIMIT:
            raise HTTPException(413, f"{BODY_LIMIT // MEGABYTE} MB", headers={"Connection": "close"})
        came += len(chunk)
        yield chunk
