"""Whatever an assessment says and whatever is known of a unit, a program in another language comes to the same points,
first and after what became known later."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules.assessment.assessment import POINT, Assessment, months_of, parts_of, periods_within
from rules.assessment.facts import (
    SCORE_FACTS,
    AssessmentLoaded,
    IndicatorExcused,
    MeritEntered,
    MeritWithdrawn,
    PointsDecided,
    PointsJudged,
    Scored,
    ScoreFact,
    TierDecided,
    TierProposed,
)
from rules.assessment.known import FigureTold, RoundTold, UnitKnown
from rules.assessment.lines import LineInput
from rules.assessment.scoring import score
from rules.assessment.sheets import sheet
from rules.assessment.state import ScoreState, changed, evolve_scores
from rules.assessment.tiers import TierFound, tier_by
from rules.codec import encode
from rules.figures.facts import FiguresImported, FiguresLoaded, ImportedValue
from rules.figures.figure import FigureSource
from rules.rounds.periods import Period, Rhythm, read_period
from tests.support.scores.any_assessment import YEAR, assessments, facts_of_a_year
from tests.support.scores.county import REGISTER, TIERS

KIND_OF = {cls: kind for kind, cls in SCORE_FACTS.items()}
ASKED = {one.id for one in REGISTER.figures if one.source is not FigureSource.LEDGER}


class Written:
    """Entries as an export has them, without hashes: what is reckoned needs none."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.seqs: dict[str, int] = {}
        self.scores = self.lines = 0
        self.note("~office/2026", "figures_loaded", encode(FiguresLoaded(register=REGISTER)))

    def note(self, stream: str, kind: str, body: dict[str, Any], actor: str = "p1", at: str = "2026-12-31") -> str:
        """One entry more; its name."""
        seq = self.seqs[stream] = self.seqs.get(stream, 0) + 1
        row = {"position": len(self.rows) + 1, "stream": stream, "seq": seq, "at": f"{at}T01:00:00.000000Z"}
        self.rows.append({**row, "actor": actor, "kind": kind, "body": json.dumps(body)})
        return f"{stream}#{seq}"


def periods_of(period: Period) -> set[str]:
    """Every period that lies in that one."""
    return {one.id for one in periods_within(period)}


