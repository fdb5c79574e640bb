"""What is to be issued, against what was issued before: the same matter again, changed since, or closed. Only reads.

A matter is known by its item's number, else by its import key, else word for word within its unit, else by likeness
there; each item answers for one matter, open ones before ended ones.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import Connection, RowMapping, select

from ledger.chain import erasable, pinned
from ledger.chain.entries import ENTRY, ITEM
from ledger.store.apart import refs_in
from ledger.store.canonical import parse
from rules.dates.calendar import local_date
from rules.dates.explain import long_day
from rules.forms.answers import Pairs
from rules.forms.form import TITLE, AnswerKind
from rules.forms.lines import label_of, lines_of
from rules.machine.commands import NOBODYS_TURN, Status
from rules.machine.events import CLOSINGS, decode_fact
from rules.machine.facts import Issued
from rules.names import VARIANT_NAME
from rules.telling.repeats import alike, normal

VERDICTS = NEW, SAME, CHANGED, CLOSED = "new", "same", "changed", "closed"
_DEALT_WITH = NOBODYS_TURN - {Status.ANNULLED}
_CHUNK = 500
_COLUMNS = ("no", "unit", "unit_name", "title", "status", "variant", "process_ref", "due", "import_key")


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What somebody wants to issue to a unit. `number`: the item's number, where the register carries it. `key` names
    the matter with its limit, whatever day it is read (see NewItem.import_key). `matter`: what is said beside
    the title."""

    unit: str
    text: str
    key: str
    unit_name: str = ""
    number: str = ""
    matter: Pairs = ()
    variant: str = ""
    variant_name: str = ""
    deadline: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MatterChange:
    """What differs from what was issued."""

    name: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.name}由“{self.before or '没有写'}”改为“{self.after or '没有写'}”"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a matter stands: new, or the item `no` for it: the same, changed since, or closed on that day (`close`:
    how its process says it)."""

    verdict: str
    no: str = ""
    closed: date | None = None
    changes: tuple[MatterChange, ...] = ()
    annulled: str = ""
    close: str = "办结"

    @property
    def words(self) -> str:
        """The standing as one clause; empty for what is new."""
        changed = "；".join(map(str, self.changes))
        match self.verdict:
            case "same":
                return f"与 {self.no} 相同"
            case "changed":
                return f"{self.no} 交办后有变化：{changed}"
            case "closed":
                on = f"已于{long_day(self.closed)}{self.close}" if self.closed else f"已{self.close}"
                return f"{self.no} {on}{f'，现在又有变化：{changed}' if changed else ''}"
        return f"{self.annulled} 已作废，按新的事项" if self.annulled else ""


def standings(connection: Connection, matters: Sequence[Matter]) -> tuple[Standing, ...]:
    """How each of the matters stands, in their order."""
    items = _items(connection, {matter.unit for matter in matters}, {m.number for m in matters if m.number})
    found = _matched(matters, items)
    issued = _first_facts(connection, [row["no"] for row in found.values()])
    closings = _closings(connection, [row["no"] for row in found.values() if row["status"] in _DEALT_WITH])
    return tuple(
        _standing(connection, matter, found[n], issued[found[n]["no"]], closings)
        if n in found
        else Standing(verdict=NEW)
        for n, matter in enumerate(matters)
    )


def _items(connection: Connection, units: set[str], numbers: set[str]) -> list[RowMapping]:
    """The items of these units and those with these numbers; open ones first, of either the latest first."""
    columns = [ITEM.c[name] for name in _COLUMNS]
    rows: dict[str, RowMapping] = {}
    for column, wanted in ((ITEM.c.unit, sorted(units)), (ITEM.c.no, sorted(numbers))):
        for start in range(0, len(wanted), _CHUNK):
            query = select(*columns).where(column.in_(wanted[start : start + _CHUNK]))
            rows |= {row["no"]: row for row in connection.execute(query).mappings()}
    latest = sorted(rows.values(), key=lambda row: row["no"], reverse=True)
    return sorted(latest, key=lambda row: (row["status"] in NOBODYS_TURN, row["status"] == Status.ANNULLED))


def _matched(matters: Sequence[Matter], items: Sequence[RowMapping]) -> dict[int, RowMapping]:
    """The item that stands for each matter, by the matter's place. Surer signs go first, over all matters."""
    by_number = {row["no"]: [row] for row in items}
    by_key: dict[tuple[str, str], list[RowMapping]] = {}
    by_words: dict[tuple[str, str], list[RowMapping]] = {}
    of_unit: dict[str, list[RowMapping]] = {}
    for row in items:
        by_key.setdefault((row["unit"], base_key(row["import_key"])), []).append(row)
        by_words.setdefault((row["unit"], normal(row["title"])), []).append(row)
        of_unit.setdefault(row["unit"], []).append(row)
    found: dict[int, RowMapping] = {}
    taken: set[str] = set()

    def take(n: int, candidates: Iterable[RowMapping]) -> None:
        row = next((row for row in candidates if row["no"] not in taken), None)
        if row is not None:
            found[n] = row
            taken.add(row["no"])

    for n, matter in enumerate(matters):
        if matter.number:
            take(n, by_number.get(matter.number, ()))
    for n, matter in enumerate(matters):
        if n not in found and not matter.number:
            take(n, by_key.get((matter.unit, matter.key), ()))
    for n, matter in enumerate(matters):
        if n not in found and not matter.number:
            take(n, by_words.get((matter.unit, normal(matter.text)), ()))
    for n, matter in enumerate(matters):
        if n not in found and not matter.number:
            take(n, (row for row in of_unit.get(matter.unit, ()) if alike(row["title"], matter.text)))
    return found


