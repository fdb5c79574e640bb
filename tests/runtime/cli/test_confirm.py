"""`duban confirm`, and the commands that need it, on a data folder of its own: asked for, looked at, confirmed or not,
carried out; and the refusals in words."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.proof.verify import verify
from ledger.store import migrations
from ledger.store.database import Database
from runtime.cli.main import run
from tests.support import world


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setenv("DUBAN_DATA", str(tmp_path))
    opened = Database(f"sqlite:///{tmp_path / 'duban.db'}")
    migrations.upgrade(opened)
    world.load(opened)
    world.store_issued(opened, world.issued())
    yield opened
    opened.close()


class Console:
    """What a command says, and how it ends."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: str, status: int = 0) -> str:
        self._capsys.readouterr()
        ended = run(list(arguments))
        out, err = self._capsys.readouterr()
        assert ended == status, f"{arguments}: {out}{err}"
        return out + err


@pytest.fixture
def duban(database: Database, capsys: pytest.CaptureFixture[str]) -> Console:
    return Console(capsys)


def test_the_sealing_key_is_changed_by_two(duban: Console, database: Database) -> None:
    duban("audit", "seal")
    before = json.loads(duban("audit", "key", "--json"))
    rotate = ("audit", "rotate-key", "--as", "guan")
    said = duban(*rotate, status=1)
    assert "还没有办，什么也没有改" in said
    assert "第 1 号" in said
    assert "duban confirm 1 --as" in said
    assert "还在等复核，第 1 号" in duban(*rotate, status=1)
    assert json.loads(duban("audit", "key", "--json")) == before

    listed = duban("confirm")
    for words in ("换封存密钥", "待复核", "关理", "终端代办"):
        assert words in listed
    assert "接替的密钥" in duban("confirm", "1")
    assert "加 --yes 再运行" in duban("confirm", "1", "--as", "fen", status=2)
    assert "[own_matter]" in duban("confirm", "1", "--as", "guan", "--yes", status=1)
    assert "[wrong_role]" in duban("confirm", "1", "--as", "du", "--yes", status=1)
    assert "[unknown_joint]" in duban("confirm", "9", "--as", "fen", "--yes", status=1)
    agreed = duban("confirm", "1", "--as", "fen", "--yes")
    assert "请关理把原来的命令再运行一次" in agreed

    assert "已启用新的封存密钥" in duban(*rotate)
    assert len(json.loads(duban("audit", "key", "--json"))) == len(before) + 1
    (done,) = json.loads(duban("confirm", "--all", "--json"))
    assert (done["status"], done["same_hand"]) == ("carried", True)
    assert "与提请同一终端用户" in duban("confirm", "--all")
    assert "第 2 号" in duban(*rotate, status=1), "another change is another act"
    assert verify(database).wrong == ()


def test_not_agreed_to_with_a_reason_or_taken_back(duban: Console) -> None:
    duban("audit", "seal")
    rotate = ("audit", "rotate-key", "--as", "guan")
    duban(*rotate, status=1)
    assert "[field_missing]" in duban("confirm", "1", "--as", "fen", "--refuse", status=1)
    duban("confirm", "1", "--as", "fen", "--refuse", "--reason", "先备份")
    assert "复核不同意" in duban("confirm", "1", "--as", "fen", "--yes", status=1)
    said = duban(*rotate, status=1)
    assert "上次（第 1 号）不同意：先备份" in said
    assert "第 2 号" in said
    assert "[joint_refused]" in duban("confirm", "2", "--as", "fen", "--withdraw", status=1)
    assert "已撤回" in duban("confirm", "2", "--as", "guan", "--withdraw")
    assert "[joint_refused]" in duban("confirm", "2", "--as", "fen", "--yes", status=1)
    assert "要说以谁的名义" in duban("confirm", "2", "--yes", status=2)
    assert "只用一个" in duban("confirm", "2", "--as", "guan", "--refuse", "--withdraw", status=2)


