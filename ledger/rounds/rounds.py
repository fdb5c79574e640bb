"""Rounds as they stand in their streams, `~round/<campaign>/<period>`: opened with all that they ask for, moved on by
whoever decides, each in one transaction that has the writers' lock. Decisions rest on the stream, and on who is in by
its rows."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, RowMapping, bindparam, delete, select, update

from ledger.burden.account import UnitExcess, check_budget, over_budget
from ledger.burden.budgets import let_go
from ledger.chain import batches, journal, pinned
from ledger.chain.batches import BATCH, DRAFT, NewItem
from ledger.chain.entries import ENTRY, ITEM
from ledger.chain.family.in_rounds import ROUND_UNIT
from ledger.chain.journal import MARK, ROUND, decode_note
from ledger.directory import draws, leaving, people
from ledger.directory.substitutes import check_events
from ledger.rounds import rows
from ledger.rounds.asking import RoundAsks, round_asks
from ledger.rounds.campaigns import campaign_in_force, campaign_of_ref
from ledger.rounds.of_items import locked_out
from ledger.rounds.population import population
from ledger.rounds.rows import LOCKED, ROUND_ROW, batch_of, key_of
from ledger.rounds.standing import put_off, standing_of
from ledger.store.canonical import parse
from ledger.store.driver import PreparedQuery
from rules.codec import Plain, decode, instant_text
from rules.dates.calendar import local_date
from rules.errors import Code, RuleViolation
from rules.forms.answers import Pairs
from rules.machine.commands import SYSTEM, Actor, Status, UnitRef
from rules.machine.events import Event
from rules.machine.issuing import Order
from rules.machine.state import State
from rules.permitting import OF_AREA, OF_UNIT
from rules.process import Process, Role
from rules.rounds.campaign import SHORTEST, Campaign, day_of, draw_of
from rules.rounds.deciding import REPORTING, RoundCommand, RoundVerb, decide_round
from rules.rounds.facts import AskedUnit, RoundFact, RoundMissed
from rules.rounds.opening import open_round, refused_round, round_id
from rules.rounds.periods import PERIOD_FORMS, Period, Rhythm, read_period
from rules.rounds.state import RoundState, fold_further, fold_round

_INSPECTORS = "inspectors"
"""The field of a matter that says who goes there, of those who were drawn."""
_BRINGS_IN = frozenset({"reported", "submitted", "completed"})
"""What a unit brings in."""
_LOCKED = PreparedQuery(  # every report asks
    select(ROUND_ROW.c.id, ROUND_UNIT.c.unit, ROUND_UNIT.c.unlocked, ROUND_UNIT.c.held)
    .join(ROUND_UNIT, ROUND_UNIT.c.round == ROUND_ROW.c.id)
    .where(ROUND_UNIT.c.no == bindparam("no"), ROUND_ROW.c.state == LOCKED)
)


def stream_of_round(round_: str) -> str:
    """The name of the round's stream."""
    return f"{MARK}{ROUND}/{round_}"


def round_facts(connection: Connection, round_: str) -> tuple[tuple[RoundFact, str, str], ...]:
    """What happened in the round, in order: the fact, who brought it about, by which command."""
    query = select(ENTRY.c.kind, ENTRY.c.body, ENTRY.c.actor, ENTRY.c.command)
    rows = connection.execute(query.where(ENTRY.c.stream == stream_of_round(round_)).order_by(ENTRY.c.seq))
    return tuple((decode_note(kind, parse(body)), actor, command) for kind, body, actor, command in rows)  # type: ignore[misc]


def round_state(connection: Connection, round_: str) -> RoundState | None:
    """How the round stands; None when it has not opened."""
    return fold_round((fact, actor) for fact, actor, _ in round_facts(connection, round_))


def known_round(connection: Connection, round_: str) -> RoundState:
    """How the round stands. Raises unknown_round."""
    state = round_state(connection, round_)
    if state is None:
        raise unknown_round(round_)
    return state


def unknown_round(round_: str) -> RuleViolation:
    """There is no round of that id."""
    return RuleViolation(Code.UNKNOWN_ROUND, actual=round_[:80], expected=f"monthly/{PERIOD_FORMS[Rhythm.MONTH]}")


