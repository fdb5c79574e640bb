"""A score that does not follow from what it says it rests on is found, and so is a row that follows from no entry."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, delete, func, update

from ledger.proof.verifying.scores import verify_scores
from ledger.scores.rows import SCORE_HALF, SCORE_ROW, SCORE_SUM, TIER
from ledger.scores.streams import note_scores, state_of
from ledger.scores.waiting import SCORE_WAIT
from ledger.store.database import Database
from rules.assessment.facts import Scored
from rules.assessment.lines import ScoreLine
from rules.machine.commands import SYSTEM
from tests.support.rounds.answered import wrong
from tests.support.scores.scored import ASSESSMENT, assessed, corrected, month

TOLD = {"moved": "no", "committee": "1", "groups": "1", "study": "3", "theme_day": "1"}


class Undone(Exception):
    """Nothing of what was tried stays."""


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, datetime]]:
    """A county with a month scored, and one unit's figure corrected since."""
    database = assessed(tmp_path_factory.mktemp("verified") / "county")
    now = month(database, "2026-01", {"u001": TOLD, "u002": TOLD})
    corrected(database, "monthly/2026-01", "u001", {"study": "2"}, now + timedelta(days=1))
    yield database, now + timedelta(days=2)
    database.close()


def found_after(database: Database, change: Callable[[Connection], object]) -> list[str]:
    """What is found with that change, which is undone."""
    told: list[str] = []

    def tried() -> None:
        with database.write() as connection:
            change(connection)
            told.extend(f"{one.stream} {one.what}" for one in verify_scores(connection))
            raise Undone

    with pytest.raises(Undone):
        tried()
    return told


def test_what_was_scored_and_corrected_verifies(scored: tuple[Database, datetime]) -> None:
    assert wrong(scored[0]) == []


CHANGES: dict[str, Callable[[Connection], object]] = {
    "得分行 study": lambda c: c.execute(
        update(SCORE_ROW)
        .where(SCORE_ROW.c.unit == "u001")
        .values(lines=func.replace(SCORE_ROW.c.lines, '"study":[', '"study":[1'))
    ),
    "留痕里有": lambda c: c.execute(update(SCORE_ROW).where(SCORE_ROW.c.unit == "u002").values(lines="{}")),
    "2026-H1 的合计与各行不符": lambda c: c.execute(update(SCORE_HALF).values(sums="{}")),
    "2026-H1 没有合计": lambda c: c.execute(delete(SCORE_HALF).where(SCORE_HALF.c.unit == "u001")),
    "得分表 2026-01 与留痕不符": lambda c: c.execute(
        update(SCORE_ROW).where(SCORE_ROW.c.unit == "u002").values(score=10_000)
    ),
    "合计与各行不符": lambda c: c.execute(
        update(SCORE_SUM).where(SCORE_SUM.c.indicator == "study").values(points=SCORE_SUM.c.points + 1)
    ),
    "2026-01 等着 monthly/2027-01 来问，留痕里没有": lambda c: c.execute(
        SCORE_WAIT.insert().values(
            assessment=ASSESSMENT, unit="u003", month="2026-01", round="monthly/2027-01", indicator=""
        )
    ),
    "2026-01 等着评定 integrity，留痕里没有": lambda c: c.execute(
        SCORE_WAIT.insert().values(assessment=ASSESSMENT, unit="u003", month="2026-01", round="", indicator="integrity")
    ),
    "状况表与留痕不符": lambda c: c.execute(
        TIER.insert().values(
            assessment=ASSESSMENT,
            unit="u003",
            area="",
            tier="advanced",
            proposed="",
            period="",
            score=0,
            below=0,
            seq=1,
        )
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_row_that_follows_from_no_entry_is_found(scored: tuple[Database, datetime], what: str) -> None:
    assert any(what in one for one in found_after(scored[0], CHANGES[what]))


def again(connection: Connection, now: datetime, change: Callable[[Scored, ScoreLine], Scored]) -> None:
    """Somebody who has the database writes one score more of u002, well chained."""
    state = state_of(connection, ASSESSMENT, "u002")
    last = state.scored["2026-01"]
    line = state.lines["study", "2026-01"]
    note_scores(connection, [change(replace(last, revision=2, lines=(), left=()), line)], SYSTEM, now)


FORGED: dict[str, Callable[[Scored, ScoreLine], Scored]] = {
    "应为 450，写的是 500": lambda fact, line: replace(fact, lines=(line._replace(points=500, difference=50),)),
    "那里没有这个数": lambda fact, line: replace(
        fact,
        lines=(line._replace(points=500, difference=50, inputs=(line.inputs[0]._replace(value="4"),)),),
    ),
    "差数不符": lambda fact, line: replace(fact, lines=(line._replace(difference=7),)),
    "不是各行之和": lambda fact, line: replace(fact, score=9_999, lines=(line,)),
    "从没有启用过": lambda fact, line: replace(fact, version="2026.1#000000000000"),
    "数据项登记 2026.1#000000000000 从没有启用过": lambda fact, line: replace(fact, figures="2026.1#000000000000"),
    "次序不连续": lambda fact, line: replace(fact, revision=4),
    "满分不符": lambda fact, line: replace(fact, lines=(line._replace(full=600),)),
}


@pytest.mark.parametrize("what", FORGED)
def test_a_score_that_does_not_follow_from_what_it_rests_on_is_found(
    scored: tuple[Database, datetime], what: str
) -> None:
    database, now = scored
    told = found_after(database, lambda connection: again(connection, now, FORGED[what]))
    assert any(what in one and "u002" in one for one in told), told
