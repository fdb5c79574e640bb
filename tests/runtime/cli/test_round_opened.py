"""What `duban round open` says: that a round is open, who joined one that was, and who is asked already."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ledger.rounds.campaigns import load_campaigns
from runtime.cli.main import run
from tests.support.product import SUPERVISOR, known_county
from tests.support.shipped import every_campaign


def test_a_second_opening_of_a_day_says_who_joined(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DUBAN_DATA", str(tmp_path / "data"))
    (tmp_path / "data").mkdir(mode=0o700)
    with closing(known_county(tmp_path / "data")) as database, database.write() as connection:
        load_campaigns(connection, every_campaign(), datetime.now(UTC) - timedelta(days=30))

    def opened(*units: str) -> tuple[int, str]:
        named = [word for unit in units for word in ("--unit", unit)]
        status = run(["round", "open", "inspections", "--as", SUPERVISOR, *named])
        said = capsys.readouterr()
        return status, said.out + said.err

    status, said = opened("u001")
    assert (status, "已开放。" in said) == (0, True), said
    status, said = opened("u001", "u002")
    assert (status, "先前已经开放" in said, "加入了这一轮" in said) == (0, True, True), said
    status, said = opened("u001", "u002")
    assert (status != 0, "都已经问了" in said) == (True, True), said