def rounds(connection: Connection) -> list[str]:
    """The ids of all rounds that ever opened."""
    query = select(ENTRY.c.stream).where(ENTRY.c.kind == "round_opened").distinct().order_by(ENTRY.c.stream)
    return [stream.partition("/")[2] for stream in connection.execute(query).scalars()]


def missed_rows(connection: Connection) -> Iterator[tuple[str, Plain]]:
    """Each round that nobody opened in time, by id, and the row that its entry leads to."""
    query = select(ENTRY.c.body).where(ENTRY.c.kind == "round_missed").order_by(ENTRY.c.stream)
    for body in connection.execute(query).scalars():
        fact = decode(RoundMissed, parse(body))
        yield fact.round, rows.missed_row(campaign_of_ref(connection, fact.campaign), fact)


def open_in_ledger(
    connection: Connection,
    campaign: Campaign,
    period: Period,
    actor: Actor,
    now: datetime,
    units: Sequence[UnitRef] | None = None,
    *,
    tried: bool = False,
) -> bool:
    """The round is open and its items wait to be issued, all in this transaction. False when it was open already.
    `units`: who is asked, where somebody names them. `tried`: to see what it would ask of everybody, whatever the
    budget has; nothing of it is to be kept. Raises wrong_role, round_refused, unknown_process, over_budget."""
    name = round_id(campaign.id, period)
    if round_state(connection, name):
        return False
    staggered = campaign.stagger > 1 and not tried
    beyond = _beyond_if_opened(connection, campaign, period, actor, now, units) if staggered else None
    leaving.settle(connection, now)  # who is asked are the units of this day, whether or not it was looked since
    inspecting = _drawn(connection, campaign, period) if campaign.drawn and units is None else {}
    if inspecting:
        units = tuple(people.unit_ref(connection, unit) for unit in inspecting)
    meant = tuple(units) if units is not None else population(connection, campaign)
    asks = round_asks(connection, campaign, period)
    asked = tuple(unit for unit in meant if asks is None or asks.asks(unit.id))
    calendar = pinned.current_calendar(connection)
    supervisor = (
        actor.id if actor.role is Role.SUPERVISOR else next(iter(people.holders(connection, Role.SUPERVISOR)), "")
    )
    if not supervisor:
        raise refused_round(name, "还没有督查员，没有人审核")
    listed = [asked_unit(unit) for unit in asked]
    known = {"figures": asks.register.version if asks else "", "known": len(meant) - len(asked)}
    facts = open_round(campaign, period, calendar, listed, actor, supervisor, now, **known)  # type: ignore[arg-type]
    for fact in facts:
        journal.note(connection, fact, actor, now, command=f"open/{name}")
    state = fold_round((fact, actor.id) for fact in facts)
    assert state, "it begins with its opening"
    rows.begin(connection, campaign, calendar, state)
    processes = _Processes(connection, campaign, asks)
    at_once, later = list[NewItem](), list[NewItem]()
    for unit in asked:
        first = tried or campaign.stagger == 1 or day_of(name, unit.id, campaign.stagger) == 0
        item = _item(processes, period, state, unit, inspectors=inspecting.get(unit.id, ""))
        (at_once if first else later).append(item)
    title = round_title(campaign, period)
    saved = {"filename": campaign.name, "title": title, "reading": {}, "actor": SYSTEM, "now": now}
    batches.save(connection, batch_of(name), at_once, **saved)  # type: ignore[arg-type]
    if not tried:
        check_budget(connection, batch_of(name), now, beyond)
        batches.add(connection, batch_of(name), later, len(at_once) + 1, batches.FORETOLD)
    issue_by_itself(connection, batch_of(name), now)
    return True


