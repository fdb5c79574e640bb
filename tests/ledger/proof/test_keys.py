"""The keys that seal: however many programs seal at once, one key is made, its file is kept, and verify passes."""

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from desk.caller import on_site
from desk.joint import confirming
from ledger.proof import keys
from ledger.proof.keys import KeyFolder, KeyProblem
from ledger.proof.verify import verify
from ledger.store.database import Database
from rules.errors import Code, RuleViolation
from tests.support import world
from tests.support.factories import ADMINISTRATOR
from tests.support.two.people import LEADER_OF_WORLD, asked
from tests.support.world import NOW

ROOT = Path(__file__).parents[3]
AT_ONCE = 4


def sealed_at_once(url: str, folders: list[Path], *more: str) -> list[str]:
    """What each of the programs says, one for each folder, which are let go together."""
    command = [sys.executable, "-m", "tests.ledger.proof.sealer", url]
    programs = [
        subprocess.Popen(
            [*command, str(folder), *more], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        for folder in folders
    ]
    for program in programs:
        assert program.stdout
        assert program.stdout.readline() == "ready\n"
    for program in programs:
        assert program.stdin
        program.stdin.write("go\n")
        program.stdin.flush()
    said = [program.communicate(timeout=60)[0].strip() for program in programs]
    assert [program.returncode for program in programs] == [0] * len(programs)
    return said


def ids_of(database: Database) -> list[str]:
    with database.read() as connection:
        return [one.id for one in keys.statements(connection)]


@pytest.mark.parametrize("attempt", [0, *(pytest.param(n, marks=pytest.mark.soak) for n in (1, 2))])
def test_first_seals_at_once_make_one_key_and_the_ledger_verifies(
    database: Database, url: str, tmp_path: Path, attempt: int
) -> None:
    world.live(database)
    folder = tmp_path / "keys"
    said = sealed_at_once(url, [folder] * AT_ONCE)
    (key,) = ids_of(database)
    assert said == [key] * AT_ONCE
    assert [path.name for path in folder.iterdir()] == ["seal.key"]
    assert KeyFolder(folder).signer(database, NOW, ADMINISTRATOR).id == key
    assert verify(database).wrong == ()


@pytest.mark.soak
def test_first_seals_on_two_hosts_make_one_key_and_the_other_host_says_that_it_has_none(
    database: Database, url: str, tmp_path: Path
) -> None:
    world.live(database)
    said = sealed_at_once(url, [tmp_path / f"host-{n}" / "keys" for n in range(AT_ONCE)])
    (key,) = ids_of(database)
    assert said.count(key) == 1
    assert sum("不见了（库里登记的是" in one for one in said) == AT_ONCE - 1
    assert verify(database).wrong == ()


@pytest.mark.soak
def test_of_rotations_at_once_one_is_carried_out_and_its_key_is_endorsed_by_the_one_before(
    database: Database, url: str, tmp_path: Path
) -> None:
    world.live(database)
    folder = tmp_path / "keys"
    first = KeyFolder(folder)
    first.signer(database, NOW, ADMINISTRATOR)
    waits = asked(database, lambda: first.rotate(database, NOW, ADMINISTRATOR), NOW)
    confirming.confirm(database, on_site(LEADER_OF_WORLD), waits.number, waits.asked.digest, NOW)
    said = sealed_at_once(url, [folder] * AT_ONCE, "rotate")
    made = ids_of(database)
    assert made[1:] == [one for one in said if len(one) == 16]
    assert len(made) == 2, "two people wanted it once"
    assert KeyFolder(folder).signer(database, NOW, ADMINISTRATOR).id == made[-1]
    assert verify(database).wrong == ()


def test_a_key_that_lies_there_already_is_not_overwritten_by_a_first_seal(database: Database, tmp_path: Path) -> None:
    world.live(database)
    file = tmp_path / "keys" / "seal.key"
    file.parent.mkdir()
    file.write_bytes(b"the key of another ledger\n")
    with pytest.raises(KeyProblem, match="没有覆盖它"):
        KeyFolder(file.parent).signer(database, NOW, ADMINISTRATOR)
    assert file.read_bytes() == b"the key of another ledger\n"
    assert list(file.parent.iterdir()) == [file]
    assert ids_of(database) == []


def test_where_an_entry_says_that_there_was_a_key_no_first_one_is_made_again(
    database: Database, tmp_path: Path
) -> None:
    world.live(database)
    keys_ = KeyFolder(tmp_path / "keys")
    keys_.signer(database, NOW, ADMINISTRATOR)
    before = (tmp_path / "keys" / "seal.key").read_bytes()
    with database.write() as connection:
        connection.execute(text("DELETE FROM seal_key"))
    with pytest.raises(RuleViolation, match="登记却被删除"):
        keys_.signer(database, NOW, ADMINISTRATOR)
    assert (tmp_path / "keys" / "seal.key").read_bytes() == before


def test_a_key_whose_statement_was_changed_is_not_reported_as_lost(database: Database, tmp_path: Path) -> None:
    world.live(database)
    keys_ = KeyFolder(tmp_path / "keys")
    keys_.signer(database, NOW, ADMINISTRATOR)
    with database.write() as connection:
        connection.execute(text("UPDATE seal_key SET statement = replace(statement, 'made_at', 'mode_at')"))
    with pytest.raises(RuleViolation) as refused:
        keys_.signer(database, NOW, ADMINISTRATOR)
    assert refused.value.code is Code.LEDGER_BROKEN
