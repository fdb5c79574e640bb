"""A draw: so many units of each stratum, chosen by numbers of two witnesses that neither of them knew before; and who
inspects which. Everything follows from the facts of its stream, so that anybody can recompute it (docs/draw.md).

Whoever is to be drawn from stands in a text of plain lines; its SHA-256 is the population's hash. Each witness seals a
number first (the SHA-256 of draw, person, number and salt), and opens it when both are sealed. The seed is the SHA-256
of both numbers and the population's hash, and of each stratum the units are drawn whose own SHA-256 with the seed is
smallest. No floats, no clock, no chance here.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from rules.draw.facts import (
    DrawFact,
    DrawInspector,
    Drawn,
    DrawUnit,
    NumberOpened,
    NumberSealed,
    PopulationSealed,
    Replaced,
    StratumShare,
    UnitDrawn,
)
from rules.errors import Code, RuleViolation

DRAW_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
NUMBER_DRAWN = re.compile(r"[0-9]{1,40}")
SALT = re.compile(r"[0-9a-f]{32,64}")
"""So long that nobody finds out the number by trying."""
POPULATION_LIMIT = 5_000
_WORD = re.compile(r"[^\s]{1,100}")
UNSAID = "-"
"""How a line says that there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawState:
    """What a draw's facts lead to. `standing`: the units drawn and not replaced."""

    population: PopulationSealed
    seals: tuple[NumberSealed, ...] = ()
    opened: tuple[NumberOpened, ...] = ()
    drawn: Drawn | None = None
    replaced: tuple[Replaced, ...] = ()

    @property
    def standing(self) -> tuple[UnitDrawn, ...]:
        gone = {one.unit for one in self.replaced}
        every = (*(self.drawn.units if self.drawn else ()), *(one.successor for one in self.replaced))
        return tuple(sorted((one for one in every if one.unit not in gone), key=lambda one: one.unit))

    @property
    def touched(self) -> frozenset[str]:
        """Every unit that is or was to be inspected."""
        return frozenset(one.unit for one in (self.drawn.units if self.drawn else ())) | {
            one.successor.unit for one in self.replaced
        }


def sha(text: str) -> str:
    """The SHA-256 of a text, as sha256sum writes it."""
    return hashlib.sha256(text.encode()).hexdigest()


def population_text(of: PopulationSealed) -> str:
    """All that was fixed before any number was known, a line each, in one order however it was given."""
    lines = [f"draw {of.draw}", f"by {of.by}", f"share {of.share}"]
    lines += sorted(f"share-of {one.stratum or UNSAID} {one.share}" for one in of.shares)
    lines += [f"most {UNSAID if of.most is None else of.most}", f"each {of.each}"]
    lines += [f"witness {person}" for person in of.witnesses]
    lines += sorted(
        f"unit {one.id} {one.kind} {one.size or UNSAID} {one.area or UNSAID} {one.condition or UNSAID}"
        for one in of.units
    )
    lines += sorted(f"left-out {unit}" for unit in of.left_out)
    lines += sorted(f"inspector {one.person} {one.area or UNSAID}" for one in of.inspectors)
    return "".join(f"{line}\n" for line in lines)


def seal_population(of: PopulationSealed) -> PopulationSealed:
    """The same with its hash, when it can be drawn from. Raises draw_refused."""
    for refused in _unfit(of):
        raise RuleViolation(Code.DRAW_REFUSED, draw=of.draw, why=refused)
    ordered = replace(
        of,
        units=tuple(sorted(of.units, key=lambda one: one.id)),
        inspectors=tuple(sorted(of.inspectors, key=lambda one: one.person)),
        left_out=tuple(sorted(of.left_out)),
        shares=tuple(sorted(of.shares, key=lambda one: one.stratum)),
    )
    return replace(ordered, population_hash=sha(population_text(ordered)))


