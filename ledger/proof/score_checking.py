"""A unit's scores out of a bundle, reckoned again from the entries that they rest on. Pure: no database, no file."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ledger.store.canonical import canonical, parse
from ledger.store.hashing import SHA256
from rules.assessment.assessment import POINT, Assessment, Indicator, IndicatorKind
from rules.assessment.facts import SCORE_FACTS, AssessmentLoaded, Scored
from rules.assessment.lines import LineInput, ScoreLine, ScoreRule
from rules.assessment.rechecking import recheck_score
from rules.assessment.state import ScoreState, evolve_scores
from rules.codec import decode, encode
from rules.errors import RuleViolation
from rules.figures.facts import FiguresImported, FiguresLoaded
from rules.figures.figure import FigureRegister, FigureSource
from rules.figures.values import values_in
from rules.machine.events import EVENT_KINDS
from rules.machine.facts import Issued, Reassigned, Submitted
from rules.machine.timed import Migrated, RungReached
from rules.process import Process

SCORES = "~score/"
"""How the streams of units' scores begin."""
ITEM_ORIGINS = ("issued", "reassigned", "migrated")
"""The kinds of entries that say which unit an item is with, and by which process."""
_COMES_IN = ("closed", "completed")
_UNREADABLE = (ArithmeticError, LookupError, TypeError, ValueError, AttributeError, AssertionError, RuleViolation)
_HASH = 12

EntryRead = Mapping[str, Any]
"""The object that is hashed as an entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoresChecked:
    """So many scores with so many lines were reckoned again; `wrong`: what does not follow, with its entry's number."""

    scores: int
    lines: int
    wrong: tuple[str, ...] = ()


def check_scores(
    item: str, entries: Sequence[EntryRead], basis: Sequence[EntryRead], processes: Sequence[bytes]
) -> ScoresChecked:
    """What becomes of the stream `item` reckoned again. `basis`: the entries of other streams that it names, in order
    of position, with those that say which unit an item is with and by which process; `processes`: the bodies of
    these."""
    known, state, wrong = _BasisRead(), ScoreState(), list[str]()
    scores = lines = 0
    for ref, process in filter(None, map(_process, processes)):
        known.processes[ref] = process
    for entry in basis:
        try:
            known.take(entry)
        except _UNREADABLE:
            wrong.append(f"依据的 {_name(entry)} 读不懂")
    for entry in entries:
        try:
            fact = decode(SCORE_FACTS[entry["kind"]], entry["body"])
            if item != f"{SCORES}{fact.score_of}/{fact.unit}":
                wrong.append(f"第 {entry['seq']} 条说的是别的单位或别的考核")
            if isinstance(fact, Scored):
                scores, lines = scores + 1, lines + len(fact.lines)
                wrong += [f"第 {entry['seq']} 条：{what}" for what in known.wrong(state, fact)]
            state = evolve_scores(state, entry["seq"], entry["actor"], _name(entry), fact)
        except _UNREADABLE:
            wrong.append(f"第 {entry['seq']} 条读不懂")
    return ScoresChecked(scores=scores, lines=lines, wrong=tuple(wrong))


def _name(entry: EntryRead) -> str:
    return f"{entry['stream']}#{entry['seq']}"


def _process(line: bytes) -> tuple[str, Process] | None:
    """The process of that body by its ref; none where the ref is of another content."""
    try:
        found = decode(Process, parse(line))
    except _UNREADABLE:
        return None
    content = SHA256.hexdigest(canonical(encode(replace(found, ref=""))))
    return (found.ref, found) if found.ref.endswith(f"@{content[:_HASH]}") else None


@dataclass(slots=True)
class _Origin:
    """With whom an item is, and of whom what it tells is; by which process, of which batch."""

    unit: str = ""
    asked_of: str = ""
    process: str = ""
    batch: str = ""


