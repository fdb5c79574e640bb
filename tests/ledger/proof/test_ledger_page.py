"""docs/ledger.md says what the code does: every kind, every field, the example's bytes, and a verifier made from it."""

import json
import re
import sqlite3
import subprocess
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import SQLModel

from ledger.chain import entries, journal
from ledger.chain.family import chunk
from ledger.proof import bundles, checkpoints, keys, outside, proving
from ledger.proof.keys import KeyFolder
from ledger.proof.statements import KeyStatement, Seal
from ledger.reading import export
from ledger.store import migrations
from ledger.store.canonical import canonical, entry_hash
from ledger.store.database import Database
from ledger.store.tables import Entry
from rules.machine.commands import SYSTEM, CommandKind, Via
from rules.machine.events import EVENT_KINDS
from rules.office.facts import EvidenceRead
from tests.ledger.proof.ledger_page import EXAMPLE, EXAMPLE_BODY, PAGE, section, tables
from tests.ledger.proof.verifiers import built
from tests.support import world
from tests.support.factories import LEADER


@pytest.mark.parametrize("name", tables())
def test_the_page_has_every_kind_field_value_and_the_worked_example_as_the_code_has_them(name: str) -> None:
    told = "docs/ledger.md is behind the code; run: .venv/bin/python -m tests.ledger.proof.ledger_page"
    assert section(PAGE.read_text(), name) == tables()[name], told


def test_every_kind_of_entry_is_on_the_page() -> None:
    kinds = section(PAGE.read_text(), "kinds")
    assert [kind for kind in EVENT_KINDS if f"| `{kind}` |" not in kinds] == []


def test_every_kind_of_a_journals_entry_is_on_the_page() -> None:
    journals = section(PAGE.read_text(), "journals")
    assert [kind for kind in journal.JOURNAL_KINDS if f"| `{kind}` |" not in journals] == []


def test_every_member_of_a_checkpoint_and_of_a_key_is_on_the_page() -> None:
    page = PAGE.read_text()
    members = [field.name for cls in (Seal, KeyStatement) for field in fields(cls)]
    assert [name for name in members if f"| `{name}` |" not in page] == []


def test_every_file_and_limit_of_a_bundle_is_on_the_page() -> None:
    page = PAGE.read_text()
    names = (bundles.MANIFEST, bundles.SIGNATURE, *bundles.FILE_MOST)
    assert [name for name in names if f"| `{name}` |" not in page] == []
    assert (bundles.MANIFEST_MOST, bundles.LINE_MOST, proving.ALL_EVIDENCE_MOST) == (2 << 20, 1 << 20, 1 << 30)
    assert "at most 2 MiB" in page
    assert "at most 1 MiB" in page
    assert "at most 1 GiB" in page


def test_every_column_of_an_entry_is_on_the_page() -> None:
    page = PAGE.read_text()
    assert [name for name in Entry.model_fields if f"| `{name}` |" not in page] == []


def test_every_table_on_the_page_has_the_key_that_is_said() -> None:
    lines = section(PAGE.read_text(), "tables").splitlines()[2:]
    said = {name: keys for name, keys in (re.findall(r"^\| `(\w+)` \| (.+?) \|", line)[0] for line in lines)}
    tables = {name: SQLModel.metadata.tables[name] for name in said}
    assert said == {
        name: ", ".join(f"`{column.name}`" for column in table.primary_key) for name, table in tables.items()
    }


def test_numbers_are_written_as_the_page_says() -> None:
    page = PAGE.read_text()
    assert [f"`{chunk.number('ZG2026', n)}`" in page for n in (1, 12345)] == [True, True]


def test_the_lines_outside_have_the_members_that_the_page_says(lived: Database, tmp_path: Path) -> None:
    _sealed(lived, tmp_path)
    with lived.read() as connection:
        outside.publish(connection, tmp_path / "seals.jsonl")
    key, checkpoint = map(json.loads, (tmp_path / "seals.jsonl").read_text().splitlines())
    page = PAGE.read_text()
    for line in (key, checkpoint):
        members = ", ".join(f'"{name}"' for name in sorted(line))
        assert f"`{{{members}}}`" in page
    with lived.read() as connection:
        (kept,) = keys.statements(connection)
    assert canonical(key["key"]).decode() == kept.statement


