"""Forms as files, as routes and pages both send and take them."""

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.responses import Response

from api.routes.evidence import disposition
from api.site import Site
from api.uploads import taken
from desk.blanks.one import BlankFile, FilledDraft, fill
from desk.exporting import MEDIA_TYPES, Format
from documents.sheets.files.limits import MAX_FILE_BYTES
from documents.sheets.files.workbook import read_workbook


def blank_response(made: BlankFile) -> Response:
    """The file as a download; kept by no cache, since it goes stale with the questions."""
    headers = {"Content-Disposition": disposition(made.name), "Cache-Control": "no-store"}
    return Response(made.data, media_type=MEDIA_TYPES[Format.XLSX], headers=headers)


async def filled_from(site: Site, no: str, upload: UploadFile, person: str) -> FilledDraft:
    """The uploaded file's answers are the person's draft. Raises field_too_long, sheet_refused, and what filling
    refuses."""
    async with site.uploads:
        data = await taken(upload, MAX_FILE_BYTES, "填好的表格")
        return await run_in_threadpool(_fill, site, no, data, upload.filename or "", person)


def _fill(site: Site, no: str, data: bytes, filename: str, person: str) -> FilledDraft:
    source = filename.replace("\\", "/").rpartition("/")[2][:100]
    return fill(site.database, no, read_workbook(data, filename), source, person, site.now())
