"""What units are asked in a month, by the items that stand; and whether a batch would ask more than the budget has."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, and_, or_, select

from ledger.burden.budgets import allowed, budget_in_force
from ledger.chain import pinned
from ledger.chain.batches import BATCH, CONFIRMED, DRAFT, FORETOLD, ISSUE
from ledger.chain.entries import ITEM
from ledger.chain.family.in_rounds import ROUND_PREFIX, ROUND_UNIT, unit_of_key
from ledger.chain.pinned import PROCESS
from ledger.directory import people
from ledger.directory.people import UNIT
from ledger.store.aside_tables import RoundRow
from ledger.store.canonical import parse
from ledger.store.tables import table_of
from rules.burden.budget import Burden, Excess, burden_of, excess, total
from rules.codec import instant_text
from rules.dates.calendar import instant_of, local_date
from rules.errors import Code, RuleViolation
from rules.machine.commands import Status
from rules.rounds.periods import Period, Rhythm, period_of

_ROUND = table_of(RoundRow)
NAMED = 3
"""So many units a refusal names."""
WAITING_LISTED = 50
"""So many batches at most are looked at for what they ask beyond the budget."""
_AT_ONCE = 500
"""So many units are asked for in one query."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestMade:
    """One thing asked of one unit: by which item of which process, since when, by whom, how much. `campaign`: whose
    round asks it; empty where a person does; `batch`: with what else it was issued. `olds`: the figures, each with its
    period, that begin with the old value where there is one."""

    no: str
    unit: str
    unit_name: str
    process: str
    title: str
    at: str
    by: str
    campaign: str
    batch: str
    burden: Burden
    olds: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitExcess:
    """What a unit would be asked beyond the budget."""

    unit: str
    name: str
    over: tuple[Excess, ...]


def worst(beyond: Iterable[UnitExcess]) -> tuple[str, ...]:
    """What is too much, each sort once with the most that any of the units would be asked, in words."""
    most: dict[str, Excess] = {}
    for one in (one for unit in beyond for one in unit.over):
        if one.what not in most or most[one.what].actual < one.actual:
            most[one.what] = one
    return tuple(map(str, most.values()))


def month_of(now: datetime) -> Period:
    """The month in which what is asked at that instant counts."""
    return period_of(Rhythm.MONTH, local_date(now))


def requests_in(connection: Connection, month: Period, units: Sequence[str] | None = None) -> list[RequestMade]:
    """What was asked in the month by items that are not annulled, of these units or of all, the earliest first. It was
    asked of whom it was asked first: what a merged unit was, its successor was not."""
    refs = _burdensome(connection)
    if not refs:
        return []
    where = [
        ITEM.c.process.in_({pinned.process(connection, ref).id for ref in refs}),
        ITEM.c.process_ref.in_(refs),
        ITEM.c.issued_at >= begin_of(month),
        ITEM.c.issued_at < begin_of(month.moved(1)),
        ITEM.c.status != Status.ANNULLED,
    ]
    found: list[RequestMade] = []
    for narrowed in _narrowed(units):
        query = select(ITEM).where(*where, *narrowed)
        found += [_request(connection, row) for row in connection.execute(query).mappings()]
    meant = found if units is None else [one for one in found if one.unit in set(units)]
    names = people.names_of_units(connection, {one.unit for one in meant if not one.unit_name})
    named = (one if one.unit_name else replace(one, unit_name=names.get(one.unit, one.unit)) for one in meant)
    return sorted(named, key=lambda one: (one.at, one.no))


def _narrowed(units: Sequence[str] | None) -> list[list[ColumnElement[bool]]]:
    if units is None:
        return [[]]
    some = [units[start : start + _AT_ONCE] for start in range(0, len(units), _AT_ONCE)]
    return [[or_(ITEM.c.unit.in_(few), ITEM.c.no.in_(_of_rounds(few)))] for few in some]


def _of_rounds(units: Sequence[str]) -> Select[Any]:
    """The items by which rounds ask these units, whoever has them."""
    return select(ROUND_UNIT.c.no).where(ROUND_UNIT.c.unit.in_(units), ROUND_UNIT.c.no.is_not(None))


def begin_of(month: Period) -> str:
    """The instant at which a month begins, as entries say it."""
    return instant_text(instant_of(month.first, time()))


def _burdensome(connection: Connection) -> list[str]:
    """The refs of every version of a process that asks something of units."""
    refs = connection.execute(select(PROCESS.c.ref)).scalars().all()
    return [ref for ref in refs if pinned.process(connection, ref).burden]


def _request(connection: Connection, row: RowMapping) -> RequestMade:
    process = pinned.process(connection, row["process_ref"])
    by_itself = row["batch"].startswith(ROUND_PREFIX)
    unit = unit_of_key(row["batch"], row["import_key"] or "") if by_itself else row["unit"]
    return RequestMade(
        no=row["no"],
        unit=unit,
        unit_name=row["unit_name"] if unit == row["unit"] else "",
        process=process.name,
        title=row["title"],
        at=row["issued_at"],
        by=row["supervisor"],
        campaign=row["batch"].removeprefix(ROUND_PREFIX).partition("/")[0] if by_itself else "",
        batch=row["batch"],
        burden=burden_of(process, by_hand=not by_itself),
        olds=tuple(
            (field.figure, field.period)
            for form in process.forms
            for field in form.fields
            if field.figure and field.prefill
        ),
    )


