"""What docs/definitions.md shows is true: its examples load, and its refusals are the program's own words."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from definitions.calendars import snapshot
from definitions.catalogue import SHIPPED, load_process
from definitions.directory import load_directory
from definitions.mistakes import DefinitionErrors
from rules.process import ClockKind, Role

DOCUMENT = (Path(__file__).parents[2] / "docs" / "definitions.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"```yaml (\w+)\n(.*?)```", DOCUMENT, re.DOTALL))
PROCESSES = Path(__file__).parents[1] / "support" / "processes"
PLAYED = (PROCESSES / "call.yaml", SHIPPED / "election.yaml", SHIPPED / "appraisal.yaml")


def _parties(path: Path) -> None:
    """Each party that is shown stands in a process that the tests play."""
    shown = YAML(typ="safe").load(path)["parties"]
    played = [YAML(typ="safe").load(one).get("parties", {}) for one in PLAYED]
    assert shown == {name: party for parties in played for name, party in parties.items()}


LOADERS: dict[str, Callable[[Path], object]] = {
    "process": load_process,
    "calendar": lambda path: snapshot([path]),
    "directory": load_directory,
    "parties": _parties,
}


@pytest.mark.parametrize("kind", LOADERS)
def test_each_example_loads(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"{kind}.yaml"
    path.write_text(BLOCKS[kind], encoding="utf-8")
    LOADERS[kind](path)


def test_the_refusals_shown_are_what_the_loader_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = BLOCKS["process"].replace("offset: -3", "offset: -30").replace("submit_to: check", "submit_to: chek")
    Path("visit.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(DefinitionErrors) as refused:
        load_process(Path("visit.yaml"))
    assert re.findall(r"```text\n(.*?)\n```", DOCUMENT, re.DOTALL) == [str(refused.value)]


def test_every_clock_and_every_audience_is_explained() -> None:
    clocks = [kind for kind in ClockKind if kind is not ClockKind.WAITING]  # nobody is reminded while all wait
    for name in [*clocks, *(role for role in Role if role is not Role.SYSTEM)]:
        assert f"`{name.value}`" in DOCUMENT
