"""The month's account 减负月账: who asked whom for how much, what was prefilled, what was contested."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, RowMapping

from desk.showing.values import Shown
from ledger.burden.account import RequestMade, begin_of, month_of, requests_in, waiting_for_leader, worst
from ledger.burden.budgets import budget_in_force
from ledger.burden.contests import Contest, contests
from ledger.burden.olds import with_olds
from ledger.chain.journal import facts
from ledger.directory import people
from ledger.reading import lists
from ledger.rounds.campaigns import in_force
from ledger.rounds.coming import held_up
from ledger.store.sight import sees_everything
from rules.burden.budget import Burden, BurdenBudget, excess, total
from rules.burden.facts import OverBudgetAllowed
from rules.rounds.periods import Period, Rhythm, period_of, read_period

ACCOUNT_LISTED = 300
"""Units that the page lists, those with the most first; of more it says how many."""


class ShownAsker(Shown):
    """Who asked, for what: so many units, how much in all."""

    by: str
    what: str
    by_itself: bool
    units: int
    requests: int
    fields: int
    prefilled: int
    evidence: int


class ShownUnitBurden(Shown):
    """What one unit was asked in the month. `over`: what of it is beyond the budget, in words."""

    unit: str
    unit_name: str
    requests: int
    extras: int
    fields: int
    prefilled: int
    evidence: int
    over: str


class ShownContest(Shown):
    """A question that a unit found should not be asked. `answered_at`: empty while it waits."""

    id: int
    at: str
    unit_name: str
    item: str
    process_name: str
    label: str
    reason: str
    times: int
    answered_at: str
    dropped: bool
    answer: str
    by: str


class ShownAllowance(Shown):
    """A leader's yes beyond the budget."""

    at: str
    by: str
    title: str
    units: int
    over: list[str]
    reason: str


class ShownWaiting(Shown):
    """A batch that waits for the leader's yes. `by`: who proposed it; empty for a round, which opens by itself."""

    batch: str
    title: str
    by: str
    units: int
    over: list[str]


class ShownAccount(Shown):
    """A month's account. `units_asked`: so many were asked at all; `units` lists some of them, those with the most
    first."""

    month: str
    month_name: str
    budget: str
    limits: dict[str, int]
    total: dict[str, int]
    askers: list[ShownAsker]
    units_asked: int
    units_over: int
    units: list[ShownUnitBurden]
    waiting: list[ShownWaiting]
    allowances: list[ShownAllowance]
    contests: list[ShownContest]


def month_asked(written: str, now: datetime) -> Period:
    """The month that somebody named, or the one it is. Raises field_invalid."""
    return period_of(Rhythm.MONTH, read_period(written).first) if written.strip() else month_of(now)


def show_account(
    connection: Connection, month: Period, now: datetime, *, unit: str = "", listed: int = ACCOUNT_LISTED
) -> ShownAccount:
    """The account of the month, of one unit (id, name or alias) where it is named. Raises unknown_unit."""
    only = people.unit_ref(connection, unit).id if unit.strip() else ""
    requests = with_olds(connection, requests_in(connection, month, [only] if only else None))
    budget = budget_in_force(connection)
    some = bool(only) or not sees_everything(connection)  # what was asked of everybody, speaks of them all
    said, yes = contests(connection), [] if some else list(facts(connection, OverBudgetAllowed))
    waiting = [] if some else waiting_for_leader(connection, now)
    persons = (
        {row["actor"] for row, _ in waiting}
        | {one.by for one in requests}
        | {one.answered_by for one in said}
        | {row["actor"] for row, _ in yes}
    )
    names = people.names_of(connection, persons)
    units = sorted(_units(requests, budget), key=lambda one: (not one.over, -one.fields, one.unit))
    everything = total(one.burden for one in requests)
    return ShownAccount(
        month=month.id,
        month_name=month.name,
        budget=f"{budget.name}（{budget.version}）" if budget else "",
        limits=_limits(budget) if budget else {},
        total=_counts(everything),
        askers=_askers(connection, requests, names),
        units_asked=len(units),
        units_over=sum(bool(one.over) for one in units),
        units=units[:listed],
        waiting=[
            ShownWaiting(
                batch=row["id"],
                title=row["title"],
                by=names.get(row["actor"], row["actor"]),
                units=len(beyond),
                over=list(worst(beyond)),
            )
            for row, beyond in waiting
        ]
        + [
            ShownWaiting(batch=one.batch, title=one.title, by="", units=one.units, over=list(one.over))
            for one in ([] if some else held_up(connection).values())
        ],
        allowances=[_allowance(row, fact, names) for row, fact in yes if _in(month, row["at"])],
        contests=_contests(connection, said, month, names, only),
    )


