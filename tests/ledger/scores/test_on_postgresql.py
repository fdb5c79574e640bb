"""Scores on the other database: a month locked, corrected, and looked at side by side."""

from __future__ import annotations

from pathlib import Path

from desk.scores.overview_shown import overview
from ledger.rounds.campaigns import load_campaigns
from ledger.scores.streams import state_of
from tests.support.product import known_county
from tests.support.rounds.answered import LOADED, wrong
from tests.support.scores.scored import ASSESSMENT, assess, corrected, later, month
from tests.support.servers.postgres import PostgresServer
from tests.support.shipped import every_campaign

TOLD = {"moved": "no", "committee": "1", "groups": "1", "study": "2", "theme_day": "1"}


def test_a_month_is_scored_and_corrected_there_too(tmp_path: Path, postgres: PostgresServer) -> None:
    url = postgres.create()
    database = known_county(tmp_path / "county", url=url, now=LOADED)
    with database.write() as connection:
        load_campaigns(connection, every_campaign(), LOADED)
    assess(database)
    now = month(database, "2026-01", {"u001": TOLD})
    corrected(database, "monthly/2026-01", "u001", {"study": "5"}, later(now))
    with database.read() as connection:
        assert state_of(connection, ASSESSMENT, "u001").scored["2026-01"].revision == 2
        for area in ("", "a1"):
            assert overview(connection, now, period="2026-01", area=area).rows
        assert overview(connection, now, period="2026", area="a1").rows[0].whole.share > 0
    assert wrong(database) == []
    database.close()
    postgres.drop(url)
