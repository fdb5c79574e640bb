"""Short lists that pages show beside the register: processes in force, a batch's drafts, files by id. Reads only."""

from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, func, select

from ledger.chain import pinned
from ledger.chain.batches import DRAFT
from ledger.directory.people import AREA, UNIT
from ledger.store.evidence import EVIDENCE
from rules.forms.answers import Pairs
from rules.forms.form import AnswerKind, Form
from rules.process import Process, Words


def current_processes(connection: Connection) -> list[Process]:
    """The processes that new items are pinned to, one for each variant and kind of unit."""
    where = select(pinned.PROCESS.c.ref).where(pinned.PROCESS.c.current).order_by(pinned.PROCESS.c.ref)
    return [pinned.process(connection, ref) for ref in connection.execute(where).scalars()]


def current_words(connection: Connection) -> Words:
    """The words on which all processes in force agree; else the plain ones."""
    said = {process.words for process in current_processes(connection)}
    return said.pop() if len(said) == 1 else Words()


def title_name(connection: Connection) -> str:
    """What all processes in force call an item's title; empty where they do not agree."""
    said = {process.matter.fields[0].name for process in current_processes(connection)}
    return said.pop() if len(said) == 1 else ""


DRAFTS_LISTED = 1000
_DRAFT_COLUMNS = (
    *("n", "variant", "unit", "body", "result", "no", "refusal", "started"),
    *("verdict", "words", "choice"),
)


def drafts(connection: Connection, batch: str) -> list[RowMapping]:
    """What a batch holds and what became of it, refused ones first, at most DRAFTS_LISTED: n, variant, unit, unit_name,
    body (the order), result, no, refusal, started, verdict, words, choice."""
    columns = [DRAFT.c[name] for name in _DRAFT_COLUMNS]
    query = select(*columns, func.coalesce(UNIT.c.name, AREA.c.name).label("unit_name"))
    for holder in (UNIT, AREA):
        query = query.join(holder, holder.c.id == DRAFT.c.unit, isouter=True)
    query = query.where(DRAFT.c.batch == batch).order_by(DRAFT.c.result != "refused", DRAFT.c.n).limit(DRAFTS_LISTED)
    return list(connection.execute(query).mappings())


def files(connection: Connection, ids: Sequence[str]) -> dict[str, RowMapping]:
    """The rows of these files, as far as they are known."""
    found: dict[str, RowMapping] = {}
    for start in range(0, len(ids), 500):
        query = select(EVIDENCE).where(EVIDENCE.c.id.in_(ids[start : start + 500]))
        found |= {row["id"]: row for row in connection.execute(query).mappings()}
    return found


def units_named(connection: Connection, ids: Sequence[str]) -> dict[str, RowMapping]:
    """The rows of these units, by id."""
    found: dict[str, RowMapping] = {}
    for start in range(0, len(ids), 500):
        query = select(UNIT).where(UNIT.c.id.in_(ids[start : start + 500]))
        found |= {row["id"]: row for row in connection.execute(query).mappings()}
    return found


def units_said(connection: Connection, form: Form, pairs: Pairs) -> dict[str, str]:
    """What the units are called that these answers name, by id."""
    named = {text for at, text in pairs if (one := form.question(at)) and one.kind is AnswerKind.UNIT}
    return {id_: str(row["name"]) for id_, row in units_named(connection, sorted(named)).items()} if named else {}