def _drawn(connection: Connection, campaign: Campaign, period: Period) -> dict[str, str]:
    """The units that were drawn for the round, with the names of who inspects each. Raises round_refused."""
    name = draw_of(campaign, period)
    if draws.drawn_at(connection, name) is None:
        raise refused_round(round_id(campaign.id, period), f"抽取 {name} 还没有抽出结果")
    standing = draws.draw_state(connection, name).standing
    names = people.names_of(connection, {person for one in standing for person in one.inspectors})
    return {one.unit: "、".join(names.get(person, person) for person in one.inspectors) for one in standing}


def over_if_opened(connection: Connection, round_: str, now: datetime) -> tuple[str, tuple[UnitExcess, ...]]:
    """What the round is called, and what it would ask of units beyond the budget if it opened now; nothing is kept of
    that. Raises what opening raises, unknown_campaign, field_invalid."""
    id_, _, period = round_.partition("/")
    campaign, of = campaign_in_force(connection, id_), read_period(period)
    return round_title(campaign, of), _beyond_if_opened(connection, campaign, of, SYSTEM, now, None)


def _beyond_if_opened(
    connection: Connection,
    campaign: Campaign,
    period: Period,
    actor: Actor,
    now: datetime,
    units: Sequence[UnitRef] | None,
) -> tuple[UnitExcess, ...]:
    """What all its items, on whatever day each is issued, would ask of units beyond the budget."""
    with connection.begin_nested() as tried:
        open_in_ledger(connection, campaign, period, actor, now, units, tried=True)
        beyond = over_budget(connection, batch_of(round_id(campaign.id, period)), now)
        tried.rollback()
    return beyond


def issue_by_itself(connection: Connection, batch: str, now: datetime) -> None:
    """Nobody has to confirm the batch of what a round asks for."""
    changed = {"state": batches.CONFIRMED, "confirmed_at": instant_text(now)}
    connection.execute(update(BATCH).where(BATCH.c.id == batch).values(**changed))


def round_title(campaign: Campaign, period: Period) -> str:
    """What the round, and what it asks for, is called."""
    return f"{campaign.name}（{period.name}）"


class _Processes:
    """By what a round's items go, asked once for each kind; or, where it asks for figures, as they make it."""

    def __init__(self, connection: Connection, campaign: Campaign, asks: RoundAsks | None) -> None:
        self.campaign, self.asks = campaign, asks
        self._connection, self._known = connection, dict[str, Process]()

    def of(self, unit: UnitRef) -> Process:
        """For that unit. Raises unknown_process."""
        if self.asks:
            return self.asks.process_for(unit)
        if unit.kind not in self._known:
            asked = (self.campaign.process, self.campaign.variant, unit.kind)
            self._known[unit.kind] = pinned.current_process(self._connection, *asked)
        return self._known[unit.kind]


def _item(
    processes: _Processes, period: Period, state: RoundState, unit: UnitRef, *, after: str = "", inspectors: str = ""
) -> NewItem:
    """What the unit is asked: named after round and unit, so that an opening that is resumed issues nothing twice.
    `after`: the annulled item by which it was asked before; `inspectors`: who was drawn to go there."""
    campaign, process = processes.campaign, processes.of(unit)
    due = state.due_of(asked_unit(unit)) if any(step.uses_deadline for step in process.steps) else None
    order = Order(
        no="",
        unit=unit,
        title=round_title(campaign, period),
        matter=_matter(campaign, period, process, inspectors),
        deadline=due,
        earliest=state.earliest_of(asked_unit(unit)) if due else None,
        supervisor=state.opened.supervisor,
        asked_by=process.ref if processes.asks else "",
        asked_of=unit.id,
    )
    key = key_of(state.id, unit.id, after)
    return NewItem(process=campaign.process, variant=campaign.variant, import_key=key, order=order)


def _matter(campaign: Campaign, period: Period, process: Process, inspectors: str) -> Pairs:
    said = {"year": period.year, "period": period.name, "draw": draw_of(campaign, period) if campaign.drawn else ""}
    own = tuple((one.field, one.text.format(**said)) for one in campaign.matter if one.field != _INSPECTORS)
    takes = inspectors and any(field.id == _INSPECTORS for field in process.matter.fields)
    return (*own, (_INSPECTORS, inspectors)) if takes else own