def test_the_worked_example_is_what_the_ledger_would_store() -> None:
    page = PAGE.read_text()
    body = canonical(EXAMPLE_BODY)
    assert f"`{body.decode()}`" in page
    assert bytes.fromhex(section(page, "example body").strip("`\n").replace("\n", " ")) == body
    assert entry_hash(**EXAMPLE, body=body.decode()) in section(page, "example hash")
    line = section(page, "example").split("\n")[1]
    assert json.loads(line) == {**EXAMPLE, "body": EXAMPLE_BODY}
    assert f"{len(line.encode())} bytes" in page


@pytest.fixture(scope="session")
def go_verifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built("verify", tmp_path_factory.mktemp("go"))


def _go(program: Path, lines: bytes, *arguments: str) -> tuple[int, str]:
    done = subprocess.run([program, *arguments], input=lines, capture_output=True, timeout=60)
    return done.returncode, done.stdout.decode() + done.stderr.decode()


@pytest.fixture
def lived(database: Database) -> Database:
    world.live(database)
    world.live(database, "XX2026-0002")
    state = world.state_of(database, "XX2026-0001")
    odd = "".join(chr(c) for c in range(0x20, 0x80)) + "\t\n\r 限期“办结” \u2028\u2029 \U0001f6a9 é \ufeff\uffff"
    what = world.command(CommandKind.REMARK, state, "odd", text=odd.replace("\x7f", ""))
    entries.append(database, "XX2026-0001", 7, "odd", world.events_of(state, what, state.at))
    behalf = replace(LEADER, id="fen2", behalf="fen", via=Via.CONSOLE, through="root (0)")
    world.give(database, "XX2026-0002", CommandKind.REMARK, state.at, "behalf", by=behalf)
    return database


def test_a_verifier_in_another_language_finds_the_ledger_whole(lived: Database, go_verifier: Path) -> None:
    status, told = _go(go_verifier, b"".join(export.lines(lived)))
    assert (status, told.split("\n")[0]) == (0, "20 entries, 4 streams, 0 wrong")


def _sealed(database: Database, folder: Path) -> tuple[str, str, str]:
    """A checkpoint over all entries but a journal's last one: algorithm, size and root."""
    signer = KeyFolder(folder / "keys").signer(database, world.NOW, SYSTEM)
    checkpoint, _ = checkpoints.seal(database, signer, world.NOW)
    with database.write() as connection:
        journal.note(connection, EvidenceRead(evidence="ab"), LEADER, world.NOW)
    return checkpoint.algorithm, str(checkpoint.size), checkpoint.root


def test_a_verifier_in_another_language_finds_the_tree_that_was_sealed(
    lived: Database, go_verifier: Path, tmp_path: Path
) -> None:
    algorithm, size, root = _sealed(lived, tmp_path)
    lines = b"".join(export.lines(lived))
    whole = f"22 entries, 5 streams, 0 wrong\nroot of the first {size}: {root}\n"
    assert _go(go_verifier, lines, algorithm, size, root) == (0, whole)
    cut = b"".join(lines.splitlines(keepends=True)[:12])
    status, told = _go(go_verifier, cut, algorithm, size, root)
    assert (status, told.startswith("the checkpoint of 21 entries does not hold: the root of the first 12 is ")) == (
        1,
        True,
    )
    swapped = b"".join(lines.splitlines(keepends=True)[::-1])
    assert _go(go_verifier, swapped)[1].startswith(
        "~access/2026-03\t1\tstands at position 22 of the ledger, where 1 is"
    )
    assert _go(go_verifier, swapped, algorithm, size, root)[0] == 1
    assert _go(go_verifier, lines, "md5")[0] == 2
    assert _go(go_verifier, lines, algorithm, size)[0] == 2


