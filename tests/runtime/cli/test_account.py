"""`duban account`: the first administrator by a printed link, the others by slips or mail; and the auditor's search."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest

from desk.accounts.entrance import Entrance
from desk.accounts.hasher import Hasher
from ledger.accounts import accounts
from ledger.directory import people
from ledger.proof.verifying.accounts import verify_accounts
from ledger.store.database import Database
from rules.accounts.limits import AccessLimits
from runtime.cli.main import run
from tests.support.product import ADMINISTRATOR, known_county

CHEAP = Hasher(memory_kib=8, passes=1, lanes=1)
PASSWORD = "correct horse battery staple"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A county that these tests share; each speaks of other people."""
    folder = tmp_path_factory.mktemp("county") / "data"
    known_county(folder).close()
    return folder


@pytest.fixture
def county(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Entrance]:
    """Its entrance."""
    monkeypatch.setenv("DUBAN_DATA", str(folder))
    database = Database(f"sqlite:///{folder / 'duban.db'}")
    yield Entrance(database=database, hasher=CHEAP, limits=AccessLimits())
    database.close()


def said(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> str:
    """What the command says, on whichever stream."""
    capsys.readouterr()
    assert run(list(arguments)) == status
    told = capsys.readouterr()
    return told.out + told.err


def use(county: Entrance, link: str) -> str:
    """Whom the link let in."""
    now = datetime.now(UTC)
    secret = link.rpartition("/invitation/")[2]
    return county.use_invitation(secret, PASSWORD, address="", agent="", now=now).session.person


def test_from_the_first_link_to_the_auditor_s_search(
    county: Entrance, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    first = json.loads(said(capsys, "account", "first", ADMINISTRATOR, "--name", "admin.one", "--json"))
    assert use(county, first["link"]) == ADMINISTRATOR
    assert "已有账号在用" in said(capsys, "account", "first", ADMINISTRATOR, status=1)

    sheet = tmp_path / "slips.xlsx"
    told = said(
        capsys,
        "account",
        "slips",
        str(sheet),
        "--unit",
        "县教育局",
        "--as",
        ADMINISTRATOR,
        "--site",
        "https://duban.example",
    )
    assert "请删除这个文件" in told
    assert stat.S_IMODE(sheet.stat().st_mode) == 0o600
    rows = list(openpyxl.load_workbook(sheet).active.iter_rows(min_row=3, values_only=True))  # type: ignore[union-attr]
    assert {row[0] for row in rows} == {"青溪县教育局"}
    assert str(rows[0][3]).startswith("https://duban.example/invitation/")
    person = use(county, str(rows[0][3]))
    assert "换一个还没有的文件名" in said(capsys, "account", "slips", str(sheet), "--as", ADMINISTRATOR, status=1)

    assert "已停用，1 处登录结束" in said(capsys, "account", "off", person, "--reason", "借调", "--as", ADMINISTRATOR)
    accounts = {one["person"]: one["state"] for one in json.loads(said(capsys, "account", "list", "--json"))}
    assert (accounts[ADMINISTRATOR], accounts[person]) == ("active", "off")
    assert "没有账号" in said(capsys, "account", "list")
    found = json.loads(said(capsys, "audit", "access", "--person", person, "--json"))["entries"]
    assert [one["kind"] for one in found][:2] == ["signed_out", "account_switched"]
    assert "管理员" in said(capsys, "account", "on", person, "--as", person, status=1)
    with county.database.read() as connection:
        assert list(verify_accounts(connection)) == []


def test_a_token_is_printed_once_listed_and_revoked(county: Entrance, capsys: pytest.CaptureFixture[str]) -> None:
    assert "还没有账号" in said(capsys, "account", "token", "报表", "--as", "p2001", status=1)
    said(capsys, "account", "invite", "p2001", "--as", ADMINISTRATOR)
    made = json.loads(said(capsys, "account", "token", "报表", "--as", "p2001", "--scope", "items", "--json"))
    assert county.recognise_token(made["token"], datetime.now(UTC))
    assert made["token"] not in said(capsys, "account", "tokens", "--person", "p2001")
    assert "报表" in said(capsys, "account", "revoke", made["id"], "--as", "p2001")
    assert county.recognise_token(made["token"], datetime.now(UTC)) is None
    assert "已吊销" in said(capsys, "account", "tokens")


def test_without_a_mail_server_or_an_address_nothing_is_invited_by_mail(
    county: Entrance, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "没有设邮件服务器" in said(capsys, "account", "invite", "p2001", "--mail", "--as", ADMINISTRATOR, status=1)


def test_passwords_off_accounts_without_a_link_and_bindings_at_the_console(
    county: Entrance, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the site does with them is tried where it is (tests/ledger/accounts/ways)."""
    with county.database.read() as connection:
        known = {one.person for one in accounts.all_accounts(connection)}
        person = next(who.id for who in people.everybody(connection) if who.posts and who.id not in known)
    assert "开立 1 个账号" in said(capsys, "account", "open", person, "--as", ADMINISTRATOR)
    assert "0 处登录结束" in said(
        capsys, "account", "local", "off", person, "--reason", "改用统一认证", "--as", ADMINISTRATOR
    )
    assert "不用本地密码登录" in said(capsys, "account", "invite", person, "--as", ADMINISTRATOR, status=1)
    assert "已启用本地密码" in said(capsys, "account", "local", "on", person, "--as", ADMINISTRATOR)
    assert "没有，请写明编号" in said(
        capsys, "account", "remove-key", person, "--reason", "丢了", "--as", ADMINISTRATOR, status=1
    )
    assert "没有任何绑定" in said(capsys, "account", "unbind", person, "hr", "--as", ADMINISTRATOR, status=1)


def test_a_file_of_the_ways_in_with_a_mistake_stops_what_needs_it_and_says_where(
    county: Entrance, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = folder / "sign_in.yaml"
    file.write_text("local: false\n")
    try:
        told = said(capsys, "account", "list", status=1)
        assert "sign_in.yaml" in told
        assert "谁也进不来" in told
    finally:
        file.unlink()
