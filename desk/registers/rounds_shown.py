"""How a round is shown: its counts as a whole, by area and by kind, its units page by page, whom to call. Everything
by number, never by percent alone; a round of 10,000 units costs a few statements."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Column, Connection, RowMapping, Select, bindparam, select

from definitions.directory import UNIT_KINDS
from desk.registers.verifying_shown import ShownVerification, verification
from desk.showing.values import Shown
from ledger.chain.family.in_rounds import DROPPED, IN, LATE, OWING
from ledger.directory import people
from ledger.directory.people import PERSON, POST
from ledger.rounds import counted
from ledger.rounds.campaigns import campaign_of_ref
from ledger.rounds.counted import UNITS_SHOWN, Counted, RoundFilters
from ledger.rounds.rounds import unknown_round
from ledger.rounds.rows import LOCKED, MISSED, OPEN, STOPPED, row_of
from ledger.store.sight import sees_everything
from rules.dates.calendar import instant_of, local_date
from rules.names import ROLE_NAMES
from rules.process import AREA_KIND, Role
from rules.rounds.campaign import Campaign
from rules.rounds.facts import RoundReported
from rules.rounds.periods import read_period
from rules.telling.round_words import why_reported

ROUND_STATES = {OPEN: "进行中", LOCKED: "已锁定", STOPPED: "已停止", MISSED: "错过未开"}
REVIEWING_NAMES = {IN: "已交、待审", LATE: "逾期交、待审"}
"""How a unit stands that has handed in what waits to be judged."""
UNIT_STATES = {OWING: "未报", IN: "按期", LATE: "逾期报", DROPPED: "不再应报"}
HOLDER_KINDS = {**UNIT_KINDS, AREA_KIND: "片组"}
_CALLED = (Role.LIAISON, Role.UNIT_HEAD, Role.INSTRUCTOR, Role.AREA_LEADER)
"""Who is called for a unit or an area, first one first."""


def _posts(holder: Column[str], roles: tuple[Role, ...]) -> Select[Any]:
    query = select(POST.c.person, POST.c.role, holder, PERSON.c.name).join(PERSON, PERSON.c.id == POST.c.person)
    return query.where(POST.c.role.in_([str(role) for role in roles]), holder.in_(bindparam("holders", expanding=True)))


_OF_UNITS, _OF_AREAS = _posts(POST.c.unit, _CALLED[:2]), _posts(POST.c.area, _CALLED[2:])  # made once


class RoundTotals(Shown):
    """So many units by how they stand. `owed`: the denominator, on time, late and owing together; `overdue`: of those
    owing so many whose date has passed; `reviewing`: of those who are in so many wait to be judged; `dropped` are in
    none of them."""

    owed: int = 0
    on_time: int = 0
    late: int = 0
    owing: int = 0
    overdue: int = 0
    reviewing: int = 0
    dropped: int = 0


class ShownRound(RoundTotals):
    """A round: its days, how it stands, `revision` of its report (0: there is none), why it was `stopped`, why a
    correction is asked for (`asking`), and when something happens by itself (`next_on`)."""

    id: str
    name: str
    campaign: str
    period: str
    state: str
    state_name: str
    opened: str
    first_due: str
    last_due: str
    locks: str
    asked: int
    joined: int
    unlocked: int
    revision: int
    asking: str
    stopped: str
    next_on: str


class RoundPart(RoundTotals):
    """The units of one area, or of one kind."""

    id: str
    name: str


class ShownReport(Shown):
    """A revision of the report, as it stands for ever."""

    revision: int
    at: datetime
    by: str
    reason: str
    owed: int
    on_time: int
    late: int
    missing: int
    reviewing: int
    not_due: int
    dropped: int
    joined: int


class RoundPage(Shown):
    """A round with its parts and its reports, and how its verification stands, where there is one."""

    round: ShownRound
    areas: list[RoundPart]
    kinds: list[RoundPart]
    reports: list[ShownReport]
    sampled: ShownVerification | None = None


class ShownContact(Shown):
    """Somebody who can be called, in that post."""

    person: str
    name: str
    role_name: str


class RoundUnit(Shown):
    """How a unit stands with a round. `overdue`: its date has passed and it is not in; `chosen`: it chose that date
    itself; `no`: the item; `handed`: who reports in its place; `why`: it is dropped or handed on."""

    unit: str
    name: str
    kind: str
    kind_name: str
    area: str
    area_name: str
    state: str
    state_name: str
    reviewing: bool
    overdue: bool
    due: str
    chosen: bool
    in_at: datetime | None
    unlocked: str
    handed: str
    why: str
    no: str
    contacts: list[ShownContact]


def shown_rounds(
    connection: Connection, now: datetime, *, campaign: str = "", running: bool = False, limit: int = 50
) -> list[ShownRound]:
    """The rounds, the latest opened first; of that campaign only, or those that are open."""
    rows = counted.heads(connection, campaign=campaign, running=running, limit=limit)
    names = [row["id"] for row in rows]
    totals: dict[str, list[Counted]] = defaultdict(list)
    for one in counted.counts(connection, names):
        totals[one.round].append(one)
    unlocked = counted.unlocked_counts(connection, names)
    campaigns = {ref: campaign_of_ref(connection, ref) for ref in {row["campaign_ref"] for row in rows}}
    return [
        _round(campaigns[row["campaign_ref"]], row, totals[row["id"]], unlocked.get(row["id"], 0), now)
        for row in _as_seen(connection, rows)
    ]


def _as_seen(connection: Connection, rows: Sequence[RowMapping]) -> Iterator[Mapping[str, Any]]:
    """The rounds' rows; for whoever does not see everything they ask for so many as those see."""
    if sees_everything(connection):
        for row in rows:
            yield dict(row)
        return
    asked = counted.asked_counts(connection, [row["id"] for row in rows])
    for row in rows:
        every, joined = asked.get(row["id"], (0, 0))
        yield {**row, "asked": every, "joined": joined}


