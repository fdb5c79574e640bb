"""One item as it is shown: dates with their reasons, where it stands in its process, its notices. Reads only."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime

from sqlalchemy import Connection, RowMapping

from desk.showing.register import RowNames, ShownItem
from desk.showing.values import ShownAnswer, ShownDue, ShownExtension, ShownNotice, ShownPause, ShownUnit, ShownWhy
from ledger.chain import pinned
from ledger.directory import people
from ledger.directory.naming import Called
from ledger.reading import lists
from ledger.reading.extracts import moment
from ledger.reading.queries import ItemView
from rules.codec import encode, instant_text
from rules.dates.calendar import LOCAL, local_date
from rules.dates.clocks import Clock
from rules.dates.distance import distance
from rules.dates.explain import explain, long_day
from rules.dates.windows import Due
from rules.errors import RuleViolation
from rules.forms.form import TITLE
from rules.forms.lines import lines_of
from rules.machine.commands import SYSTEM, Status
from rules.machine.limits import room
from rules.machine.state import State
from rules.machine.turns import SPAN_RULE, deadline_words
from rules.names import CLOCK_NAMES, MOVED_NAMES, ROLE_NAMES, VARIANT_NAME, names_of, version_words
from rules.process import ClockKind, Party, Process, Role


def matter_of(connection: Connection, view: ItemView) -> tuple[ShownAnswer, ...]:
    """What the item is about, its title first, as the process asked for it when it was issued."""
    issued = view.issued
    form, said = pinned.process(connection, issued.process).matter, ((TITLE, issued.title), *issued.matter)
    units = lists.units_said(connection, form, said)
    return tuple(
        ShownAnswer(field=field.id, name=field.name, lines=lines) for field, lines in lines_of(form, said, units)
    )


def about_of(
    connection: Connection, view: ItemView, process: Process, *, kinds: bool = False
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What the item is about beside its title and who answers for it, each with heading and lines; what nobody said
    is left out. `kinds`: also of which kind the item and its unit are."""
    row = view.row
    names = lists.units_named(connection, view.state.co_units)
    areas = {area["id"]: area["name"] for area in people.all_areas(connection)} if kinds else {}
    issued = view.entries[0]
    called = {SYSTEM.id: ROLE_NAMES[SYSTEM.role], **Called(connection, {issued["actor"]}).at(issued["position"])}
    parts = (
        (VARIANT_NAME, (process.variant_name if kinds else "",)),
        *((one.name, one.lines) for one in matter_of(connection, view) if one.field != TITLE),
        ("牵头单位", (row["unit_name"],)),
        ("单位类型", (process.unit_kind_name if kinds else "",)),
        ("片组", (areas.get(row["area"], row["area"] or "") if kinds else "",)),
        ("协办单位", ("、".join(names[u]["name"] if u in names else u for u in view.state.co_units),)),
        ("交办时限", (deadline_words(view.state.deadline, view.state.cap),)),
        ("流程", (f"{process.name} {version_words(process.version)}",)),
        ("交办", (f"{called.get(issued['actor'], issued['actor'])}，{moment(row['issued_at'])}",)),
    )
    return tuple((heading, lines) for heading, lines in parts if any(lines))


def units_of(connection: Connection, words: RowNames, process: Process, ids: Iterable[str]) -> tuple[ShownUnit, ...]:
    """These units, in that order; one that is no longer known is called by its id."""
    wanted = list(ids)
    rows = lists.units_named(connection, wanted)
    found = []
    for unit_id in wanted:
        row = rows.get(unit_id)
        name, kind, area = (row["name"], row["kind"], row["area"]) if row else (unit_id, "", None)
        found.append(words.unit(unit_id, name, kind, "", area))
    return tuple(found)


PUBLICITY = "publicity"
"""How the date is called by which what a step publishes has stood long enough."""


