"""A form with files, read to its end whatever its files weigh: what was written in it is never lost; and a field of it
as a request has it."""

from collections.abc import AsyncGenerator
from datetime import date
from typing import Any

from fastapi import Request
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser

from api.guards import BODY_LIMIT, EVIDENCE_LIMIT, MEGABYTE
from rules.errors import Code, RuleViolation
from rules.machine.fields import LIST_LIMIT, Field, FieldKind

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


def line_ends(text: str) -> str:
    """What was filled in, with one kind of line ends and no blanks around it."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def as_filled(field: Field, text: str) -> Any:
    """What was filled in, as a request has it. Raises field_invalid."""
    match field.kind:
        case FieldKind.ENTRY | FieldKind.NUMBER:
            if text.isascii() and text.isdigit() and len(text) <= 5:
                return int(text)
            raise RuleViolation(Code.FIELD_INVALID, field=field.label, actual=text[:20], expected="整数")
        case FieldKind.DATE:
            try:
                return date.fromisoformat(text)
            except ValueError:
                actual, expected = text[:20], "日期，如 2026-12-31"
                raise RuleViolation(Code.FIELD_INVALID, field=field.label, actual=actual, expected=expected) from None
        case FieldKind.YES_NO:
            return {"yes": True, "no": False}.get(text)
    return text