def round_page(connection: Connection, name: str, now: datetime) -> RoundPage:
    """The round with its parts. Raises unknown_round."""
    row = row_of(connection, name)
    if row is None:
        raise unknown_round(name)
    campaign = campaign_of_ref(connection, row["campaign_ref"])
    found = list(counted.counts(connection, [name]))
    unlocked = counted.unlocked_counts(connection, [name])
    areas = {one["id"]: one["name"] for one in people.all_areas(connection)}
    return RoundPage(
        round=_round(campaign, next(_as_seen(connection, [row])), found, unlocked.get(name, 0), now),
        areas=list(_parts(campaign, now, "area", found, areas)),
        kinds=list(_parts(campaign, now, "kind", found, HOLDER_KINDS)),
        reports=list(_reports(connection, name)),
        sampled=verification(connection, campaign, row),
    )


def round_units(
    connection: Connection,
    name: str,
    filters: RoundFilters,
    now: datetime,
    *,
    after: str = "",
    limit: int = UNITS_SHOWN,
) -> list[RoundUnit]:
    """These units of the round, by id, from the one after that id on, each with who can be called. Raises
    unknown_round."""
    campaign = _campaign(connection, name)
    return _units(connection, campaign, counted.units(connection, name, filters, after=after, limit=limit), now)


def to_call(
    connection: Connection, name: str, now: datetime, *, area: str = "", after: str = "", limit: int = UNITS_SHOWN
) -> list[RoundUnit]:
    """Who owes the round something whose date has passed, by id, with who can be called; of that area only, where one
    is named. Raises unknown_round."""
    campaign = _campaign(connection, name)
    today = local_date(now)
    over = instant_of(today, campaign.due_time) < now  # then who owes by today is late too
    filters = RoundFilters(states=(OWING,), area=area, due_before=(today + timedelta(days=over)).isoformat())
    return _units(connection, campaign, counted.units(connection, name, filters, after=after, limit=limit), now)


def _campaign(connection: Connection, name: str) -> Campaign:
    """By which the round was opened. Raises unknown_round."""
    row = row_of(connection, name)
    if row is None:
        raise unknown_round(name)
    return campaign_of_ref(connection, row["campaign_ref"])


def _round(
    campaign: Campaign, row: Mapping[str, Any], found: Iterable[Counted], unlocked: int, now: datetime
) -> ShownRound:
    alarm = datetime.fromisoformat(row["alarm_at"]) if row["alarm_at"] else None
    same = ("id", "campaign", "period", "state", "opened", "first_due", "last_due", "locks", "asked", "joined")
    return ShownRound(
        **{name: row[name] for name in (*same, "revision", "asking", "stopped")},
        **_totals(campaign, found, now),
        name=f"{campaign.name}（{read_period(row['period']).name}）",
        state_name=ROUND_STATES[row["state"]],
        unlocked=unlocked,
        next_on=local_date(alarm).isoformat() if alarm else "",
    )


