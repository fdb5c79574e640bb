"""What came in by a locked round is verified in part: its population is sealed as a draw by itself, once; with the
outcome each unit that was drawn is an item of its area, all in the transaction of the drawing."""

from datetime import datetime

from sqlalchemy import Connection, func, select

from ledger.chain import batches
from ledger.chain.batches import DRAFT, NewItem
from ledger.chain.entries import ENTRY, ITEM
from ledger.chain.journal import decode_note
from ledger.directory import people
from ledger.directory.draws import draw_state, facts_of, note_draw, units_now
from ledger.rounds.campaigns import campaign_of_ref
from ledger.rounds.counted import came_in
from ledger.rounds.rounds import issue_by_itself, known_round, round_title, stream_of_round, unknown_round
from ledger.rounds.rows import ROUND_ROW
from ledger.store.canonical import parse
from rules.draw.drawing import least_one, seal_population
from rules.draw.facts import DrawUnit, PopulationSealed, StratumBy
from rules.errors import RuleViolation
from rules.machine.commands import SYSTEM, Status
from rules.machine.issuing import Order
from rules.process import Role
from rules.rounds.campaign import Campaign, Verify, verifies, verifying_draw
from rules.rounds.facts import RoundOpened
from rules.rounds.periods import read_period
from rules.rounds.state import RoundState

_WITNESSING = (Role.LEADER, Role.AUDITOR, Role.ADMINISTRATOR, Role.SUPERVISOR)
"""In which roles the two witnesses are looked for, the first first: nobody who verifies, and nobody of a unit."""
WITNESSES = 2
_CHUNK = 500


def draw_of_round(round_: str) -> str:
    """The id of the draw by which what came in by the round is verified."""
    campaign, _, period = round_.partition("/")
    return verifying_draw(campaign, period)


def batch_verifying(round_: str) -> str:
    """The id of the batch in which its items are issued."""
    return f"verify/{round_}"


def witnesses_for(connection: Connection, supervisor: str) -> tuple[str, ...]:
    """The two who bring the numbers: of different posts where there are such, never the round's own supervisor."""
    found: list[str] = []
    for first in (True, False):
        for role in _WITNESSING:
            others = [one for one in people.holders(connection, role) if one not in (*found, supervisor)]
            found += others[:1] if first else others
    return tuple(dict.fromkeys(found))[:WITNESSES]


def supervisor_of(connection: Connection, round_: str) -> str:
    """Whose the round is; read from its opening alone. Raises unknown_round."""
    opening = select(ENTRY.c.kind, ENTRY.c.body).where(ENTRY.c.stream == stream_of_round(round_), ENTRY.c.seq == 1)
    row = connection.execute(opening).first()
    fact = decode_note(row.kind, parse(row.body)) if row else None
    if not isinstance(fact, RoundOpened):
        raise unknown_round(round_)
    return fact.supervisor


def may_be_drawn(connection: Connection, round_: str) -> tuple[DrawUnit, ...]:
    """Who has reported, and is in an area whose instructor can look at it."""
    came = {row["unit"] for row in came_in(connection, round_)}
    return tuple(one for one in units_now(connection, came) if one.area)


def population_verified(
    connection: Connection, campaign: Campaign, verify: Verify, round_: str, supervisor: str
) -> PopulationSealed | None:
    """What would be sealed now; None where nothing came in, or there are no two witnesses. Raises draw_refused where it
    cannot be drawn from."""
    units, witnesses = may_be_drawn(connection, round_), witnesses_for(connection, supervisor)
    if not units or len(witnesses) < WITNESSES:
        return None
    meant = PopulationSealed(
        draw=draw_of_round(round_),
        title=f"{_title(campaign, round_)}抽样核实",
        by=StratumBy(verify.by),
        share=verify.share,
        units=units,
        witnesses=witnesses,
        population_hash="",
    )
    return seal_population(least_one(meant))


