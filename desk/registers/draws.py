"""Draws at the desk: a population is sealed, two witnesses seal and open their numbers, and with the second the outcome
stands; who was drawn is replaced by the leader only. Everything that is done is an entry of the draw's stream."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from definitions.directory import CONDITIONS, SIZES, UNIT_KINDS
from desk.acting import acting
from desk.caller import Caller
from desk.showing.values import Shown
from ledger.directory import people
from ledger.directory.draws import (
    check_population,
    draw_state,
    drawn_since,
    facts_of,
    note_draw,
    stream_of_draw,
    units_now,
)
from ledger.reading import audit
from ledger.reading.audit import EntryFilters
from ledger.reading.queries import PAGE_LIMIT
from ledger.reading.spoken import code_of
from ledger.rounds.counted import came_in
from ledger.rounds.verifying import issue_what_is_drawn
from ledger.store.database import Database
from rules.draw import drawing
from rules.draw.drawing import DrawState, counts, population_text, seal_of, seal_population, strata_of
from rules.draw.facts import DrawFact, DrawInspector, PopulationSealed, StratumBy, StratumShare
from rules.draw.reading import DRAW_FORMAT
from rules.errors import Code, RuleViolation
from rules.permitting import OF_AREA, OfficeAct
from rules.rounds.campaign import verifies


@dataclass(frozen=True, slots=True, kw_only=True)
class ToDraw:
    """What somebody wants to draw from, as it was filled in: of which units (by kind, size, condition, area; all, where
    nothing is said), so many of a hundred, `shares` as `stratum=share`; without those drawn in the last `not_within`
    days; `inspectors`: who may inspect, `each` so many of them. `witnesses`: two people.
    `round`: of those only who has reported in it, to be verified."""

    draw: str
    title: str
    by: str
    share: int
    witnesses: tuple[str, ...]
    kinds: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    shares: tuple[str, ...] = ()
    most: int | None = None
    not_within: int = 0
    inspectors: tuple[str, ...] = ()
    each: int = 0
    round: str = ""


class ShownDrawn(Shown):
    """A unit that was drawn, with who inspects it."""

    unit: str
    unit_name: str
    area: str
    inspectors: tuple[str, ...]
    inspector_names: tuple[str, ...]


class ShownDraw(Shown):
    """A draw as it stands: its population, its strata with how many of each, its numbers, its outcome."""

    draw: str
    title: str
    by: str
    population: int
    population_hash: str
    left_out: tuple[str, ...]
    strata: dict[str, tuple[int, int]]
    witnesses: tuple[str, ...]
    sealed: tuple[str, ...]
    opened: tuple[str, ...]
    seed: str
    units: tuple[ShownDrawn, ...]
    replaced: tuple[tuple[str, str, str], ...]
    text: str


def seal(database: Database, asked: ToDraw, caller: Caller, now: datetime) -> PopulationSealed:
    """The population stands sealed. Raises draw_refused, wrong_role, unknown_person, field_invalid."""
    with database.write() as connection:
        actor = acting(connection, caller, OfficeAct.DRAW)
        if verifies(asked.draw):
            why = "这样结尾的编号留给轮次锁定以后的抽样核实，请换一个"
            raise RuleViolation(Code.DRAW_REFUSED, draw=asked.draw, why=why)
        if facts_of(connection, asked.draw):
            raise RuleViolation(Code.DRAW_REFUSED, draw=asked.draw, why="这个编号已经用过，请换一个")
        fact = seal_population(_population(connection, asked, now))
        note_draw(connection, fact, actor, now)
    return fact


def _population(connection: Connection, asked: ToDraw, now: datetime) -> PopulationSealed:
    areas = {row["id"]: row["name"] for row in people.all_areas(connection)}
    wanted = {
        "kind": {code_of("单位类型", one, UNIT_KINDS) for one in asked.kinds},
        "size": {code_of("规模", one, SIZES) for one in asked.sizes},
        "condition": {code_of("状况", one, CONDITIONS) for one in asked.conditions},
        "area": {code_of("片组", one, areas) for one in asked.areas},
    }
    only = {row["unit"] for row in came_in(connection, asked.round)} if asked.round else None
    meant = [
        one for one in units_now(connection, only) if all(not v or getattr(one, k) in v for k, v in wanted.items())
    ]
    lately = drawn_since(connection, now - timedelta(days=asked.not_within)) if asked.not_within else frozenset()
    by = StratumBy(asked.by) if asked.by in set(StratumBy) else None
    if by is None:
        expected = "、".join(StratumBy)
        raise RuleViolation(Code.FIELD_INVALID, field="分层", actual=asked.by[:40], expected=expected)
    inspectors = [people.somebody(connection, one) for one in asked.inspectors]
    area_of = {row["id"]: row["area"] for row in people.all_units(connection)}
    return PopulationSealed(
        draw=asked.draw,
        title=asked.title,
        by=by,
        share=asked.share,
        shares=tuple(_share(one) for one in asked.shares),
        most=asked.most,
        units=tuple(one for one in meant if one.id not in lately),
        left_out=tuple(one.id for one in meant if one.id in lately),
        witnesses=tuple(people.somebody(connection, one).id for one in asked.witnesses),
        inspectors=tuple(DrawInspector(person=one.id, area=_own_area(one, area_of)) for one in inspectors),
        each=asked.each,
        population_hash="",
    )


def _share(written: str) -> StratumShare:
    stratum, _, share = written.partition("=")
    if not share.strip().isdecimal() or len(share) > 3:
        raise RuleViolation(Code.FIELD_INVALID, field="各层的比例", actual=written[:40], expected="形如 organ=50")
    return StratumShare(stratum=stratum.strip(), share=int(share))


def _own_area(who: people.Somebody, area_of: dict[str, str | None]) -> str:
    """The area in which somebody inspects nothing: over which they have a post, or in which their unit is."""
    posts = [post.area for post in who.posts if post.role in OF_AREA and post.area]
    return posts[0] if posts else (area_of.get(who.unit or "") or "")


def seal_number(database: Database, draw: str, number: str, salt: str, caller: Caller, now: datetime) -> str:
    """The witness's number is sealed, and known to nobody else. Returns the seal. Raises draw_refused."""

    def fact(state: DrawState, person: str) -> DrawFact:
        seal = seal_of(draw, person, number, salt)
        drawing.check_number(state, number, salt)
        return drawing.sealed(state, person, seal)

    made = _witnessed(database, draw, caller, now, fact)
    return str(getattr(made, "seal", ""))


