"""A register from upload to issued, as routes and pages both go about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import UploadFile
from sqlalchemy import RowMapping
from starlette.concurrency import run_in_threadpool

from api.going_on import within_patience
from api.guards import REGISTER_LIMIT
from api.site import Site
from api.uploads import taken
from desk.caller import Caller
from desk.intake import Proposal
from desk.showing.values import ShownDraft
from documents.sheets.reading import Reading
from ledger.chain import batches
from ledger.chain.batches import Progress
from ledger.reading import lists
from ledger.store.canonical import parse

in_thread = run_in_threadpool


async def read(site: Site, file: UploadFile, sheet: str = "", *, process: str = "", watch: str = "") -> Reading:
    """What the uploaded register says, on that sheet, as items of that process; how far it is stands meanwhile under
    `watch`.

    Raises sheet_refused, field_too_long, field_invalid.
    """

    def told(done: int, total: int) -> None:
        site.reading[watch] = (done, total)

    async with site.uploads:  # so many at once, so many are watched
        data = await taken(file, REGISTER_LIMIT, "台账文件")
        try:
            return await run_in_threadpool(
                site.intake.read,
                data,
                file.filename or "",
                process=process[:100],
                sheet=sheet[:100],
                told=told if watch else None,
            )
        finally:
            site.reading.pop(watch, None)


async def propose(site: Site, reading: Reading, *, filename: str, caller: Caller) -> Proposal:
    """The register stands as a batch to be confirmed."""
    name = filename.replace("\\", "/").rpartition("/")[2][:200]
    return await run_in_threadpool(site.intake.propose, reading, filename=name, caller=caller, now=site.now())


async def confirm(site: Site, batch: str, *, caller: Caller, choices: Mapping[int, str] | None = None) -> bool:
    """The batch is confirmed and being issued; True when it is done, False when it goes on. Joins what runs already."""
    return await within_patience(site, batch, lambda: site.intake.confirm(batch, caller=caller, choices=choices))


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchView:
    """A batch with its drafts and its progress."""

    row: RowMapping
    progress: Progress
    drafts: Sequence[ShownDraft]


def batch_of(site: Site, batch: str) -> BatchView:
    """The batch as it stands. Raises unknown_batch."""
    with site.database.read() as connection:
        row = batches.row(connection, batch)
        drafts = [_draft(draft) for draft in lists.drafts(connection, batch)]
        return BatchView(row=row, progress=batches.progress(connection, batch), drafts=drafts)


def _draft(row: RowMapping) -> ShownDraft:
    copied = ("n", "unit", "unit_name", "variant", "result", "no", "refusal", "started", "verdict", "words", "choice")
    title = parse(row["body"])["title"]
    return ShownDraft(title=title, **{name: row[name] for name in copied})