def seal_what_came_in(connection: Connection, campaign: Campaign, state: RoundState, now: datetime) -> bool:
    """After the lock the population stands sealed, once; False where it stood already, or there is none: the round goes
    on all the same, and its page says why."""
    verify = campaign.verify
    if verify is None or not state.locked or facts_of(connection, draw_of_round(state.id)):
        return False
    try:
        fact = population_verified(connection, campaign, verify, state.id, state.opened.supervisor)
    except RuleViolation:
        return False
    if fact is None:
        return False
    note_draw(connection, fact, SYSTEM, now)
    return True


def issue_what_is_drawn(connection: Connection, draw: str, now: datetime) -> int:
    """Of a draw by which a round is verified each unit that stands drawn has its item, once, in this transaction;
    returns how many that are now. Of another draw nothing is issued. Raises unknown_process."""
    round_ = round_of_draw(connection, draw)
    if round_ is None:
        return 0
    state = known_round(connection, round_)
    campaign = campaign_of_ref(connection, state.opened.campaign)
    if campaign.verify is None:
        return 0
    batch = batch_verifying(round_)
    drafted = connection.execute(select(DRAFT.c.import_key, DRAFT.c.n).where(DRAFT.c.batch == batch)).all()
    known = {row.import_key for row in drafted}
    items = [one for one in _items(connection, campaign, campaign.verify, state, draw) if one.import_key not in known]
    if not items:
        return 0
    if drafted:
        batches.add(connection, batch, items, max(row.n for row in drafted) + 1)
    else:
        title = f"{_title(campaign, state.id)}抽样核实"
        said = {"filename": campaign.name, "title": title[:200], "reading": {}, "actor": SYSTEM, "now": now}
        batches.save(connection, batch, items, **said)  # type: ignore[arg-type]
    issue_by_itself(connection, batch, now)
    while batches.issue_chunk(connection, batch, _CHUNK, now):
        pass
    return len(items)


def _items(connection: Connection, campaign: Campaign, verify: Verify, state: RoundState, draw: str) -> list[NewItem]:
    """One for each unit that stands drawn, to the area in which it is, or was when it was sealed."""
    drawn = draw_state(connection, draw)
    numbers = {row["unit"]: row["no"] or "" for row in came_in(connection, state.id)}
    areas = {row["id"]: people.area_ref(row) for row in people.all_areas(connection)}
    before = {one.id: one.area for one in drawn.population.units}
    now = {one.id: one.area for one in units_now(connection, before)}
    names = people.names_of_units(connection, [one.unit for one in drawn.standing])
    found = []
    for unit in (one.unit for one in drawn.standing):
        area = areas.get(now.get(unit) or before[unit])
        if area is None:  # it was dissolved since, and nobody has it in hand
            continue
        order = Order(
            no="",
            unit=area,
            title=f"{_title(campaign, state.id)}：{names.get(unit, unit)}",
            matter=(("unit", unit), *((("item", numbers[unit]),) if numbers.get(unit) else ())),
            supervisor=state.opened.supervisor,
        )
        key = f"{batch_verifying(state.id)}/{unit}"
        found.append(NewItem(process=verify.process, variant=verify.variant, import_key=key, order=order))
    return found


def round_of_draw(connection: Connection, draw: str) -> str | None:
    """The round whose reports are verified by that draw."""
    if not verifies(draw):
        return None
    names = connection.execute(select(ROUND_ROW.c.id)).scalars()
    return next((name for name in names if draw_of_round(name) == draw), None)


def _title(campaign: Campaign, round_: str) -> str:
    return round_title(campaign, read_period(round_.partition("/")[2]))


def verified(connection: Connection, round_: str) -> dict[tuple[str, str], int]:
    """How many of its items stand how: by status, and of those that are closed by outcome."""
    query = select(ITEM.c.status, ITEM.c.outcome, func.count()).where(ITEM.c.batch == batch_verifying(round_))
    found: dict[tuple[str, str], int] = {}
    for status, outcome, count in connection.execute(query.group_by(ITEM.c.status, ITEM.c.outcome)):
        key = (status, outcome if status == Status.CLOSED else "")
        found[key] = found.get(key, 0) + count
    return found