@dataclass(slots=True)
class _BasisRead:
    """What the entries say that scores rest on."""

    processes: dict[str, Process] = field(default_factory=dict)
    assessments: dict[tuple[str, str], Assessment] = field(default_factory=dict)
    registers: dict[str, FigureRegister] = field(default_factory=dict)
    items: dict[str, _Origin] = field(default_factory=dict)
    values: dict[tuple[str, str, str, str], str] = field(default_factory=dict)
    closings: dict[str, tuple[str, str]] = field(default_factory=dict)
    rungs: dict[str, tuple[str, int]] = field(default_factory=dict)

    def take(self, entry: EntryRead) -> None:
        """The entry is known."""
        kind, body, name = entry["kind"], entry["body"], _name(entry)
        if kind == "assessment_loaded":
            loaded = decode(AssessmentLoaded, body).assessment
            self.assessments.setdefault((loaded.id, loaded.version), loaded)
        elif kind == "figures_loaded":
            register = decode(FiguresLoaded, body).register
            self.registers.setdefault(register.version, register)
        elif kind == "figures_imported":
            for one in decode(FiguresImported, body).values:
                self.values[name, one.figure, one.unit, one.period] = one.value
        else:
            self._item(entry, name)

    def _item(self, entry: EntryRead, name: str) -> None:
        fact = decode(EVENT_KINDS[entry["kind"]], entry["body"])
        origin = self.items.setdefault(entry["stream"], _Origin())
        match fact:
            case Issued():
                origin.unit, origin.process, origin.batch = fact.unit.id, fact.process, fact.batch
                origin.asked_of = fact.asked_of
            case Reassigned():
                origin.unit, origin.process = fact.unit.id, fact.process
            case Migrated():
                origin.process = fact.process
            case RungReached():
                self.rungs[name] = (origin.unit, fact.points * POINT)
        if entry["kind"] in _COMES_IN or (isinstance(fact, Submitted) and fact.handed_in):
            self.closings[name] = (origin.asked_of or origin.unit, origin.batch)
        process = self.processes.get(origin.process)
        for one in values_in(process, fact) if process else ():
            self.values[name, one.figure, origin.asked_of or origin.unit, one.period] = one.value

    def wrong(self, before: ScoreState, fact: Scored) -> Iterator[str]:
        """What of the score does not follow."""
        assessment, register = self.assessments.get((fact.score_of, fact.version)), self.registers.get(fact.figures)
        if assessment is None or (register is None and fact.figures):
            yield f"计分依据的考核 {fact.version} 或数据项 {fact.figures} 不在证明包里"
            return
        register = register or FigureRegister()
        yield from recheck_score(assessment, register, before, fact)
        indicators = {one.id: one for one in (*assessment.indicators, *before.own)}
        for line in fact.lines:
            own = indicators.get(line.indicator)
            for said in self._not_told(register, own, fact.unit, line) if own else ():
                yield f"{line.indicator}（{line.period}）的依据 {said.name}（{said.period}）与 {said.entry} 不符"

    def _not_told(
        self, register: FigureRegister, indicator: Indicator, unit: str, line: ScoreLine
    ) -> Iterator[LineInput]:
        """The inputs that the entries which they name do not give. Those of the unit's own stream were compared."""
        if indicator.kind is IndicatorKind.ADD_DEDUCT:
            return
        for one in line.inputs[:-1] if line.rule is ScoreRule.APPEAL else line.inputs:
            if one.name == "judge":
                continue
            if one.name == "rungs":
                right = self.rungs.get(one.entry) == (unit, int(one.value))
            elif indicator.kind is IndicatorKind.ON_TIME:
                batch = f"round/{indicator.campaign}/{one.period}"
                right = self.closings.get(one.entry) == (unit, batch) if one.entry else one.value == "missing"
            elif (figure := register.figure(one.name)) is None or figure.source is FigureSource.LEDGER:
                right = not one.entry
            else:
                right = self.values.get((one.entry, one.name, unit, one.period), "") == one.value
            if not right:
                yield one
