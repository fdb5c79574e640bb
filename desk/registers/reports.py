"""A revision of a round's report as it stands for ever, how it differs from the one before, and who has read it.

Whoever looks at one is noted first, as with evidence: it is known who saw which revision.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, select

from desk.acting import acting
from desk.caller import Caller
from desk.registers.rounds_shown import ShownReport, report_of, title_of
from desk.showing.values import Shown
from ledger.chain import journal
from ledger.chain.entries import ENTRY
from ledger.directory import people
from ledger.rounds import counted
from ledger.rounds.rounds import unknown_round
from ledger.store.canonical import parse
from ledger.store.database import Database
from rules.codec import decode
from rules.errors import Code, RuleViolation
from rules.permitting import OfficeAct
from rules.rounds.facts import ReportRead, RoundReported

READERS_SHOWN = 200
_KIND = journal.JOURNAL_KIND_OF[ReportRead]


class ShownReader(Shown):
    """Who has read a revision, and when last; `times`: how often."""

    person: str
    name: str
    revision: int
    at: datetime
    times: int


class NamedUnit(Shown):
    """A unit or an area by its name."""

    id: str
    name: str


class ReportDifference(Shown):
    """A unit that this revision tells of otherwise than the one before: how it stood then, how it stands now."""

    unit: NamedUnit
    before: str
    now: str


class ReportPage(Shown):
    """One revision: its counts, who is late or missing by name, what is new against the one before, who has read it."""

    round: str
    name: str
    report: ShownReport
    latest: int
    late: list[NamedUnit]
    missing: list[NamedUnit]
    differences: list[ReportDifference]
    readers: list[ShownReader]


def read_report(database: Database, round_: str, revision: int, caller: Caller, now: datetime) -> ReportPage:
    """That revision, once it is noted who looks at it. Raises unknown_person, wrong_role, unknown_round,
    round_refused."""
    with database.read() as connection:
        _revisions(connection, round_, revision)
        actor = acting(connection, caller, OfficeAct.READ)
    with database.write() as connection:
        journal.note(connection, ReportRead(round=round_, revision=revision), actor, now)
    with database.read() as connection:
        return _page(connection, round_, revision)


def readers(connection: Connection, round_: str) -> list[ShownReader]:
    """Who has read which revision of the round's report, the last one first."""
    said = f'"round":"{round_}"'
    query = select(ENTRY.c.body, ENTRY.c.actor, ENTRY.c.at).where(
        ENTRY.c.kind == _KIND, ENTRY.c.body.contains(said, autoescape=True)
    )
    found: dict[tuple[int, str], tuple[str, int]] = {}
    for body, actor, at in connection.execute(query.order_by(ENTRY.c.position)):
        key = (decode(ReportRead, parse(body)).revision, actor)
        found[key] = (at, found[key][1] + 1 if key in found else 1)
    names = people.names_of(connection, {actor for _, actor in found})
    shown = [
        ShownReader(
            person=actor, name=names.get(actor, actor), revision=revision, at=datetime.fromisoformat(at), times=times
        )
        for (revision, actor), (at, times) in found.items()
    ]
    return sorted(shown, key=lambda one: one.at, reverse=True)[:READERS_SHOWN]


def _revisions(connection: Connection, round_: str, revision: int) -> dict[int, RoundReported]:
    found = {fact.revision: fact for _, fact in counted.reports(connection, round_)}
    if revision not in found:
        if not found:
            raise unknown_round(round_)
        known = "、".join(map(str, found))
        raise RuleViolation(Code.ROUND_REFUSED, round=round_, why=f"通报没有第 {revision} 版，有的是第 {known} 版")
    return found


def _page(connection: Connection, round_: str, revision: int) -> ReportPage:
    facts = _revisions(connection, round_, revision)
    fact, before = facts[revision], facts.get(revision - 1)
    row = next(row for row, one in counted.reports(connection, round_) if one.revision == revision)
    names = people.names_of(connection, {row["actor"]})
    said = {*fact.late_units, *fact.missing_units, *fact.not_due_units}
    said |= {*before.late_units, *before.missing_units, *before.not_due_units} if before else set()
    said |= {one.unit for one in fact.unlocked}
    units = {one["id"]: one["name"] for one in people.all_areas(connection)}
    units |= people.names_of_units(connection, sorted(said))

    def named(ids: Iterable[str]) -> list[NamedUnit]:
        return [NamedUnit(id=unit, name=units.get(unit, unit)) for unit in ids]

    changed = sorted(unit for unit in said if before and _stood(before, unit) != _stood(fact, unit))
    return ReportPage(
        round=round_,
        name=title_of(connection, round_),
        report=report_of(row, fact, {**units, **names}),
        latest=max(facts),
        late=named(fact.late_units),
        missing=named(fact.missing_units),
        differences=[
            ReportDifference(unit=one, before=_stood(before, one.id), now=_stood(fact, one.id))
            for one in named(changed)
            if before
        ],
        readers=[one for one in readers(connection, round_) if one.revision == revision],
    )


def _stood(report: RoundReported, unit: str) -> str:
    if unit in report.not_due_units:
        return "未到期"
    return "未报" if unit in report.missing_units else "逾期报" if unit in report.late_units else "按期或不再应报"