def least_one(of: PopulationSealed) -> PopulationSealed:
    """The same, each stratum with a share by which at least one of it is drawn: a small one has a larger share."""
    needed = {name: -(-100 // len(units)) for name, units in strata_of(of).items()}
    shares = tuple(StratumShare(stratum=name, share=share) for name, share in needed.items() if share > of.share)
    return replace(of, shares=shares)


def _unfit(of: PopulationSealed) -> Iterator[str]:
    ids = [one.id for one in of.units]
    if not DRAW_ID.fullmatch(of.draw):
        yield "抽取的编号应是小写字母、数字和横线，最多 40 个"
    if len(of.witnesses) != 2 or of.witnesses[0] == of.witnesses[1]:
        yield "要两位不同的见证人，各出一个数"
    if not ids:
        yield "没有可以抽的单位"
    if len(ids) > POPULATION_LIMIT:
        yield f"可以抽的单位有 {len(ids)} 个，最多 {POPULATION_LIMIT} 个"
    if len(set(ids)) < len(ids) or not set(ids).isdisjoint(of.left_out):
        yield "同一个单位列了两次"
    words = [*ids, *of.left_out, *of.witnesses, *(one.person for one in of.inspectors)]
    words += [word for one in of.units for word in (one.kind, one.size, one.area, one.condition) if word]
    if not all(_WORD.fullmatch(word) for word in words):
        yield "编号里不能有空格"
    if not 1 <= of.share <= 100 or not all(0 <= one.share <= 100 for one in of.shares):
        yield "比例应在百分之 1 至 100"
    known = strata_of(of)
    for one in of.shares:
        if one.stratum not in known:
            yield f"没有叫“{one.stratum}”的一层；有的是 {'、'.join(known)}"
    shares = {one.stratum: one.share for one in of.shares}
    if ids and not any(shares.get(name, of.share) for name in known):
        yield "各层的比例都是 0"
    if of.most is not None and of.most < 1:
        yield "最多抽几个，至少是 1"
    if of.each and len({one.person for one in of.inspectors}) < len(of.inspectors):
        yield "同一位检查人列了两次"
    for area in sorted({one.area for one in of.units}) if of.each else ():
        if len(_eligible(of, area)) < of.each:
            yield f"片组“{area or UNSAID}”的单位要 {of.each} 位检查人，回避以后只有 {len(_eligible(of, area))} 位"


def seal_of(draw: str, person: str, number: str, salt: str) -> str:
    """What a witness gives away of a number before it is opened: bound to the draw and to the witness, so that it is of
    no use to another, and with colons between, so that it is opened in one way only."""
    return sha(f"{draw}:{person}:{number}:{salt}")


def fold_draw(facts: Iterable[DrawFact]) -> DrawState | None:
    """What these facts lead to; None before the first."""
    state: DrawState | None = None
    for fact in facts:
        state = _after(state, fact)
    return state


def _after(state: DrawState | None, fact: DrawFact) -> DrawState | None:
    match fact:
        case PopulationSealed():
            return state or DrawState(population=fact)
        case NumberSealed() if state:
            return replace(state, seals=(*state.seals, fact))
        case NumberOpened() if state:
            return replace(state, opened=(*state.opened, fact))
        case Drawn() if state:
            return replace(state, drawn=fact)
        case Replaced() if state:
            return replace(state, replaced=(*state.replaced, fact))
    return state


def check_number(state: DrawState, number: str, salt: str) -> None:
    """A number and a salt as they may be sealed. Raises draw_refused."""
    if not NUMBER_DRAWN.fullmatch(number) or not SALT.fullmatch(salt):
        raise _refused(state, "数应是 1 至 40 位数字，盐是 32 至 64 位十六进制")


def sealed(state: DrawState, person: str, seal: str) -> NumberSealed:
    """The witness's number is sealed. Raises draw_refused."""
    if person not in state.population.witnesses:
        raise _refused(state, "您不是这次抽取的见证人")
    if any(one.person == person for one in state.seals):
        raise _refused(state, "您的数已经封好，不能再换")
    if not re.fullmatch(r"[0-9a-f]{64}", seal):
        raise _refused(state, "封条应是 64 位十六进制的 SHA-256")
    return NumberSealed(draw=state.population.draw, person=person, seal=seal)


def opened(state: DrawState, person: str, number: str, salt: str) -> NumberOpened:
    """The witness's number, which both had sealed before. Raises draw_refused."""
    seal = next((one.seal for one in state.seals if one.person == person), None)
    if seal is None:
        raise _refused(state, "您还没有封好一个数")
    if len(state.seals) < 2:
        raise _refused(state, "另一位见证人还没有封好，现在打开就泄露了您的数")
    if any(one.person == person for one in state.opened):
        raise _refused(state, "您的数已经打开")
    check_number(state, number, salt)
    if seal_of(state.population.draw, person, number, salt) != seal:
        raise _refused(state, "打开的数与封条不符")
    return NumberOpened(draw=state.population.draw, person=person, number=number, salt=salt)


def _refused(state: DrawState, why: str) -> RuleViolation:
    return RuleViolation(Code.DRAW_REFUSED, draw=state.population.draw, why=why)


def draw(state: DrawState) -> Drawn:
    """The outcome, once both numbers are open. Raises draw_refused."""
    of = state.population
    if len(state.opened) < 2:
        raise _refused(state, "两个数还没有都打开")
    if sha(population_text(of)) != of.population_hash:
        raise _refused(state, "名单与封存的不同")
    seed = seed_of(state)
    wanted = counts(of)
    chosen = [one for stratum, units in strata_of(of).items() for one in ranked(of, seed, units)[: wanted[stratum]]]
    return Drawn(
        draw=of.draw,
        seed=seed,
        units=tuple(_with_inspectors(of, seed, one) for one in sorted(chosen, key=lambda one: one.id)),
    )


def seed_of(state: DrawState) -> str:
    """The SHA-256 of both numbers, in the order in which the witnesses were named, and of the population's hash."""
    numbers = {one.person: one.number for one in state.opened}
    first, second = (numbers[person] for person in state.population.witnesses)
    return sha(f"{first}:{second}:{state.population.population_hash}")


def strata_of(of: PopulationSealed) -> dict[str, list[DrawUnit]]:
    """The units of each stratum, by its name."""
    found: defaultdict[str, list[DrawUnit]] = defaultdict(list)
    for one in of.units:
        found[getattr(one, of.by) or UNSAID].append(one)
    return {name: sorted(found[name], key=lambda one: one.id) for name in sorted(found)}


def counts(of: PopulationSealed) -> dict[str, int]:
    """How many of each stratum: their shares, by largest remainder, together as many as the shares make (half a unit is
    one) and no more than `most`, at least one."""
    own = {one.stratum: one.share for one in of.shares}
    strata = strata_of(of)
    quotas = {name: Fraction(len(units) * own.get(name, of.share), 100) for name, units in strata.items()}
    whole = sum(quotas.values(), Fraction(0))
    total = max(1, int(whole + Fraction(1, 2)))
    if of.most is not None and total > of.most:
        total, quotas = of.most, {name: Fraction(quota * of.most, whole) for name, quota in quotas.items()}
    found = {name: int(quota) for name, quota in quotas.items()}
    by_remainder = sorted(quotas, key=lambda name: (found[name] - quotas[name], name))
    for name in by_remainder[: total - sum(found.values())]:
        found[name] += 1
    return found


def ranked(of: PopulationSealed, seed: str, units: Sequence[DrawUnit]) -> list[DrawUnit]:
    """The units in the order in which they are drawn."""
    return sorted(units, key=lambda one: sha(f"{seed}:{of.draw}:{one.id}"))


def _eligible(of: PopulationSealed, area: str) -> list[DrawInspector]:
    return [one for one in of.inspectors if not one.area or one.area != area]


def _with_inspectors(of: PopulationSealed, seed: str, unit: DrawUnit) -> UnitDrawn:
    order = sorted(_eligible(of, unit.area), key=lambda one: sha(f"{seed}:{of.draw}:{unit.id}:{one.person}"))
    return UnitDrawn(unit=unit.id, inspectors=tuple(sorted(one.person for one in order[: of.each])))


def replacement(state: DrawState, unit: str, reason: str) -> Replaced:
    """The next unit of its stratum that was never drawn takes its place: nobody chooses it. Raises draw_refused."""
    of = state.population
    if state.drawn is None or unit not in {one.unit for one in state.standing}:
        raise _refused(state, f"“{unit}”不在抽中的单位里")
    if not reason.strip():
        raise _refused(state, "替换要写明理由")
    units = next(units for units in strata_of(of).values() if unit in {one.id for one in units})
    left = [one for one in ranked(of, state.drawn.seed, units) if one.id not in state.touched]
    if not left:
        raise _refused(state, f"“{unit}”所在的一层里没有别的单位可以递补")
    successor = _with_inspectors(of, state.drawn.seed, left[0])
    return Replaced(draw=of.draw, unit=unit, successor=successor, reason=reason)


_CALLED = {
    PopulationSealed: "名单",
    NumberSealed: "封条",
    NumberOpened: "打开的数",
    Drawn: "抽中的单位",
    Replaced: "递补的单位",
}


def recheck(facts: Sequence[DrawFact]) -> list[str]:
    """What does not follow, recomputed from the first fact on; nothing for a draw that is what it should be."""
    wrong: list[str] = []
    state: DrawState | None = None
    for fact in facts:
        try:
            expected = _again(state, fact)
        except RuleViolation as refusal:
            wrong.append(refusal.fields["why"])
        else:
            if expected != fact:
                wrong.append(f"重算的结果与记下的不同：{_CALLED[type(fact)]}")
        state = _after(state, fact)
    if state and state.drawn is None and len(state.opened) == 2:
        wrong.append("两个数都打开了，没有记下结果")
    return wrong


def _again(state: DrawState | None, fact: DrawFact) -> DrawFact:
    """The fact as it follows from those before. Raises draw_refused."""
    if state is None or isinstance(fact, PopulationSealed):
        if state is not None or not isinstance(fact, PopulationSealed):
            raise RuleViolation(Code.DRAW_REFUSED, draw=fact.draw, why="第一条不是封存名单，或封存了两次")
        return seal_population(fact)
    match fact:
        case NumberSealed():
            return sealed(state, fact.person, fact.seal)
        case NumberOpened():
            return opened(state, fact.person, fact.number, fact.salt)
        case Drawn():
            if state.drawn:
                raise _refused(state, "抽了两次")
            return draw(state)
        case Replaced():
            return replacement(state, fact.unit, fact.reason)
