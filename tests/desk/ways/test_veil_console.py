"""What a process keeps from its unit, looked for at the console in the name of somebody of the unit: by every command
that asks in whose name it is given. A command that comes later says here what is asked of it, or fails."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from runtime.cli.main import make_app, run
from tests.desk.ways.test_veil import REGISTER, TITLE, Veiled
from tests.support.product import SUPERVISOR

ASKED: dict[str, str] = {
    # NO, OUT, FILE and UNIT stand for what they say; --as follows
    "item": "NO",
    "bulk approve": "NO --preview",
    "bulk return": "NO --preview --reason 理由",
    "bulk urge": "--filter 单位=UNIT --preview",
    "bulk ask-extension": "NO --preview --reason 理由 --to 2099-01-01 --text 说明",
    "bulk decide-extension": "NO --preview --grant",
    "bulk hand-over": "NO --preview --reason 理由 --successor p0002",
    "bulk annul": "--filter 单位=UNIT --preview --reason 理由",
    "bulk confirm": "none",
    "draw seal": "d1 --title 抽查 --share 10 --witness p0004 --witness p0005",
    "draw commit": "none --number 1",
    "draw open": "none --number 1 --salt 00",
    "draw replace": "none --unit UNIT --reason 理由",
    "draw show": "none",
    "draw export": "none --out OUT",
    "people back": "",
    "audit prove": "NO --out OUT",
    "audit erase": "--item NO --field leader --reason 理由",
    "audit export register": "--format jsonl --out OUT",
    "audit export entries": "--format jsonl --out OUT",
    "import": "FILE --process unannounced --dry-run",
    "issue": "unannounced TITLE --unit UNIT --dry-run",
    "directory hand-on": "--unit UNIT --reason 理由 --dry-run",
    "round open": "visits --unit UNIT",
    "round unlock": "visits/2026-11 --unit UNIT --days 1 --reason 理由",
    "round stop": "visits --reason 理由",
    "round correct": "visits/2026-11 --reason 理由",
    "round agree": "visits/2026-11",
    "round refuse": "visits/2026-11 --reason 理由",
    "burden allow": "none --reason 理由",
    "burden contest": "NO answer.done --reason 理由",
    "burden answer": "1 --reason 理由",
    "figures export": "study --format csv --out OUT",
    "figures import": "FILE --document 文件",
    "score": "UNIT --out OUT",
    "round sheets": "visits/2026-11 --to OUT",
    "round fill": "FILE",
}
ELSEWHERE: dict[str, str] = {
    "do": "by way of the desk, as the site does: test_veil",
    "people substitute": "says nothing of items",
    "confirm": "an administrator's or a leader's, who see all items; to others it is refused",
    "payloads new-key": "says nothing of items",
    "calendar adopt": "an administrator's, to all open items",
    "definitions migrate": "an administrator's, to all items of a process",
    "audit rotate-key": "says nothing of items",
    **{
        f"account {verb}": "says nothing of items"
        for verb in ("invite", "slips", "off", "on", "withdraw", "out", "token", "revoke", "open")
    },
    **dict.fromkeys(
        ("account local on", "account local off", "account unbind", "account remove-key"), "says nothing of items"
    ),
    "load": "a directory's, which lists whose items are left as whoever sits there sees them all; directory hand-on",
}


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Every command, by the words that call it."""
    for name, one in getattr(command, "commands", {}).items():
        yield from commands(one, (*path, name))
    if not hasattr(command, "commands"):
        yield " ".join(path), command


def test_every_command_in_somebodys_name_is_asked_or_says_why_not() -> None:
    root = typer.main.get_command(make_app())
    named = {words for words, one in commands(root) if any("--as" in param.opts for param in one.params)}
    assert named == ASKED.keys() | ELSEWHERE.keys()


@pytest.fixture(scope="module")
def veiled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Veiled]:
    made = Veiled(tmp_path_factory.mktemp("veiled") / "data")
    yield made
    made.database.close()


@pytest.mark.parametrize("words", ASKED)
def test_no_command_tells_of_it_to_whom_it_is_kept_from(
    words: str, veiled: Veiled, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("DUBAN_DATA", str(veiled.folder))
    file = tmp_path / "a.csv"
    file.write_bytes(REGISTER)
    other = "AF2099-0001"
    told = []
    for no in (veiled.no, other):
        out = tmp_path / "out.jsonl"
        out.unlink(missing_ok=True)
        stand = {"NO": no, "OUT": str(out), "FILE": str(file), "UNIT": veiled.unit.id, "TITLE": TITLE}
        asked = [stand.get(word, word.replace("UNIT", veiled.unit.id)) for word in ASKED[words].split()]
        status = run([*words.split(), *asked, "--as", veiled.liaison])
        said = "".join(capsys.readouterr())
        said += out.read_text("utf-8", "replace") if out.exists() else ""
        told.append((status, said.replace(no, "")))
        assert veiled.no not in said.replace(no, ""), words
    assert told[0] == told[1] or "NO" not in ASKED[words].split(), "as if it did not exist"


def test_whoever_oversees_is_told(
    veiled: Veiled, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DUBAN_DATA", str(veiled.folder))
    assert run(["item", veiled.no, "--as", SUPERVISOR]) == 0
    assert TITLE in capsys.readouterr().out