def _limits(budget: BurdenBudget) -> dict[str, int]:
    return {name: getattr(budget, name) for name in ("requests", "extras", "fields", "evidence")}


def _counts(of: Burden) -> dict[str, int]:
    return {name: getattr(of, name) for name in ("requests", "extras", "fields", "prefilled", "evidence")}


def _askers(connection: Connection, requests: Sequence[RequestMade], names: dict[str, str]) -> list[ShownAsker]:
    campaigns = {id_: one.campaign.name for id_, one in in_force(connection).items()}
    groups: dict[tuple[str, str], list[RequestMade]] = defaultdict(list)
    for one in requests:
        groups[(one.campaign or one.by, "" if one.campaign else one.process)].append(one)
    found = []
    for (by, what), those in groups.items():
        of, by_itself = total(one.burden for one in those), bool(those[0].campaign)
        found.append(
            ShownAsker(
                by=campaigns.get(by, by) if by_itself else names.get(by, by),
                what=what or those[0].process,
                by_itself=by_itself,
                units=len({one.unit for one in those}),
                requests=len(those),
                fields=of.fields,
                prefilled=of.prefilled,
                evidence=of.evidence,
            )
        )
    return sorted(found, key=lambda one: (-one.fields, -one.requests, one.by))


def _units(requests: Iterable[RequestMade], budget: BurdenBudget | None) -> list[ShownUnitBurden]:
    by: dict[str, list[RequestMade]] = defaultdict(list)
    for one in requests:
        by[one.unit].append(one)
    found = []
    for unit, those in by.items():
        of = total(one.burden for one in those)
        over = "；".join(map(str, excess(budget, of))) if budget else ""
        found.append(ShownUnitBurden(unit=unit, unit_name=those[-1].unit_name, over=over, **_counts(of)))
    return found


def _allowance(row: RowMapping, fact: OverBudgetAllowed, names: dict[str, str]) -> ShownAllowance:
    return ShownAllowance(
        at=row["at"],
        by=names.get(row["actor"], row["actor"]),
        title=fact.title,
        units=fact.units,
        over=list(fact.over),
        reason=fact.reason,
    )


def _contests(
    connection: Connection, every: Sequence[Contest], month: Period, names: dict[str, str], only: str
) -> list[ShownContest]:
    """Those of the month, and those of earlier ones that nobody has answered."""
    processes = {one.id: one.name for one in lists.current_processes(connection)}
    units = people.names_of_units(connection, {one.unit for one in every})
    times: dict[tuple[str, str], int] = defaultdict(int)
    for one in every:
        times[(one.process, one.place)] += 1
    return [
        ShownContest(
            id=one.id,
            at=one.at,
            unit_name=units.get(one.unit, one.unit),
            item=one.item,
            process_name=processes.get(one.process, one.process),
            label=one.label,
            reason=one.reason,
            times=times[(one.process, one.place)],
            answered_at=one.answered_at,
            dropped=one.dropped,
            answer=one.answer,
            by=names.get(one.answered_by, one.answered_by),
        )
        for one in every
        if (not only or one.unit == only) and (_in(month, one.at) or (one.waits and one.at < begin_of(month)))
    ]


def _in(month: Period, at: str) -> bool:
    return begin_of(month) <= at < begin_of(month.moved(1))