def open_number(database: Database, draw: str, number: str, salt: str, caller: Caller, now: datetime) -> None:
    """The witness's number is opened; with the second, who is drawn stands in the same commit. Raises draw_refused."""
    _witnessed(database, draw, caller, now, lambda state, person: drawing.opened(state, person, number, salt))


def _witnessed(
    database: Database, draw: str, caller: Caller, now: datetime, made: Callable[[DrawState, str], DrawFact]
) -> DrawFact:
    with database.write() as connection:
        state = draw_state(connection, draw)
        actor = acting(connection, caller, OfficeAct.WITNESS)
        fact = made(state, actor.id)
        note_draw(connection, fact, actor, now)
        state = draw_state(connection, draw)
        if len(state.opened) == 2 and state.drawn is None:
            if not verifies(draw):  # those verify what came in, whatever became of the units since
                check_population(connection, state.population)
            note_draw(connection, drawing.draw(state), actor, now)
            issue_what_is_drawn(connection, draw, now)
    return fact


def replace_unit(database: Database, draw: str, unit: str, reason: str, caller: Caller, now: datetime) -> str:
    """The next of its stratum takes the unit's place, by the leader's word. Returns it. Raises draw_refused."""
    with database.write() as connection:
        actor = acting(connection, caller, OfficeAct.REPLACE_DRAWN)
        state, of = draw_state(connection, draw), people.unit_ref(connection, unit)
        fact = drawing.replacement(state, of.id, reason)
        note_draw(connection, fact, actor, now)
        issue_what_is_drawn(connection, draw, now)
    return fact.successor.unit


def drawn_for(connection: Connection, draw: str) -> dict[str, tuple[str, ...]]:
    """The units that stand drawn, with the names of who inspects them. Raises unknown_draw, draw_refused."""
    state = draw_state(connection, draw)
    if state.drawn is None:
        raise RuleViolation(Code.DRAW_REFUSED, draw=draw, why="还没有抽出结果")
    names = people.names_of(connection, {person for one in state.standing for person in one.inspectors})
    return {one.unit: tuple(names.get(person, person) for person in one.inspectors) for one in state.standing}


def show_draw(connection: Connection, draw: str) -> ShownDraw:
    """The draw as it stands. Raises unknown_draw."""
    state = draw_state(connection, draw)
    of, wanted = state.population, counts(state.population)
    names = {row["id"]: row["name"] for row in people.all_units(connection)}
    areas = {one.id: one.area for one in of.units}
    inspecting = people.names_of(connection, {person for one in state.standing for person in one.inspectors})
    return ShownDraw(
        draw=of.draw,
        title=of.title,
        by=of.by,
        population=len(of.units),
        population_hash=of.population_hash,
        left_out=of.left_out,
        strata={name: (len(units), wanted[name]) for name, units in strata_of(of).items()},
        witnesses=of.witnesses,
        sealed=tuple(one.person for one in state.seals),
        opened=tuple(one.person for one in state.opened),
        seed=state.drawn.seed if state.drawn else "",
        units=tuple(
            ShownDrawn(
                unit=one.unit,
                unit_name=names.get(one.unit, one.unit),
                area=areas.get(one.unit, ""),
                inspectors=one.inspectors,
                inspector_names=tuple(inspecting.get(person, person) for person in one.inspectors),
            )
            for one in state.standing
        ),
        replaced=tuple((one.unit, one.successor.unit, one.reason) for one in state.replaced),
        text=population_text(of),
    )


def exported_draw(connection: Connection, draw: str) -> dict[str, Any]:
    """The draw as a file that anybody recomputes: its entries as they stand, and the population's text. Raises
    unknown_draw."""
    state = draw_state(connection, draw)
    page = audit.entries(connection, EntryFilters(stream=stream_of_draw(draw)), size=PAGE_LIMIT)
    kept = ("stream", "seq", "at", "recorded_at", "actor", "role", "unit", "via", "through", "kind", "command", "body")
    rows = [{name: row[name] for name in (*kept, "prev_hash", "hash")} for row in reversed(page.rows)]
    return {"format": DRAW_FORMAT, "draw": draw, "population": population_text(state.population), "entries": rows}