def test_the_first_payload_key_is_anybodys_and_the_next_one_twos(duban: Console, database: Database) -> None:
    duban("payloads", "new-key")
    assert "加上 --as 管理员" in duban("payloads", "new-key", status=2)
    assert "[wrong_role]" in duban("payloads", "new-key", "--as", "du", status=1)
    duban("payloads", "new-key", "--as", "guan", status=1)
    assert len(json.loads(duban("payloads", "keys", "--json"))) == 1
    duban("confirm", "1", "--as", "fen", "--yes")
    assert "新的密钥" in duban("payloads", "new-key", "--as", "guan")
    first, second = (one["id"] for one in json.loads(duban("payloads", "keys", "--json")))
    with database.read() as connection:
        bodies = list(connection.exec_driver_sql("SELECT body FROM entry WHERE kind = 'payload_key_made'").scalars())
    assert [json.loads(body)["key"] for body in bodies] == [second]
    assert [json.loads(body)["previous"] for body in bodies] == [first]
    assert verify(database).wrong == ()


DIRECTORY = """
name: 县
areas: {a1: {name: 第一片组, leader: pian 片一, instructor: zhi 智一}}
units: {u1: {name: 农科院, kind: research, area: a1, head: zhang 张红, liaison: lian 李安}}
people:
  xin: {name: 新来, roles: [security]}
"""


@pytest.mark.parametrize("more", [(), ("--document", "县编〔2026〕3号")])
def test_a_directory_that_gives_an_administrators_post_is_loaded_by_two(
    duban: Console, database: Database, tmp_path: Path, more: tuple[str, ...]
) -> None:
    file = tmp_path / "county.yaml"
    file.write_text(DIRECTORY, "utf-8")
    assert "以谁的名义（--as）" in duban("load", str(file), *more, status=1)
    assert "[wrong_role]" in duban("load", str(file), *more, "--as", "du", status=1)
    if more:
        duban("load", str(file), *more, "--dry-run")
    asked = duban("load", str(file), *more, "--as", "guan", status=1)
    assert "给予管理员职务要由两个人办" in asked
    assert "新来" in duban("confirm", "1")
    assert "新来" not in duban("people")
    duban("confirm", "1", "--as", "fen", "--yes")
    duban("load", str(file), *more, "--as", "guan")
    assert "新来" in duban("people")
    duban("load", str(file), *more)
    assert verify(database).wrong == ()


NOTICE = """\
id: notice
year: 2026
source: {document: 放假通知（示例）, date: 2025-11-25}
rest: [{day: 2026-03-10, name: 校庆}]
"""


def test_a_calendar_is_loaded_by_two_and_its_file_kept_only_then(
    duban: Console, database: Database, tmp_path: Path
) -> None:
    file = tmp_path / "notice.yaml"
    file.write_text(NOTICE, "utf-8")
    assert "以谁的名义（--as）" in duban("load", str(file), status=1)
    assert "采用日历要由两个人办" in duban("load", str(file), "--as", "guan", status=1)
    assert not (tmp_path / "calendars" / "notice.yaml").exists()
    duban("confirm", "1", "--as", "du", "--yes")
    duban("load", str(file), "--as", "guan")
    assert (tmp_path / "calendars" / "notice.yaml").exists()
    assert "notice" in duban("calendar", "show", "2026")
    assert verify(database).wrong == ()


def test_adopting_a_calendar_asks_first(duban: Console, tmp_path: Path, database: Database) -> None:
    file = tmp_path / "notice.yaml"
    file.write_text(NOTICE, "utf-8")
    adopt = ("calendar", "adopt", str(file), "--as", "guan", "--yes")
    assert "第 1 号" in duban(*adopt, status=1)
    shown = duban("confirm", "1")
    assert "放假通知（示例）" in shown
    assert "2026-03-10 休息（校庆）" in shown
    assert not (tmp_path / "calendars" / "notice.yaml").exists()
    assert verify(database).wrong == ()