def perform(connection: Connection, round_: str, command: RoundCommand, now: datetime) -> RoundState:
    """The command has happened to the round, once, in this transaction; returns how it stands then. Raises
    unknown_round, and what the rules refuse."""
    state = known_round(connection, round_)
    once = select(ENTRY.c.seq).where(ENTRY.c.stream == stream_of_round(round_), ENTRY.c.command == command.id)
    if connection.execute(once.limit(1)).first():
        return state
    return perform_on(connection, state, command, now)


def perform_on(connection: Connection, state: RoundState, command: RoundCommand, now: datetime) -> RoundState:
    """The same, on the round as it stands, by a command that has not happened to it."""
    campaign = campaign_of_ref(connection, state.opened.campaign)
    if command.verb is RoundVerb.MOVE:
        calendar = pinned.current_calendar(connection)
    else:
        calendar = pinned.calendar(connection, state.calendar)
    if command.verb in REPORTING:
        stands = (*standing_of(connection, state.id), *put_off(connection, state, now))
        command = replace(command, stands=stands, annulled=tuple(rows.annulled(connection, state.id)))
    done = decide_round(campaign, calendar, state, command, now)
    for fact in done:
        journal.note(connection, fact, command.actor, now, command=command.id)
    state = fold_further(state, ((fact, command.actor.id) for fact in done))
    rows.follow(connection, campaign, state, done)
    if command.verb is RoundVerb.JOIN and done and command.joins:
        return _ask_too(connection, campaign, state, command.joins, now)
    return state


def _ask_too(
    connection: Connection, campaign: Campaign, state: RoundState, unit: AskedUnit, now: datetime
) -> RoundState:
    found = [people.holder_ref(connection, unit.id, campaign.holder)]
    period = read_period(state.id.partition("/")[2])
    last = item_of(connection, state.id, unit.id)
    if last and last["status"] != Status.ANNULLED:  # what it had been asked is still there
        return state
    after = str(last["no"]) if last else ""
    drafts = select(DRAFT.c.n).where(DRAFT.c.batch == batch_of(state.id)).order_by(DRAFT.c.n.desc())
    waits = drafts.where(DRAFT.c.import_key == key_of(state.id, unit.id, after), DRAFT.c.result == "")
    if connection.execute(waits.limit(1)).first():  # what it was asked before it went waits to be issued still
        return state
    n = connection.execute(drafts.limit(1)).scalar()
    processes = _Processes(connection, campaign, round_asks(connection, campaign, period, state.opened.figures))
    items = [_item(processes, period, state, one, after=after) for one in found]
    batches.add(connection, batch_of(state.id), items, (n or 0) + 1)
    return _without_excess(connection, state, now)


def join_open_round(
    connection: Connection, round_: str, units: Sequence[UnitRef], actor: Actor, now: datetime
) -> tuple[str, ...]:
    """Those of these units that the round, which is open already, does not ask yet are asked too; returns their names.
    Raises round_refused where it asks all of them, or one cannot join, and over_budget."""
    state = known_round(connection, round_)
    if not units:
        raise refused_round(round_, "已经开放；要另外问的，写明是哪些单位")
    asked = {one.id for one in state.owing}
    further = {unit.id: unit for unit in units if unit.id not in asked}
    if not further:
        raise refused_round(round_, f"已经开放，{'、'.join(unit.name for unit in units)}都已经问了")
    for unit in further.values():
        said = {"id": f"{RoundVerb.JOIN}/{now.timestamp():.6f}/{unit.id}"[:100], "verb": RoundVerb.JOIN, "actor": actor}
        command = RoundCommand(**said, joins=asked_unit(unit))  # type: ignore[arg-type]
        state = perform_on(connection, state, command, now)
    if outside := [unit for unit in further.values() if unit.id not in {one.id for one in state.owing}]:
        short = f"离锁定不足 {SHORTEST} 个工作日，或没有那类单位的到期日"
        why = {state.dropped[unit.id].reason if unit.id in state.dropped else short for unit in outside}
        names = "、".join(unit.name for unit in outside)
        raise refused_round(round_, f"{names}加入不了：{'；'.join(sorted(why))}")
    return tuple(unit.name for unit in further.values())


