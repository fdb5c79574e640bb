"""Draws as pages show them: how far each is, who was drawn and who inspects whom, and all that somebody needs to work
it out again by hand. Whoever may not see a draw does not find it (ledger/directory/sight)."""

from collections.abc import Mapping

from pydantic import Field
from sqlalchemy import Connection, RowMapping, select

from definitions.directory import SIZES, UNIT_KINDS
from desk.showing.values import Shown
from ledger.chain.entries import ENTRY
from ledger.chain.journal import JOURNAL_KIND_OF, decode_note
from ledger.directory import people
from ledger.directory.draws import stream_of_draw
from ledger.reading import lists
from ledger.store.canonical import parse
from rules.draw.drawing import UNSAID, DrawState, counts, fold_draw, population_text, seed_of, strata_of
from rules.draw.facts import NumberOpened, NumberSealed, PopulationSealed, Replaced, StratumBy
from rules.errors import Code, RuleViolation
from rules.machine.commands import SYSTEM
from rules.names import ROLE_NAMES
from rules.process import Role

BY_NAMES = {
    StratumBy.AREA: "片组",
    StratumBy.KIND: "单位类型",
    StratumBy.SIZE: "规模",
    StratumBy.CONDITION: "状况",
}
DRAWS_LISTED = 100
"""So many draws the page lists, those sealed last."""
_KINDS = select(ENTRY.c.stream, ENTRY.c.at, ENTRY.c.actor, ENTRY.c.kind, ENTRY.c.body)


class ShownStratum(Shown):
    """A stratum: of so many units, of which `share` in a hundred, so many are drawn."""

    id: str
    name: str
    units: int
    share: int
    drawn: int


class ShownNumber(Shown):
    """A witness's number: its seal, and once it is open the number itself, with the salt."""

    person: str
    name: str
    seal: str = ""
    sealed_at: str = ""
    number: str = ""
    salt: str = ""
    opened_at: str = ""


class ShownInspector(Shown):
    """Somebody who may inspect, but not in the area that is their own."""

    person: str
    name: str
    area_name: str = ""


class ShownVisited(Shown):
    """A unit that stands drawn, with who inspects it; `instead` of whom, where it took another's place."""

    unit: str
    unit_name: str
    area_name: str
    stratum: str
    inspectors: tuple[ShownInspector, ...] = ()
    instead: str = ""


class ShownReplaced(Shown):
    """In place of a unit the next one of its stratum is inspected: by whose word, why."""

    unit: str
    unit_name: str
    successor: str
    successor_name: str
    reason: str
    at: str
    by: str


class ShownDrawLine(Shown):
    """A draw in the list."""

    draw: str
    title: str
    sealed_at: str
    by: str
    population: int
    wanted: int
    drawn: int
    stands: str = Field(examples=["等两位见证人封数"])


class ShownDrawPage(ShownDrawLine):
    """A draw with all that it is worked out from. `hand`: the commands for doing so, with what each says."""

    by_name: str
    share: int
    most: int | None
    each: int
    population_hash: str
    text: str
    strata: tuple[ShownStratum, ...]
    left_out: tuple[str, ...]
    numbers: tuple[ShownNumber, ...]
    inspectors: tuple[ShownInspector, ...]
    seed: str
    units: tuple[ShownVisited, ...]
    replaced: tuple[ShownReplaced, ...]
    hand: tuple[tuple[str, str], ...]


class _Found:
    """A draw's entries, folded."""

    def __init__(self, rows: list[RowMapping]) -> None:
        self.rows = rows
        self.facts = [decode_note(row["kind"], parse(row["body"])) for row in rows]
        state = fold_draw(self.facts)  # type: ignore[arg-type]
        assert state is not None, "a draw begins with its population"
        self.state: DrawState = state

    def line(self, names: Mapping[str, str]) -> dict[str, object]:
        of = self.state.population
        return {
            "draw": of.draw,
            "title": of.title,
            "sealed_at": self.rows[0]["at"],
            "by": names.get(by := self.rows[0]["actor"], ROLE_NAMES[Role.SYSTEM] if by == SYSTEM.id else by),
            "population": len(of.units),
            "wanted": sum(counts(of).values()),
            "drawn": len(self.state.standing),
            "stands": _stands(self.state, names),
        }


def _stands(state: DrawState, names: Mapping[str, str]) -> str:
    if state.drawn:
        return f"已抽出，递补 {len(state.replaced)} 个" if state.replaced else "已抽出"
    done = state.opened if len(state.seals) == 2 else state.seals
    waits = [names.get(one, one) for one in state.population.witnesses if one not in {of.person for of in done}]
    return f"等{'、'.join(waits)}{'打开' if len(state.seals) == 2 else '封'}数"


def show_draws(connection: Connection) -> tuple[ShownDrawLine, ...]:
    """The draws that may be seen, those sealed last first, at most DRAWS_LISTED."""
    streams = (
        select(ENTRY.c.stream)
        .where(ENTRY.c.kind == JOURNAL_KIND_OF[PopulationSealed])
        .order_by(ENTRY.c.at.desc(), ENTRY.c.stream)
        .limit(DRAWS_LISTED)
    )
    found = _found(connection, list(connection.execute(streams).scalars()))
    everyone = {one for of in found for one in _people(of)}
    names = people.names_of(connection, everyone) if everyone else {}
    return tuple(ShownDrawLine.model_validate(of.line(names)) for of in found)