def why(connection: Connection, state: State, now: datetime) -> ShownWhy:
    """Every date that an item in that state has, with its reasons."""
    as_of = max(now, state.at)

    def show(clock: str, name: str, due: Due, late: datetime | None, *, words: bool) -> ShownDue:
        calendar = pinned.calendar(connection, state.calendar)
        away = distance(calendar, due.date, local_date(as_of), late=late is not None) if words else ""
        return ShownDue(
            clock=clock,
            name=name,
            date=due.date,
            at=instant_text(due.at),
            provisional=due.provisional,
            late=instant_text(late) if late else None,
            words=away,
            sentences=explain(due),
            trace=encode(due.trace),
        )

    def of(clock: Clock) -> ShownDue:
        return show(str(clock.kind), _clock_name(clock, state.step_name), clock.due, clock.late, words=True)

    watching = state.watch if state.status is Status.WATCHING else None
    return ShownWhy(
        no=state.no,
        clocks=tuple(of(clock) for clock in state.clocks),
        cap=show("cap", "事项总时限", state.cap, None, words=False) if state.cap and state.clocks else None,
        span=show("span", SPAN_RULE, state.span, None, words=False) if state.span and state.clocks else None,
        watch=show("watch", "回头看期", watching, None, words=False) if watching else None,
        publicity=_with_objections(show(PUBLICITY, MOVED_NAMES[PUBLICITY], state.publicity, None, words=False), state)
        if state.publicity
        else None,
    )


def _with_objections(due: ShownDue, state: State) -> ShownDue:
    waiting = len(state.objections)
    return due.model_copy(update={"words": f"{waiting} 件异议等答复"}) if waiting else due


def _clock_name(clock: Clock, step_name: str) -> str:
    turn = clock.kind in (ClockKind.WORKING, ClockKind.REVIEWING)
    return step_name if turn and step_name else CLOCK_NAMES[clock.kind]


def turn_line(item: ShownItem, dates: ShownWhy) -> str:
    """Whose turn it is, with what and until when; how the item stands where no date runs."""
    if dates.clocks:
        first = dates.clocks[0]
        until = f"{long_day(first.date)} {datetime.fromisoformat(first.at).astimezone(LOCAL):%H:%M} 前"
        if item.status == Status.WAITING:
            return f"等待“{item.step_name}”期满，{long_day(first.date)}自动进入下一环节"
        unit = f"（{item.unit.name}）" if item.party == Party.UNIT else ""
        return f"轮到{item.party_name}{unit}：{first.name}，{until}"
    return f"{item.status_name}至 {long_day(dates.watch.date)}" if dates.watch else item.status_name


def pause_of(view: ItemView) -> ShownPause | None:
    """Since when, until when and why the clocks stand still; None while they run."""
    pause = view.state.pause
    if pause is None:
        return None
    return ShownPause(since=instant_text(pause.since), until=pause.until, reason=pause.reason)


def extension_of(connection: Connection, view: ItemView, process: Process, now: datetime) -> ShownExtension:
    """What waits for an answer, and what could still be asked for."""
    state, could = view.state, None
    if state.clock and state.status is Status.WORKING:
        with suppress(RuleViolation):
            could = room(process, pinned.calendar(connection, state.calendar), state, max(now, state.at))
    asked = state.extension
    return ShownExtension(
        asked_to=asked.to if asked else None,
        asked_days=asked.days if asked else None,
        decider=str(asked.decider) if asked else "",
        decider_name=ROLE_NAMES[asked.decider] if asked else "",
        granted=state.extensions,
        granted_days=state.extended_days,
        times=process.extension.times,
        days_left=could.left if could else 0,
        latest=could.latest if could else None,
    )


def show_notices(connection: Connection, rows: Iterable[RowMapping]) -> tuple[ShownNotice, ...]:
    """Notices with names."""
    rows = tuple(rows)
    called = Called(connection, {row["person"] for row in rows})
    copied = ("id", "at", "person", "kind", "rung", "lamp", "immediate", "state", "title", "unit_name")
    return tuple(
        ShownNotice(
            **{name: row[name] for name in copied},
            no=row["stream"],
            person_name=called.at(row["position"]).get(row["person"], row["person"]),
            role_name=ROLE_NAMES[Role(row["role"])],
            kind_name=names_of(pinned.process(connection, row["process_ref"]).words).event[row["kind"]],
        )
        for row in rows
    )
