"""A backup holds everything that was stored, and what is restored from it is that; whatever is not whole is refused."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ledger.proof import outside as seals
from ledger.proof.verify import verify
from ledger.store import migrations
from ledger.store.canonical import canonical
from ledger.store.database import Database
from rules.machine.commands import CommandKind as K
from runtime.backup import manifest as manifests
from runtime.backup import marker
from runtime.backup.marker import Restoration
from runtime.backup.restore import restore
from runtime.backup.take import take
from runtime.ending import Problem
from runtime.engine.embedded import Engine
from runtime.sealing import seal_now
from runtime.settings import Settings, load
from runtime.store import evidence_store, open_database
from tests.runtime.backup.conftest import ENTRIES, FILES, NO, made
from tests.support import world
from tests.support.factories import LEADER
from tests.support.world import NOW


def is_untouched(settings: Settings) -> bool:
    folder = not settings.data.exists() or not any(settings.data.iterdir())
    if not folder or not settings.database_url:
        return folder
    database = Database(settings.database)
    found = migrations.revision_of(database)
    database.close()
    return found is None


def test_what_was_backed_up_is_restored_verified_and_noted(settings: Settings, other: Settings, tmp_path: Path) -> None:
    begun = datetime.now(UTC)
    manifest = take(settings, tmp_path / "backup")
    assert (manifest.ledger.entries, manifest.missing, manifest.engine) == (ENTRIES, (), False)
    assert datetime.fromisoformat(manifest.at) >= begun
    done = restore(other, tmp_path / "backup")
    assert done.verified.wrong == ()
    assert (done.losses.entries, done.losses.missing, done.losses.looked) == (ENTRIES, 0, False)
    for path, content in FILES.items():
        there = other.data / path
        assert there.read_bytes() == content
        assert there.stat().st_mode & 0o777 == (settings.data / path).stat().st_mode & 0o777
    database = open_database(other)
    with database.read() as connection:
        row = connection.exec_driver_sql("SELECT stream, kind, actor, body FROM entry WHERE kind = 'restored'").one()
        ids = connection.exec_driver_sql("SELECT id FROM evidence").scalars().all()
    assert (row.stream[:8], row.kind, row.actor) == ("~office/", "restored", "system")
    assert json.loads(row.body)["backup_at"] == manifest.at
    assert sorted(evidence_store(other, database).get(id_).decode() for id_ in ids) == ["材料一", "材料二"]
    assert len(list((other.data / "evidence").rglob("*"))) == 4  # no file that the ledger does not name
    world.give(database, NO, K.REMARK, NOW.replace(year=2027), "goes-on", by=LEADER)
    assert verify(database).wrong == ()
    database.close()
    again = take(other, tmp_path / "again")
    assert again.ledger.entries > ENTRIES + 1


def test_nobody_else_can_read_a_backup(settings: Settings, tmp_path: Path) -> None:
    take(settings, tmp_path / "backup")
    for path in (tmp_path / "backup", *(tmp_path / "backup").rglob("*")):
        assert path.stat().st_mode & 0o077 == 0


def test_a_file_that_is_gone_or_damaged_is_told_and_spoils_nothing(
    settings: Settings, other: Settings, tmp_path: Path
) -> None:
    database = open_database(settings)
    store = evidence_store(settings, database)
    with database.read() as connection:
        gone, damaged = connection.exec_driver_sql("SELECT id FROM evidence").scalars().all()
    database.close()
    store.path(gone).unlink()
    store.path(damaged).write_bytes(b"something else")
    manifest = take(settings, tmp_path / "backup")
    assert {one.evidence for one in manifest.missing} == {gone, damaged}
    done = restore(other, tmp_path / "backup")
    assert done.manifest.missing == manifest.missing
    assert sorted(w.what[-6:] for w in done.verified.wrong) == ["见了：被删除"] * 2


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_a_backup_goes_only_into_a_new_folder(settings: Settings, tmp_path: Path) -> None:
    full = tmp_path / "full"
    full.mkdir()
    (full / "something").touch()
    for target in (full, tmp_path / "no" / "such", settings.data / "backup", full / "something"):
        with pytest.raises(Problem):
            take(settings, target)
    assert [path.name for path in full.iterdir()] == ["something"]
    (tmp_path / "empty").mkdir()
    take(settings, tmp_path / "empty")
    assert manifests.read(tmp_path / "empty").ledger.entries == ENTRIES
    with pytest.raises(Problem, match="已经有内容"):
        take(settings, tmp_path / "empty")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "empty", "full"]


def test_a_restoration_goes_only_into_what_is_empty(
    settings: Settings, kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    take(settings, tmp_path / "backup")
    empty = made(kind, tmp_path / "other", request)
    empty.data.mkdir()
    (empty.data / "something").touch()
    with pytest.raises(Problem, match="不是空的"):
        restore(empty, tmp_path / "backup")
    assert [path.name for path in empty.data.iterdir()] == ["something"]
    if kind == "postgresql":
        with pytest.raises(Problem, match="数据库不是空的"):
            restore(load(data=tmp_path / "third", database_url=settings.database_url), tmp_path / "backup")
        with pytest.raises(Problem, match="两种数据库"):
            restore(load(data=tmp_path / "third"), tmp_path / "backup")
        assert not (tmp_path / "third").exists()


def test_a_backup_with_one_flipped_byte_is_refused_whichever_it_is(
    settings: Settings, other: Settings, tmp_path: Path
) -> None:
    take(settings, tmp_path / "backup")
    for path in sorted(p for p in (tmp_path / "backup").rglob("*") if p.is_file()):
        whole = path.read_bytes()
        for at in {0, len(whole) // 2, len(whole) - 1} if whole else ():
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
            with pytest.raises(Problem):
                restore(other, tmp_path / "backup")
        path.write_bytes(whole)
    assert is_untouched(other)
    assert restore(other, tmp_path / "backup").verified.wrong == ()


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_a_backup_that_lacks_a_file_or_has_a_link_for_one_is_refused(
    settings: Settings, other: Settings, tmp_path: Path
) -> None:
    take(settings, tmp_path / "backup")
    for path in sorted(p for p in (tmp_path / "backup").rglob("*") if p.is_file()):
        path.rename(tmp_path / "away")
        with pytest.raises(Problem):
            restore(other, tmp_path / "backup")
        if path.parent != tmp_path / "backup":
            path.symlink_to(tmp_path / "away")
            with pytest.raises(Problem):
                restore(other, tmp_path / "backup")
            path.unlink()
        (tmp_path / "away").rename(path)
    assert is_untouched(other)


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize("path", ["data/../../outside", "/etc/outside", "data", "other/file", "ledger/../x"])
def test_a_manifest_that_leads_out_of_the_folder_is_refused(
    settings: Settings, other: Settings, tmp_path: Path, path: str
) -> None:
    take(settings, tmp_path / "backup")
    plain = json.loads((tmp_path / "backup" / manifests.MANIFEST_FILE).read_bytes())
    plain["files"][0]["path"] = path
    content = canonical(plain)
    (tmp_path / "backup" / manifests.MANIFEST_FILE).write_bytes(content)
    (tmp_path / "backup" / manifests.HASH).write_bytes(manifests._line(content))
    with pytest.raises(Problem, match="路径"):
        restore(other, tmp_path / "backup")
    assert is_untouched(other)


def test_a_restoration_that_fails_on_the_way_leaves_nothing(
    settings: Settings, other: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(settings, tmp_path / "backup")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("ledger.store.copying.copy_in", full)
        with pytest.raises(Problem, match="No space left"):
            restore(other, tmp_path / "backup")
    assert is_untouched(other)
    assert restore(other, tmp_path / "backup").verified.wrong == ()


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_a_backup_that_fails_on_the_way_leaves_nothing(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    before = sorted(tmp_path.iterdir())
    with monkeypatch.context() as patched:
        patched.setattr("runtime.backup.take.copy_synced", full)
        with pytest.raises(Problem, match="No space left"):
            take(settings, tmp_path / "backup")
    assert sorted(tmp_path.iterdir()) == before


def test_a_key_that_is_changed_meanwhile_is_told(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change(what: str, done: int, of: int) -> None:
        (settings.data / "keys" / "seal.key").write_bytes(b"another\n")

    with pytest.raises(Problem, match="换了封存密钥"):
        take(settings, tmp_path / "backup", change)
    assert not (tmp_path / "backup").exists()


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_a_folder_whose_restoration_was_not_finished_is_used_by_nothing(settings: Settings, tmp_path: Path) -> None:
    marker.begin(settings.data, Restoration(at="2026-11-25T08:00:00.000000Z", engine=True))
    with pytest.raises(Problem, match="没有做完的恢复"):
        open_database(settings)
    with pytest.raises(Problem, match="没有做完的恢复"):
        Engine.start(settings)
    take(settings, tmp_path / "backup")
    with pytest.raises(Problem, match="没有做完的恢复"):
        restore(settings, tmp_path / "backup")
    marker.finish(settings.data, Restoration(at="2026-11-25T08:00:00.000000Z", engine=True))
    open_database(settings).close()
    marker.forget(settings.data)
    assert marker.read(settings.data) is None


def line(ledger: str, number: int, size: int) -> str:
    """A checkpoint as a line of the file outside; nobody asks here who signed it."""
    at = f"2026-11-25T08:{number:02d}:00.000000Z"
    body = {"algorithm": "sha256", "at": at, "key": "", "ledger": ledger, "number": number, "previous": "", "root": ""}
    return canonical({"body": {**body, "size": size}, "signature": ""}).decode()


def test_the_checkpoints_outside_say_what_is_missing_and_since_when(
    settings: Settings, other: Settings, tmp_path: Path
) -> None:
    manifest = take(settings, tmp_path / "backup")
    outside = tmp_path / "seals.jsonl"
    own = manifest.ledger.ledger
    lines = [line(own, 1, 5), "{}", line(own, 2, 20), line("another", 9, 999), '{"key": {}}', line(own, 3, 21)[:40]]
    outside.write_text("\n".join(lines))
    done = restore(other.model_copy(update={"seal_file": outside}), tmp_path / "backup")
    assert (done.losses.number, done.losses.known, done.losses.missing) == (2, 20, 20 - ENTRIES)
    assert done.losses.known_at == "2026-11-25T08:02:00.000000Z"
    assert done.losses.since == manifest.ledger.last_recorded_at
    database = open_database(other)
    with database.read() as connection:
        body = connection.exec_driver_sql("SELECT body FROM entry WHERE kind = 'restored'").scalar_one()
    assert json.loads(body)["known"] == 20
    database.close()


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_an_outside_that_knows_no_more_says_so(settings: Settings, other: Settings, tmp_path: Path) -> None:
    manifest = take(settings, tmp_path / "backup")
    outside = tmp_path / "seals.jsonl"
    outside.write_text(line(manifest.ledger.ledger, 1, ENTRIES) + "\n")
    done = restore(other.model_copy(update={"seal_file": outside}), tmp_path / "backup")
    assert (done.losses.known, done.losses.missing, done.losses.looked) == (ENTRIES, 0, True)


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_a_ledger_that_was_wrong_before_is_restored_as_it_was_and_named(
    settings: Settings, other: Settings, tmp_path: Path
) -> None:
    database = Database(settings.database)
    with database.write() as connection:
        kept = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").all()
        for name, _ in kept:
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        connection.exec_driver_sql(f"UPDATE entry SET actor = 'x' WHERE stream = '{NO}' AND seq = 2")
        for _, sql in kept:
            connection.exec_driver_sql(sql)
    database.close()
    take(settings, tmp_path / "backup")
    assert [(w.stream, w.seq) for w in restore(other, tmp_path / "backup").verified.wrong] == [(NO, 2)]


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_a_copy_carried_elsewhere_is_the_same_backup(
    settings: Settings, other: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(settings, tmp_path / "backup")
    shutil.copytree(tmp_path / "backup", tmp_path / "carried")
    shutil.rmtree(tmp_path / "backup")
    monkeypatch.chdir(tmp_path)
    assert restore(other, Path("carried")).verified.wrong == ()


def test_a_restored_ledger_is_sealed_on_and_the_outside_keeps_what_was_lost(
    settings: Settings, other: Settings, tmp_path: Path
) -> None:
    outside = tmp_path / "outside" / "seals.jsonl"
    settings, other = (one.model_copy(update={"seal_file": outside}) for one in (settings, other))
    (settings.data / "keys" / "seal.key").unlink()  # an invented one, which belongs to no ledger
    database = open_database(settings)
    assert seal_now(settings, database)[0].number == 1
    manifest = take(settings, tmp_path / "backup")
    world.give(database, NO, K.REMARK, NOW.replace(month=4), "lost", by=LEADER)
    lost, _ = seal_now(settings, database)
    database.close()
    done = restore(other, tmp_path / "backup")
    assert (manifest.ledger.checkpoint, manifest.ledger.sealed) == (1, manifest.ledger.entries)
    assert (done.losses.number, done.losses.missing) == (2, lost.size - manifest.ledger.entries)
    database = open_database(other)
    assert seal_now(other, database)[0].number == 3
    found = verify(database, outside=seals.read(outside)).wrong
    assert found
    assert all("#2" in w.what for w in found)
    assert verify(database).wrong == ()
    database.close()
