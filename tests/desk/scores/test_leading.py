"""What a leader decides, and what comes of it, come or fail together."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from desk.caller import on_site
from desk.scores import leading
from desk.scores.tiers_shown import tiers_now
from ledger.scores.guiding import guidance_of
from ledger.scores.in_force import assessments_in_force, put_assessments_in_force
from ledger.scores.streams import state_of
from rules.assessment.assessment import Guidance
from rules.errors import RuleViolation
from tests.support.product import LEADER
from tests.support.scores.half_year import half_year
from tests.support.scores.scored import ASSESSMENT


def test_a_tier_whose_guidance_cannot_be_issued_is_not_decided_either(tmp_path: Path) -> None:
    database, now = half_year(tmp_path / "county")
    with database.write() as connection:
        known = assessments_in_force(connection)[ASSESSMENT]
        assert known.tiers is not None
        asks = Guidance(tier="weak", process="inquiry", variant="once")  # wants to be told what for: no file may say it
        changed = replace(known, tiers=replace(known.tiers, guidance=(asks,)), version="asks")
        put_assessments_in_force(connection, [changed], now)
    with database.read() as connection:
        waits = next(one.unit for one in tiers_now(connection, now).proposed if one.proposed == "weak")  # type: ignore[union-attr]
        before = state_of(connection, ASSESSMENT, waits)
    with pytest.raises(RuleViolation, match="交办不了，所以没有认定"):
        leading.decide_tier(database, on_site(LEADER), waits, "weak", now)
    with database.read() as connection:
        assert state_of(connection, ASSESSMENT, waits) == before
        assert guidance_of(connection, ASSESSMENT, waits) == []
    database.close()