class Case:
    """A unit of its own in an assessment of its own, as somebody who keeps the ledger would write it down."""

    def __init__(self, written: Written, number: int, of: Assessment, chance: Random) -> None:
        self.written, self.chance, self.unit = written, chance, f"u{number}"
        self.of = replace(of, id=f"a{number}", version=f"1#{number}", tiers=TIERS)
        self.stream = f"~score/{self.of.id}/{self.unit}"
        self.state = ScoreState()
        written.note("~office/2026", "assessment_loaded", encode(AssessmentLoaded(assessment=self.of)))
        self.told = facts_of_a_year(self.of, chance)
        self.known = UnitKnown(unit=self.unit, kind=self.told.kind, size=self.told.size, since=self.told.since)

    def live(self) -> None:
        """The year is scored with part of what there is to know, and again when all of it is known."""
        facts = self.facts()
        self.chance.shuffle(facts)
        half = len(facts) // 2
        self.figures()
        self.items()
        for by, fact in facts[:half]:
            self.add(fact, by)
        self.score_all()
        self.look()
        for merit in self.state.merits:
            if self.chance.randint(0, 1):
                self.add(MeritWithdrawn(score_of=self.of.id, unit=self.unit, seq=merit.seq, reason="记错了"))
        self.figures(again=True)
        for by, fact in facts[half:]:
            self.add(fact, by)
        self.score_all()
        self.look()

    def look(self) -> None:
        """The half-years lead to tiers, whichever is looked at first; of what waits somebody may say something."""
        halves = list(parts_of(YEAR, Rhythm.HALF_YEAR))
        self.chance.shuffle(halves)
        for half in halves:
            for one in (half, *(later for later in halves if later.id > half.id and later.id in self.state.looked)):
                lines = [line for line in self.state.lines.values() if line.period in periods_of(one)]
                found = sheet(self.of, self.of.indicators, lines)
                if not found.empty:
                    self.lead(one.id, found.score)
        waits = self.state.proposed
        if waits and (said := self.chance.randint(0, 2)):
            day = read_period(waits.period).last
            of = {"score_of": self.of.id, "unit": self.unit, "tier": waits.to, "period": waits.period}
            self.add(TierDecided(**of, day=day, agreed=said == 1))  # type: ignore[arg-type]

    def lead(self, period: str, over: int) -> None:
        begins = self.state.begins(period) or TierFound(tier="")
        found = tier_by(TIERS, begins.tier, begins.below, over)
        fact = TierProposed(
            score_of=self.of.id,
            unit=self.unit,
            period=period,
            before=self.state.stands or begins.tier,
            to=found.tier,
            score=over,
            below=found.below,
            began=begins.tier,
            already=begins.below,
        )
        if self.state.looked.get(period) != fact:
            self.add(fact)

    def add(self, fact: ScoreFact, by: str = "p1") -> None:
        entry = self.written.note(self.stream, KIND_OF[type(fact)], encode(fact), by)
        self.state = evolve_scores(self.state, self.written.seqs[self.stream], by, entry, fact)

    def figures(self, *, again: bool = False) -> None:
        """What was told, by one document; the second time some of it is other, and nothing is asked any more."""
        told = {key: one.value for key, one in self.told.figures.items() if key[0] in ASKED}
        if again:
            other = {key: one.value for key, one in facts_of_a_year(self.of, self.chance).figures.items()}
            told = {key: other[key] for key in told if key in other and self.chance.randint(0, 2) == 0}
        values = [ImportedValue(figure=f, unit=self.unit, period=p, value=value) for (f, p), value in told.items()]
        fact = FiguresImported(document="名册", file="0" * 64, values=tuple(values))
        entry = self.written.note("~figures/2026", "figures_imported", encode(fact))
        stood = self.known.figures
        new = {
            key: FigureTold(value, entry)
            for key, value in told.items()
            if key not in stood or stood[key].value != value
        }
        of_ledger = {key: FigureTold(one.value) for key, one in self.told.figures.items() if key[0] not in ASKED}
        waits = {} if again else self.told.waits
        self.known = replace(self.known, figures={**stood, **new, **of_ledger}, waits=waits)

    def items(self) -> None:
        """What rounds asked and what came in, and an item with its rungs."""
        rounds, rungs = {}, {}
        for (campaign, period), stands in self.told.rounds.items():
            no, entry = f"YB-{self.unit}-{period}", ""
            body: dict[str, Any] = {"process": "p", "unit": {"id": self.unit}, "batch": f"round/{campaign}/{period}"}
            self.written.note(no, "issued", body)
            if stands.how != "missing":
                entry = self.written.note(no, "completed", {"outcome": "approved"})
            rounds[campaign, period] = RoundTold(stands.how, entry)
        no = f"ZG-{self.unit}"
        self.written.note(no, "issued", {"process": "p", "unit": {"id": self.unit}})
        for month in sorted(self.told.rungs):
            found = []
            for points in (self.chance.randint(0, 2), self.chance.randint(1, 9)):
                day = f"{month}-{self.chance.randint(1, 28):02}"
                body = {"points": points, "rang_at": f"{day}T02:00:00.000000Z"} if points else {"rang_at": f"{day}T02"}
                entry = self.written.note(no, "rung_reached", body, at=day)
                if points:
                    found.append(LineInput(name="rungs", period=month, value=str(points * POINT), entry=entry))
            rungs[month] = tuple(found)
        self.known = replace(self.known, rounds=rounds, rungs=rungs)

    def facts(self) -> list[tuple[str, ScoreFact]]:
        """What people do, and who."""
        of = {"score_of": self.of.id, "unit": self.unit}
        found: list[tuple[str, ScoreFact]] = []
        for (indicator, period), given_ in self.told.judged.items():
            for one in given_:
                reason = one.reason if self.chance.randint(0, 1) else ""
                fact = PointsJudged(**of, indicator=indicator, period=period, points=one.points, reason=reason)
                found += [(one.by, fact)] * self.chance.randint(1, 2)
        for merit in self.told.merits:
            said = MeritEntered(
                **of, indicator=merit.indicator, merit=merit.merit, day=merit.day, points=merit.points, document="文件"
            )
            found.append(("p1", said))
        for indicator, period in self.told.excused:
            found.append(("p1", IndicatorExcused(**of, indicator=indicator, period=period, reason="免")))
        for (indicator, period), decided in self.told.appealed.items():
            by_appeal = PointsDecided(
                **of, indicator=indicator, period=period, points=decided.points, reason="申诉", item="SS2026-0001"
            )
            found.append(("p9", by_appeal))
        return found

    def score_all(self) -> None:
        for month in months_of(YEAR):
            whole = score(self.of, REGISTER, month, self.state.known(self.known))
            last = self.state.scored.get(month.id)
            found = changed(self.state, whole) if last else whole
            if last and not (found.lines or found.left):
                continue
            fact = Scored(
                score_of=self.of.id,
                unit=self.unit,
                month=month.id,
                version=self.of.version,
                figures=REGISTER.version,
                kind=self.known.kind,
                size=self.known.size,
                since=self.known.since,
                revision=last.revision + 1 if last else 1,
                lines=found.lines,
                left=found.left,
                score=sheet(self.of, self.of.indicators, whole.lines).score,
            )
            self.written.scores, self.written.lines = self.written.scores + 1, self.written.lines + len(fact.lines)
            self.add(fact)


@pytest.mark.parametrize("count", [60, pytest.param(3000, marks=pytest.mark.soak)])
def test_a_stranger_comes_to_the_same_whatever_is_assessed(count: int, go_scores: Path, tmp_path: Path) -> None:
    """One run of the program for all of them."""
    written, cases = Written(), list[Case]()

    @settings(max_examples=count, database=None, suppress_health_check=list(HealthCheck))
    @given(assessments(), st.integers(0, 2**32))
    def lived(of: Assessment, seed: int) -> None:
        case = Case(written, len(cases), of, Random(seed))
        case.live()
        cases.append(case)

    lived()
    (tmp_path / "processes.jsonl").write_text("")
    (tmp_path / "entries.jsonl").write_text("".join(json.dumps(row) + "\n" for row in written.rows))
    command = [go_scores, tmp_path / "processes.jsonl", tmp_path / "entries.jsonl"]
    done = subprocess.run(command, capture_output=True, timeout=110)
    told = (done.stdout + done.stderr).decode()
    assert told.splitlines()[-1] == f"{len(cases)} units, {written.scores} scores, {written.lines} lines, 0 wrong", told
    assert done.returncode == 0
    assert written.scores > 12 * len(cases), "some are scored again"