def over_budget(
    connection: Connection, batch: str, now: datetime, *, let_go: frozenset[str] = frozenset()
) -> tuple[UnitExcess, ...]:
    """What the batch, issued now, would ask of units beyond what the budget has for the month; nothing within it. What
    others have confirmed and the engine has not issued yet counts as asked, and what open rounds issue on days to
    come; but not the batches that are `let_go`."""
    budget = budget_in_force(connection)
    if budget is None:
        return ()
    more = _burdens(connection, DRAFT.c.batch == batch, DRAFT.c.result == "")
    if not more:
        return ()
    asked_before = (one for one in requests_in(connection, month_of(now), sorted(more)) if one.batch not in let_go)
    before = defaultdict(Burden, _by_unit(asked_before))
    confirmed = select(BATCH.c.id).where(BATCH.c.state == CONFIRMED, BATCH.c.id.not_in({batch, *let_go}))
    opened = select(ROUND_PREFIX + _ROUND.c.id).where(_ROUND.c.state == "open", _ROUND.c.stopped == "")
    later = and_(DRAFT.c.batch.in_(opened), DRAFT.c.batch != batch, DRAFT.c.result == FORETOLD)
    waiting = or_(and_(DRAFT.c.batch.in_(confirmed), DRAFT.c.result == ""), later)
    coming = defaultdict(Burden, _burdens(connection, waiting))
    beyond = {unit: excess(budget, before[unit] + coming[unit] + asked) for unit, asked in more.items()}
    names = people.names_of_units(connection, [unit for unit, over in beyond.items() if over])
    return tuple(
        UnitExcess(unit=unit, name=names.get(unit, unit), over=over) for unit, over in sorted(beyond.items()) if over
    )


def _burdens(connection: Connection, *which: ColumnElement[bool]) -> dict[str, Burden]:
    """What such drafts ask of each unit."""
    burdensome = {pinned.process(connection, ref).id for ref in _burdensome(connection)}
    query = select(DRAFT.c.batch, DRAFT.c.process, DRAFT.c.variant, DRAFT.c.unit, DRAFT.c.body, UNIT.c.kind)
    query = query.join(UNIT, UNIT.c.id == DRAFT.c.unit)
    query = query.where(*which, DRAFT.c.choice == ISSUE)
    query = query.where(DRAFT.c.process.in_(burdensome))
    known: dict[tuple[bool, str, str, str, str], Burden] = {}
    found: dict[str, Burden] = defaultdict(Burden)
    for batch, process, variant, unit, body, kind in connection.execute(query) if burdensome else ():
        by_hand = not batch.startswith(ROUND_PREFIX)
        key = (by_hand, process, variant, kind, str(parse(body).get("asked_by", "")))
        if key not in known:
            known[key] = _asked(connection, *key)
        found[unit] += known[key]
    return {unit: burden for unit, burden in found.items() if burden != Burden()}


def _asked(connection: Connection, by_hand: bool, process: str, variant: str, kind: str, ref: str) -> Burden:
    """What an item of that process, variant and kind of unit would ask (by `ref`, where a round asks it); nothing where
    it will be refused."""
    try:
        found = pinned.process(connection, ref) if ref else pinned.current_process(connection, process, variant, kind)
        return burden_of(found, by_hand=by_hand)
    except RuleViolation:
        return Burden()


def _by_unit(requests: Iterable[RequestMade]) -> Mapping[str, Burden]:
    by: dict[str, list[Burden]] = defaultdict(list)
    for one in requests:
        by[one.unit].append(one.burden)
    return {unit: total(burdens) for unit, burdens in by.items()}


def waiting_for_leader(connection: Connection, now: datetime) -> list[tuple[RowMapping, tuple[UnitExcess, ...]]]:
    """The batches that nobody can confirm before the leader has said yes, with what each would ask beyond the
    budget."""
    processes = {pinned.process(connection, ref).id for ref in _burdensome(connection)}
    asking = select(DRAFT.c.batch).where(DRAFT.c.process.in_(processes)).distinct()
    query = select(BATCH).where(BATCH.c.state == "draft", BATCH.c.id.in_(asking)).order_by(BATCH.c.created_at)
    found = []
    for row in connection.execute(query.limit(WAITING_LISTED)).mappings().all() if processes else ():
        beyond = over_budget(connection, row["id"], now) if allowed(connection, row["id"]) is None else ()
        if beyond:
            found.append((row, beyond))
    return found


def check_budget(
    connection: Connection, batch: str, now: datetime, beyond: tuple[UnitExcess, ...] | None = None
) -> None:
    """The batch asks no more than the budget has, or the leader has said yes to it. `beyond`: what it asks beyond,
    where more follows than its drafts say. Raises over_budget."""
    beyond = over_budget(connection, batch, now) if beyond is None else beyond
    if beyond and allowed(connection, batch) is None:
        said = "；".join(f"{one.name}{'、'.join(map(str, one.over))}" for one in beyond[:NAMED])
        more = f"等 {len(beyond)} 个单位" if len(beyond) > NAMED else ""
        raise RuleViolation(Code.OVER_BUDGET, month=month_of(now).name, said=said + more, batch=batch)
