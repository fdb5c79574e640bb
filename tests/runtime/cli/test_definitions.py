"""`duban definitions`: which versions there are, what one says, what another says differently, and what is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from definitions.catalogue import SHIPPED, load_process
from ledger.directory import loading
from runtime.cli.main import run
from tests.support.office import issue
from tests.support.product import known_county

Told = Callable[..., str]
TEXT = (SHIPPED / "rectification.yaml").read_text("utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A county with three items, and a second edition of their process that was loaded after they were issued."""
    folder = tmp_path_factory.mktemp("county") / "data"
    database = known_county(folder)
    issue(database, units=3)
    with database.write() as connection:
        loading.load_processes(connection, [load_process(second_edition(folder))])
    database.close()
    return folder


def second_edition(folder: Path) -> Path:
    path = folder / "second.yaml"
    text = TEXT.replace('version: "2026.1"', 'version: "2026.2"').replace("inspect: 10 ", "inspect: 15 ")
    path.write_text(text.replace("name: 发督办函", "name: 发函"), "utf-8")
    return path


@pytest.fixture
def told(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Told:
    """Runs `duban definitions ...`, which ends with that status; returns what it says."""
    monkeypatch.setenv("DUBAN_DATA", str(folder))

    def say(*arguments: str | Path, status: int = 0) -> str:
        assert run(["definitions", *map(str, arguments)]) == status
        said = capsys.readouterr()
        return said.out + said.err

    return say


def test_the_list_says_which_is_current_and_which_old_one_still_has_items(told: Told) -> None:
    current, old = (one for one in json.loads(told("list", "--json")) if one["process"] == "rectification")
    assert (current["edition"], current["current"], current["open_items"]) == ("2026.2", True, 0)
    assert (old["edition"], old["current"], old["open_items"]) == ("2026.1", False, 3)
    said = told("list")
    assert f"整改事项 2026.1（{old['hash']}）3 项" in said
    assert list(current["unit_kinds"]) == ["organ", "institution", "research", "enterprise", "social"]


def test_a_process_is_shown_in_words_for_all_kinds_of_unit_or_one(told: Told) -> None:
    said = told("show", "整改事项")
    assert "时限：机关 5 个工作日；事业单位 7 个工作日" in said
    assert "督办 发函" in said
    one = told("show", "rectification@2026.1", "--unit-kind", "科研院所")
    assert "时限：5 至 15 个工作日" in one
    assert "督办 发督办函" in one
    assert "picture" not in told("show", "rectification", "--json")


def test_two_versions_and_a_file_are_compared_in_words(told: Told, folder: Path) -> None:
    said = told("diff", "rectification@2026.1", "rectification")
    assert "10 个工作日" in said
    assert "15 个工作日" in said
    assert "在办的 3 项仍按 2026.1" in said
    assert "没有不同" in told("diff", folder / "second.yaml")
    (change, *_) = json.loads(told("diff", SHIPPED / "rectification.yaml", "--json"))["changes"]
    assert (change["about"], change["before"], change["after"]) == ("名称", "发函", "发督办函")


def test_a_file_is_checked_without_a_ledger_and_all_its_mistakes_are_named(
    told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DUBAN_DATA", str(tmp_path / "none"))
    assert "没有错误" in told("check", SHIPPED / "rectification.yaml")
    path = tmp_path / "wrong.yaml"
    path.write_text(
        TEXT.replace("prefix: ZG", "prefix: zg").replace("reopen_to: execute", "reopen_to: exekute"), "utf-8"
    )
    said = told("check", path, SHIPPED / "rectification.yaml", status=1)
    assert "wrong.yaml:6 prefix" in said
    assert "是不是“execute”？" in said
    assert "共 2 处错误" in said
    plain = json.loads(told("check", path, "--json", status=1))
    assert [m["path"] for m in plain["mistakes"]] == ["prefix", "variants.at_once.reopen_to"]


def test_running_items_are_looked_at_before_another_version_is_given_to_them(told: Told) -> None:
    asked = ("migrate", "整改事项", "--reason", "整改办法修订", "--as")
    seen = json.loads(told(*asked, "p0006", "--from", "2026.1", "--dry-run", "--json"))
    assert [(one["before"]["step"], one["after"]["step"], one["refused"]) for one in seen["items"]] == [
        ("待签收", "待签收", "")
    ] * 3
    said = told(*asked, "p0006", "--dry-run")
    assert "能换 3 项，其中 0 项日期会变，0 项从今天重新起算；不能换 0 项。" in said
    assert "加 --yes 再运行" in told(*asked, "p0006", status=2)
    assert "wrong_role" in told(*asked, "p0001", "--yes", status=1)
    assert "inspect（检查验收）" in told(*asked, "p0006", "--step", "inspect=inspekt", "--dry-run", status=1)
    assert "没有读懂" in told(*asked, "p0006", "--step", "inspect", "--dry-run", status=2)
    assert sorted(one["open_items"] for one in json.loads(told("list", "--json")))[-2:] == [0, 3], "nothing was written"


@pytest.mark.parametrize("word", ["rectificatoin", "rectification@2027.1", "rectification@zz"])
def test_what_is_not_there_is_refused_with_what_is(told: Told, word: str) -> None:
    said = told("show", word, status=1)
    assert "field_invalid" in said
    assert "rectification" in said