def _totals(campaign: Campaign, found: Iterable[Counted], now: datetime) -> dict[str, int]:
    so_far = dict.fromkeys(RoundTotals.model_fields, 0)
    for one in found:
        so_far[{OWING: "owing", IN: "on_time", LATE: "late", DROPPED: "dropped"}[one.state]] += one.count
        if one.state != DROPPED:
            so_far["owed"] += one.count
            so_far["reviewing"] += one.count * one.reviewing
        if one.state == OWING and _over(campaign, one.due, now):
            so_far["overdue"] += one.count
    return so_far


def _over(campaign: Campaign, due: str, now: datetime) -> bool:
    return instant_of(date.fromisoformat(due), campaign.due_time) < now


def _parts(
    campaign: Campaign, now: datetime, by: str, found: Collection[Counted], names: Mapping[str, str]
) -> Iterator[RoundPart]:
    parts: dict[str, list[Counted]] = defaultdict(list)
    for one in found:
        parts[getattr(one, by)].append(one)
    order = list(names)
    for key in sorted(parts, key=lambda key: (order.index(key) if key in names else len(order), key)):
        yield RoundPart(id=key, name=names.get(key, key), **_totals(campaign, parts[key], now))


def _reports(connection: Connection, name: str) -> Iterator[ShownReport]:
    found = list(counted.reports(connection, name))
    names = people.names_of(connection, {row["actor"] for row, _ in found})
    units = people.names_of_units(connection, {one.unit for _, fact in found for one in fact.unlocked})
    for row, fact in found:
        yield report_of(row, fact, names | units)


def report_of(row: RowMapping, fact: RoundReported, names: Mapping[str, str]) -> ShownReport:
    """A revision of the report. `row`: its entry's; `names`: of people and units, by id."""
    return ShownReport(
        revision=fact.revision,
        at=datetime.fromisoformat(row["at"]),
        by=names.get(row["actor"], ""),
        reason=why_reported(fact, names),
        owed=fact.counts.owed,
        on_time=fact.counts.on_time,
        late=fact.counts.late,
        missing=fact.counts.missing,
        reviewing=fact.counts.reviewing,
        not_due=fact.counts.not_due,
        dropped=fact.counts.dropped,
        joined=fact.counts.joined,
    )


def title_of(connection: Connection, name: str) -> str:
    """What the round is called. Raises unknown_round."""
    row = row_of(connection, name)
    if row is None:
        raise unknown_round(name)
    campaign = campaign_of_ref(connection, row["campaign_ref"])
    return f"{campaign.name}（{read_period(row['period']).name}）"


def _units(connection: Connection, campaign: Campaign, rows: list[RowMapping], now: datetime) -> list[RoundUnit]:
    areas = {one["id"]: one["name"] for one in people.all_areas(connection)}
    meant = {row["unit"] for row in rows} | {row["handed"] for row in rows if row["handed"]}
    names = areas | people.names_of_units(connection, meant)
    contacts = _contacts(connection, [row["handed"] or row["unit"] for row in rows])
    return [
        RoundUnit(
            unit=row["unit"],
            name=names.get(row["unit"], row["unit"]),
            kind=row["kind"],
            kind_name=HOLDER_KINDS.get(row["kind"], row["kind"]),
            area=row["area"],
            area_name=areas.get(row["area"], ""),
            state=row["state"],
            state_name=state_name_of(row),
            reviewing=row["reviewing"] and row["state"] != DROPPED,
            overdue=row["state"] == OWING and _over(campaign, row["due"], now),
            due=row["due"],
            chosen=row["chosen"] is not None,
            in_at=datetime.fromisoformat(row["in_at"]) if row["in_at"] else None,
            unlocked=row["unlocked"] or "",
            handed=names.get(row["handed"], row["handed"] or ""),
            why=row["why"],
            no=row["no"] or "",
            contacts=contacts.get(row["handed"] or row["unit"], []),
        )
        for row in rows
    ]


def state_name_of(row: RowMapping) -> str:
    """How the unit of that row stands, in a word."""
    return REVIEWING_NAMES.get(row["state"], "") * row["reviewing"] or UNIT_STATES[row["state"]]


def _contacts(connection: Connection, holders: list[str]) -> dict[str, list[ShownContact]]:
    """By unit or area, who can be called, the liaison before the head."""
    found: dict[str, list[tuple[int, ShownContact]]] = defaultdict(list)
    for query in (_OF_UNITS, _OF_AREAS):
        for person, role, holder, name in connection.execute(query, {"holders": holders}):
            shown = ShownContact(person=person, name=name, role_name=ROLE_NAMES[Role(role)])
            found[holder].append((_CALLED.index(role), shown))
    return {
        holder: [one for _, one in sorted(posts, key=lambda post: (post[0], post[1].person))]
        for holder, posts in found.items()
    }