def base_key(import_key: str | None) -> str:
    """What names the matter in an import key; after the stroke stands the item after which it was issued again."""
    return (import_key or "").partition("/")[0]


def again_key(key: str, earlier: str) -> str:
    """The import key of a matter that is issued though the item `earlier` stood for it: the same each time."""
    return f"{base_key(key)}/{earlier}"


def _first_facts(connection: Connection, numbers: Sequence[str]) -> dict[str, Issued]:
    found: dict[str, Issued] = {}
    for start in range(0, len(numbers), _CHUNK):
        query = select(ENTRY.c.stream, ENTRY.c.kind, ENTRY.c.body).where(
            ENTRY.c.stream.in_(numbers[start : start + _CHUNK]), ENTRY.c.seq == 1
        )
        for row in connection.execute(query):
            fact = decode_fact(row.kind, parse(row.body))
            assert isinstance(fact, Issued), "an item's first entry is `issued`"
            found[row.stream] = fact
    matters = with_names(connection, {no: fact.matter for no, fact in found.items()})
    return {no: replace(fact, matter=matters[no]) for no, fact in found.items()}


def with_names(connection: Connection, matters: Mapping[str, Pairs]) -> dict[str, Pairs]:
    """These matters, by whatever key, with the names that stand apart; without those that were erased."""
    refs = {key: refs_in(matter) for key, matter in matters.items()}
    apart = {ref for of in refs.values() for ref in of.values()}
    names = erasable.values(connection, apart) if apart else {}
    return {key: _named(matter, refs[key], names) if refs[key] else matter for key, matter in matters.items()}


def _named(matter: Pairs, refs: Mapping[str, str], names: Mapping[str, str | None]) -> Pairs:
    told = ((at, names.get(refs[at]) if at in refs else text) for at, text in matter)
    return tuple((at, text) for at, text in told if text)


def _closings(connection: Connection, numbers: Sequence[str]) -> Mapping[str, date]:
    """The day on which each was closed last."""
    found: dict[str, date] = {}
    for start in range(0, len(numbers), _CHUNK):
        query = select(ENTRY.c.stream, ENTRY.c.at).where(
            ENTRY.c.stream.in_(numbers[start : start + _CHUNK]), ENTRY.c.kind.in_(CLOSINGS)
        )
        for row in connection.execute(query.order_by(ENTRY.c.stream, ENTRY.c.seq)):
            found[row.stream] = local_date(datetime.fromisoformat(row.at))
    return found


def _standing(
    connection: Connection, matter: Matter, row: RowMapping, issued: Issued, closings: Mapping[str, date]
) -> Standing:
    if row["status"] == Status.ANNULLED:
        return Standing(verdict=NEW, annulled=row["no"])
    changes = tuple(_changes(connection, matter, row, issued))
    if row["status"] in _DEALT_WITH:
        close = pinned.process(connection, row["process_ref"]).words.close
        return Standing(verdict=CLOSED, no=row["no"], closed=closings.get(row["no"]), changes=changes, close=close)
    return Standing(verdict=CHANGED if changes else SAME, no=row["no"], changes=changes)


def _changes(connection: Connection, matter: Matter, row: RowMapping, issued: Issued) -> Iterable[MatterChange]:
    """What the register says otherwise than the item; what it leaves out is no change."""
    if matter.unit and row["unit"] != matter.unit:
        yield MatterChange(name="承办单位", before=row["unit_name"], after=matter.unit_name or matter.unit)
    process = pinned.process(connection, row["process_ref"])
    form = process.matter
    if normal(matter.text) != normal(issued.title):
        yield MatterChange(name=label_of(form, TITLE), before=_short(issued.title), after=_short(matter.text))
    before = {field.id: lines for field, lines in lines_of(form, issued.matter)}
    for field, new in lines_of(form, matter.matter):
        old = before.get(field.id, ())
        if field.kind is AnswerKind.ROWS and [normal(one) for one in new] != [normal(one) for one in old]:
            yield MatterChange(name=field.name, before=_short("；".join(old)), after=_short("；".join(new)))
    if matter.variant and matter.variant != row["variant"]:
        name = process.variant_name
        yield MatterChange(name=VARIANT_NAME, before=name, after=matter.variant_name or matter.variant)
    if matter.key == base_key(row["import_key"]):
        return  # the same limit in the same words, though it may be reckoned from another day
    known = {issued.deadline, date.fromisoformat(row["due"]) if matter.number and row["due"] else issued.deadline}
    if matter.deadline not in known and (matter.deadline or not matter.number):
        yield MatterChange(name="时限", before=_day(issued.deadline), after=_day(matter.deadline))


def _day(day: date | None) -> str:
    return long_day(day) if day else ""


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"