def show_draw_page(connection: Connection, draw: str) -> ShownDrawPage:
    """The draw with all that it is worked out from. Raises unknown_draw."""
    found = _found(connection, [stream_of_draw(draw)])
    if not found:
        raise RuleViolation(Code.UNKNOWN_DRAW, actual=draw[:40])
    (of,) = found
    return ShownDrawPage.model_validate(of.line(_names(connection, of)) | _more(connection, of))


def _found(connection: Connection, streams: list[str]) -> list[_Found]:
    """The draws of these streams, in their order, read in one question."""
    query = _KINDS.where(ENTRY.c.stream.in_(streams)).order_by(ENTRY.c.stream, ENTRY.c.seq)
    rows: dict[str, list[RowMapping]] = {}
    for row in connection.execute(query).mappings() if streams else ():
        rows.setdefault(row["stream"], []).append(row)
    return [_Found(rows[stream]) for stream in streams if stream in rows]


def _people(of: _Found) -> set[str]:
    population = of.state.population
    return {row["actor"] for row in of.rows} | {*population.witnesses, *(one.person for one in population.inspectors)}


def _names(connection: Connection, of: _Found) -> dict[str, str]:
    return dict(people.names_of(connection, _people(of)))


def _more(connection: Connection, of: _Found) -> dict[str, object]:
    state, population = of.state, of.state.population
    names = _names(connection, of)
    areas = {row["id"]: row["name"] for row in people.all_areas(connection)}
    every = {*(one.id for one in population.units), *population.left_out}
    units = {id_: str(row["name"]) for id_, row in lists.units_named(connection, sorted(every)).items()}
    called = {StratumBy.AREA: areas, StratumBy.KIND: UNIT_KINDS, StratumBy.SIZE: SIZES}.get(population.by, {})
    wanted, shares = counts(population), {one.stratum: one.share for one in population.shares}
    stratum = {one.id: name for name, group in strata_of(population).items() for one in group}
    area_of = {one.id: one.area for one in population.units}
    inspectors = {
        one.person: ShownInspector(
            person=one.person, name=names.get(one.person, one.person), area_name=areas.get(one.area, one.area)
        )
        for one in population.inspectors
    }
    instead = {one.successor.unit: units.get(one.unit, one.unit) for one in state.replaced}
    return {
        "by_name": BY_NAMES[population.by],
        "share": population.share,
        "most": population.most,
        "each": population.each,
        "population_hash": population.population_hash,
        "text": population_text(population),
        "strata": tuple(
            ShownStratum(
                id=name,
                name=called.get(name, "没有写" if name == UNSAID else name),
                units=len(group),
                share=shares.get(name, population.share),
                drawn=wanted[name],
            )
            for name, group in strata_of(population).items()
        ),
        "left_out": tuple(units.get(one, one) for one in population.left_out),
        "numbers": tuple(_number(of, person, names) for person in population.witnesses),
        "inspectors": tuple(inspectors.values()),
        "seed": state.drawn.seed if state.drawn else "",
        "units": tuple(
            ShownVisited(
                unit=one.unit,
                unit_name=units.get(one.unit, one.unit),
                area_name=areas.get(area_of.get(one.unit, ""), ""),
                stratum=called.get(stratum[one.unit], stratum[one.unit]),
                inspectors=tuple(inspectors[person] for person in one.inspectors),
                instead=instead.get(one.unit, ""),
            )
            for one in state.standing
        ),
        "replaced": tuple(
            ShownReplaced(
                unit=fact.unit,
                unit_name=units.get(fact.unit, fact.unit),
                successor=fact.successor.unit,
                successor_name=units.get(fact.successor.unit, fact.successor.unit),
                reason=fact.reason,
                at=row["at"],
                by=names.get(row["actor"], row["actor"]),
            )
            for row, fact in zip(of.rows, of.facts, strict=True)
            if isinstance(fact, Replaced)
        ),
        "hand": _by_hand(state),
    }


def _number(of: _Found, person: str, names: Mapping[str, str]) -> ShownNumber:
    said: dict[str, str] = {"person": person, "name": names.get(person, person)}
    for row, fact in zip(of.rows, of.facts, strict=True):
        if isinstance(fact, NumberSealed) and fact.person == person:
            said |= {"seal": fact.seal, "sealed_at": row["at"]}
        elif isinstance(fact, NumberOpened) and fact.person == person:
            said |= {"number": fact.number, "salt": fact.salt, "opened_at": row["at"]}
    return ShownNumber.model_validate(said)


def _by_hand(state: DrawState) -> tuple[tuple[str, str], ...]:
    """What to type and what it has to say: the population's hash, each seal, the seed, then a unit's place."""
    of = state.population
    lines = [("sha256sum population.txt", of.population_hash)]
    seals = {one.person: one.seal for one in state.seals}
    for one in sorted(state.opened, key=lambda fact: of.witnesses.index(fact.person)):
        lines.append((f"printf '%s' '{of.draw}:{one.person}:{one.number}:{one.salt}' | sha256sum", seals[one.person]))
    if state.drawn:
        numbers = {one.person: one.number for one in state.opened}
        both = ":".join(numbers[person] for person in of.witnesses)
        seed = seed_of(state)
        lines.append((f"printf '%s' '{both}:{of.population_hash}' | sha256sum", seed))
        lines.append(
            (
                "for u in $(grep '^unit' population.txt | cut -d' ' -f2); do printf '%s %s\\n' "
                f'"$(printf \'%s\' "{seed}:{of.draw}:$u" | sha256sum | cut -c1-64)" $u; done | sort',
                "每一层里排在最前面的几个",
            )
        )
    return tuple(lines)