def test_a_verifier_in_another_language_reads_a_ledger_in_sm3(go_verifier: Path, tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'duban.db'}")
    migrations.upgrade(database, "sm3")
    world.load(database)
    world.live(database)
    algorithm, size, root = _sealed(database, tmp_path)
    lines = b"".join(export.lines(database))
    database.close()
    assert algorithm == "sm3"
    assert _go(go_verifier, lines, algorithm, size, root)[0] == 0
    assert _go(go_verifier, lines)[0] == 1


def test_the_pages_own_command_exports_what_the_verifier_reads(
    tmp_path: Path, sqlite_template: Path, go_verifier: Path
) -> None:
    (tmp_path / "duban.db").write_bytes(sqlite_template.read_bytes())
    database = Database(f"sqlite:///{tmp_path / 'duban.db'}")
    world.live(database)
    database.close()
    query = PAGE.read_text().split('sqlite3 data/duban.db "')[1].split('"')[0]
    with sqlite3.connect(tmp_path / "duban.db") as connection:
        lines = "\n".join(row[0] for row in connection.execute(query))
    connection.close()
    status, told = _go(go_verifier, lines.encode())
    assert (status, told.split("\n")[0]) == (0, "11 entries, 3 streams, 0 wrong")


@pytest.mark.parametrize(
    ("field", "value", "seq"),
    [
        ("actor", "x", 4),
        ("behalf", None, 8),
        ("behalf", "fen", 4),
        ("via", "site", 8),
        ("via", "console", 4),
        ("through", None, 8),
        ("through", "wang (1000)", 8),
        ("through", "root (0)", 4),
        ("at", "2026-03-01T00:00:00.000000Z", 4),
        ("body", '{"text":"x"}', 4),
        ("unit", None, 2),
        ("told", None, 4),
        ("told", '[["x","leader"]]', 4),
    ],
)
def test_a_verifier_in_another_language_names_what_was_changed(
    lived: Database, go_verifier: Path, field: str, value: object, seq: int
) -> None:
    rows = [json.loads(line) for line in export.lines(lived)]
    for row in rows:
        if (row["stream"], row["seq"]) == ("XX2026-0002", seq):
            row[field] = value
    status, told = _go(go_verifier, "\n".join(map(json.dumps, rows)).encode())
    assert status == 1
    assert told.startswith(f"XX2026-0002\t{seq}\tthe hash is not that of the content\n")


@pytest.mark.parametrize(
    "change",
    [
        lambda body: body.replace('{"', '{"text":"其实没有办","', 1),
        lambda body: f"{body} ",
        lambda body: body.replace(":", ": ", 1),
        lambda body: f"{body}{{}}",
    ],
    ids=["a member twice", "a space behind", "a space inside", "a value behind"],
)
def test_a_verifier_in_another_language_takes_no_body_that_says_something_else_than_what_was_hashed(
    lived: Database, go_verifier: Path, change: Callable[[str], str]
) -> None:
    rows = [json.loads(line) for line in export.lines(lived)]
    row = next(row for row in rows if row["kind"] == "submitted")
    row["body"] = change(row["body"])
    told = _go(go_verifier, "\n".join(map(json.dumps, rows)).encode())[1]
    assert told.startswith(f"{row['stream']}\t{row['seq']}\tthe body is not canonical JSON\n")


def test_a_verifier_in_another_language_names_what_is_missing_or_out_of_place(
    lived: Database, go_verifier: Path
) -> None:
    rows = [json.loads(line) for line in export.lines(lived)]
    without = [row for row in rows if (row["stream"], row["seq"]) != ("XX2026-0002", 3)]
    gap, missing, *_ = _go(go_verifier, "\n".join(map(json.dumps, without)).encode())[1].splitlines()
    assert gap.endswith("stands at position 15 of the ledger, where 14 is the next")
    assert missing == "XX2026-0002\t4\tentry 3 is missing"
    assert _go(go_verifier, b'{"stream": 5}')[0] == 2


def test_the_export_goes_through_a_ledger_of_any_length(lived: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = list(export.lines(lived))
    monkeypatch.setattr(export, "_CHUNK", 4)
    assert list(export.lines(lived)) == whole
    with lived.read() as connection:
        assert len(whole) == connection.execute(text("SELECT count(*) FROM entry")).scalar()
