"""A form with files, read to its end whatever its files weigh: what was written in it is never lost."""

from fastapi import Request
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser

from api.guards import EVIDENCE_LIMIT, MEGABYTE
from rules.commands import LIST_LIMIT

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
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return await request.form(max_fields=FIELDS_LIMIT), True
    parser = _Dropping(
        request.headers, request.stream(), max_files=LIST_LIMIT, max_fields=FIELDS_LIMIT, max_part_size=MEGABYTE
    )
    try:
        return await parser.parse(), parser.weight <= EVIDENCE_LIMIT
    except MultiPartException as failure:
        raise HTTPException(400, failure.message) from failure