def item_of(connection: Connection, round_: str, unit: str) -> RowMapping | None:
    """The item by which the round asks that unit now; None while there is none."""
    of = (ROUND_UNIT.c.round == round_, ROUND_UNIT.c.unit == unit)
    query = select(ITEM.c.no, ITEM.c.status).join(ROUND_UNIT, ROUND_UNIT.c.no == ITEM.c.no).where(*of)
    return connection.execute(query).mappings().first()


def _without_excess(connection: Connection, state: RoundState, now: datetime) -> RoundState:
    """The drafts of the round wait to be issued, but for those that would go beyond the budget of the month, whatever
    else the leader has said yes to: who would be asked too much owes nothing, for that reason."""
    batch, yes = batch_of(state.id), let_go(connection)
    for one in over_budget(connection, batch, now, let_go=yes) if batch not in yes else ():
        draft = (DRAFT.c.batch == batch, DRAFT.c.unit == one.unit, DRAFT.c.result == "")
        why = f"再问就超出本月减负预算：{'、'.join(map(str, one.over))}"
        connection.execute(update(DRAFT).where(*draft).values(result="refused", refusal=why))
        drop = {"verb": RoundVerb.DROP, "actor": SYSTEM, "unit": one.unit, "reason": why}
        command = RoundCommand(id=f"beyond/{now.timestamp():.6f}/{one.unit}"[:100], **drop)  # type: ignore[arg-type]
        state = perform_on(connection, state, command, now)
    issue_by_itself(connection, batch, now)
    return state


def ask_further(connection: Connection, campaign: Campaign, state: RoundState, now: datetime) -> RoundState:
    """Where a round's items are issued over some days, those of the days that have come wait to be issued."""
    if campaign.stagger == 1:
        return state
    calendar = pinned.calendar(connection, state.calendar)
    day = calendar.count(state.opened.day, local_date(now))
    mine = DRAFT.c.batch == batch_of(state.id)
    drafts = connection.execute(select(DRAFT.c.unit, DRAFT.c.n, DRAFT.c.result).where(mine)).all()
    drafted = {row.unit for row in drafts if row.result != batches.FORETOLD}
    coming = [one for one in state.owing if one.id not in drafted and day_of(state.id, one.id, campaign.stagger) <= day]
    if not coming:
        return state
    period = read_period(state.id.partition("/")[2])
    processes = _Processes(connection, campaign, round_asks(connection, campaign, period, state.opened.figures))
    found = [people.holder_ref(connection, one.id, campaign.holder) for one in coming]
    items = [_item(processes, period, state, one) for one in found]
    foretold = (mine, DRAFT.c.result == batches.FORETOLD, DRAFT.c.unit.in_([one.id for one in coming]))
    connection.execute(delete(DRAFT).where(*foretold))
    batches.add(connection, batch_of(state.id), items, max((row.n for row in drafts), default=0) + 1)
    return _without_excess(connection, state, now)


def check_appended(connection: Connection, state: State, events: Sequence[Event]) -> None:
    """What is asked of events in the transaction that stores them: their actors' posts, and the lock of a round."""
    check_events(connection, state, events)
    check_lock(connection, state, events)


def check_lock(connection: Connection, state: State, events: Sequence[Event]) -> None:
    """After the lock of its round nobody of the unit or area reports by an item but who was unlocked, or whose item is
    due later since it was put off. Raises round_locked."""
    reporting = [one for one in events if one.kind in _BRINGS_IN and one.actor.role in OF_UNIT | OF_AREA]
    if not reporting:
        return
    locked = _LOCKED.first(connection, no=state.no)
    if locked is None:
        return
    until = max(locked["unlocked"] or "", locked["held"] or "")
    if any(local_date(one.at).isoformat() > until for one in reporting):
        raise locked_out(connection, locked["id"], locked["unit"], state)


def asked_unit(unit: UnitRef) -> AskedUnit:
    """The unit or area as a round names it."""
    return AskedUnit(id=unit.id, kind=unit.kind, area=unit.area or "")
