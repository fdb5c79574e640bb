"""Settings: where they come from, which are refused, and that the README tells all of them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from pydantic_core import PydanticUndefined

from runtime.ending import Problem
from runtime.settings import PREFIX, Settings, load

README = Path(__file__).parents[2] / "README.md"


def test_the_environment_wins_over_the_file_and_the_file_over_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "duban.yaml").write_text("port: 9001\ntask_queue: 县里\ntemporal_retention: P90D\n", "utf-8")
    monkeypatch.setenv("DUBAN_DATA", str(tmp_path))
    monkeypatch.setenv("DUBAN_PORT", "9002")
    settings = load()
    assert (settings.port, settings.task_queue, settings.host) == (9002, "县里", "127.0.0.1")
    assert settings.temporal_retention == timedelta(days=90)
    assert load(port=9003).port == 9003


def test_the_ledger_lies_in_the_data_folder_unless_said_otherwise(tmp_path: Path) -> None:
    assert load(data=tmp_path).database == f"sqlite:///{tmp_path}/duban.db"
    given = "postgresql+psycopg://duban@db/duban"
    assert load(data=tmp_path, database_url=given).database == given


def test_a_relative_folder_does_not_move_with_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert load().data == tmp_path / "data"


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({"host": "example.org"}, "DUBAN_HOST"),
        ({"port": 70000}, "不能大于 65535"),
        ({"port": -1}, "不能小于 0"),
        ({"database_url": "mysql://root:secret@db/x"}, "只支持以 sqlite:/// 或"),
        ({"temporal_namespace": "Duban!"}, "小写字母"),
        ({"temporal_retention": "soon"}, "应为一段时间"),
        ({"temporal_retention": "PT1H"}, "DUBAN_TEMPORAL_RETENTION"),
        ({"task_queue": ""}, "不能为空"),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_name(tmp_path: Path, chosen: dict[str, object], said: str) -> None:
    with pytest.raises(Problem) as told:
        load(data=tmp_path, **chosen)
    assert said in told.value.message
    assert told.value.status == 2
    assert "secret" not in told.value.message


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("prot: 1\n", "不认识的设置：prot"),
        ("port: 1\nport: 2\n", "读不懂设置文件"),
        ("- port\n", "应当是“名称: 值”的列表"),
        ("data: elsewhere\n", "不能再写 data"),
    ],
)
def test_a_file_that_says_something_unknown_is_refused(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "duban.yaml").write_text(content, "utf-8")
    with pytest.raises(Problem, match=said):
        load(data=tmp_path)


def test_a_misspelt_variable_is_refused_and_not_ignored(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DUBAN_DATABASE", "postgresql+psycopg://db/duban")
    with pytest.raises(Problem, match="不认识的设置：DUBAN_DATABASE") as told:
        load(data=tmp_path)
    assert "DUBAN_DATABASE_URL" in told.value.way_out


def test_the_readme_tells_every_setting_with_its_default() -> None:
    told = {line for line in README.read_text("utf-8").splitlines() if line.startswith(f"| `{PREFIX}")}
    assert told == {row(name) for name in Settings.model_fields}


def row(name: str) -> str:
    """The README's line about one setting."""
    field = Settings.model_fields[name]
    assert field.default is not PydanticUndefined
    default = field.default
    if isinstance(default, timedelta):
        default = f"P{default.days}D" if default.days else f"PT{default.seconds}S"
    shown = f"`{default}`" if default not in ("", None) else "（空）"
    return f"| `{PREFIX}{name.upper()}` | {shown} | {field.description} |"
