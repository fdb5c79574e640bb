"""Making an empty data folder, or an empty PostgreSQL database, into what a backup holds; all of it or nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ledger.chain import journal
from ledger.proof.verify import Verified, VerifyProgress, verify
from ledger.store import copying, migrations
from ledger.store.copying import CopyProblem
from ledger.store.database import Database, LedgerUnavailable
from ledger.store.migrations import SchemaProblem
from rules.codec import instant_text
from rules.machine.commands import SYSTEM, Actor
from rules.office.facts import Restored
from runtime.backup import manifest as manifests
from runtime.backup import marker
from runtime.backup.files import copy_synced, sync_folders
from runtime.backup.losses import Losses, judge
from runtime.backup.manifest import DATA, LEDGER, BackupManifest
from runtime.backup.marker import Restoration
from runtime.backup.take import ShowProgress
from runtime.ending import WRONG_USAGE, Problem
from runtime.engine.config import DATABASE
from runtime.host.folder import FolderLock
from runtime.host.privacy import FOLDER_MODE, close_to_others
from runtime.settings import Settings
from runtime.store import evidence_store

ALWAYS_THERE = {"lost+found"}
"""What a fresh disk has in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoredLedger:
    """What was restored, what verifying it found, and what it lacks."""

    manifest: BackupManifest
    verified: Verified
    losses: Losses
    engine: bool


def restore(
    settings: Settings, source: Path, show: ShowProgress = lambda what, done, of: None, *, actor: Actor = SYSTEM
) -> RestoredLedger:
    """The data folder and the ledger hold what the backup does, verified, with a note in the office journal, by
    `actor`.

    Refuses a backup that is not whole and anything that is not empty, before a byte is written. A process that is
    killed on the way leaves a folder that nothing will use. Raises Problem.
    """
    source, at = source.expanduser().absolute(), datetime.now(UTC)
    manifest = manifests.read(source)
    manifests.check(source, manifest, lambda done, of: show("检查备份", done, of))
    with _spoken_plainly():
        copying.check(settings.database, manifest.ledger)
        _refuse_unless_empty(settings)
        restoration = Restoration(at=instant_text(at), engine=manifest.engine and not settings.temporal_address)
        with _under_way(settings, restoration):
            _copy_data(settings, source, manifest, show)
            copying.copy_in(
                settings.database,
                source / LEDGER,
                manifest.ledger,
                lambda done, of: show("留痕库", done, of),
            )
            restored = _verified(settings, manifest, restoration, actor, show)
            sync_folders(settings.data)
            marker.finish(settings.data, restoration)
    return restored


def _refuse_unless_empty(settings: Settings) -> None:
    data = settings.data
    if data.exists() and (not data.is_dir() or {path.name for path in data.iterdir()} - ALWAYS_THERE):
        marker.refuse_unfinished(data)
        raise Problem(f"数据目录 {data} 不是空的，不会恢复到里面。", "用 DUBAN_DATA 指定一个空目录。", WRONG_USAGE)
    if not copying.is_empty(settings.database):
        raise Problem("要恢复到的数据库不是空的。", "另建一个空的数据库，用 DUBAN_DATABASE_URL 指到它。", WRONG_USAGE)


@contextmanager
def _under_way(settings: Settings, restoration: Restoration) -> Iterator[None]:
    """Nothing uses the folder meanwhile. When the block fails, the folder is as empty as it was, and so is the ledger
    on SQLite; a PostgreSQL database that has taken in the ledger already stays, and the folder says so."""
    data = settings.data
    close_to_others(data)
    data.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    marker.begin(data, restoration)
    try:
        with ExitStack() as stack:
            for lock in ("up", "engine"):
                stack.enter_context(FolderLock(data, lock))
            yield
    except BaseException:
        _take_back(settings)
        raise


def _take_back(settings: Settings) -> None:
    if copying.kind_of(settings.database) == copying.SQLITE:
        copying.path_of(settings.database).unlink(missing_ok=True)
    elif not _still_empty(settings):
        return
    for path in sorted(
        settings.data.iterdir(), key=lambda path: path.name == marker.MARKER_FILE
    ):  # the marker goes last
        if path.name not in ALWAYS_THERE:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _still_empty(settings: Settings) -> bool:
    try:
        return copying.is_empty(settings.database)
    except LedgerUnavailable:
        return False


def _copy_data(settings: Settings, source: Path, manifest: BackupManifest, show: ShowProgress) -> None:
    """The files of the data folder stand in it, by the hashes that were checked before. Temporal's data stays behind
    where another server is used: it is not ours to fill."""
    done = 0
    for file in manifest.files:
        kind, _, name = file.path.partition("/")
        if kind != DATA or (name.startswith(Path(DATABASE).stem) and settings.temporal_address):
            continue
        _, sha256 = copy_synced(source / file.path, settings.data / name, mode=file.mode)
        if sha256 != file.sha256:
            raise Problem(f"备份里的 {file.path} 在恢复时变了。", "检查放备份的磁盘，再做一次。")
        done += file.size
        show("文件", done, manifest.size)


def _verified(
    settings: Settings, manifest: BackupManifest, restoration: Restoration, actor: Actor, show: ShowProgress
) -> RestoredLedger:
    """At the current schema, verified as it came out of the backup; only then is the note added. What the outside knows
    and this does not is no fault of the backup, so the outside is asked for losses only."""
    losses = judge(manifest.ledger, settings.seal_file)
    database = Database(settings.database)
    try:
        migrations.upgrade(database)
        count = VerifyProgress()
        verified = verify(
            database,
            count,
            lambda: show("核验", count.entries, manifest.ledger.entries),
            files=evidence_store(settings, database),
        )
        if verified.entries != manifest.ledger.entries:
            raise Problem(
                f"恢复出 {verified.entries} 条记录，清单上是 {manifest.ledger.entries} 条。", manifests.NOT_WHOLE
            )
        note = Restored(
            backup_at=manifest.at,
            entries=losses.entries,
            last_recorded_at=losses.since,
            checkpoint=losses.number,
            known=losses.known,
            known_at=losses.known_at,
        )
        with database.write() as connection:
            journal.note(connection, note, actor, datetime.fromisoformat(restoration.at))
    finally:
        database.close()
    return RestoredLedger(manifest=manifest, verified=verified, losses=losses, engine=restoration.engine)


@contextmanager
def _spoken_plainly() -> Iterator[None]:
    try:
        yield
    except (CopyProblem, SchemaProblem) as problem:
        raise Problem(f"{problem}。") from problem
    except LedgerUnavailable as away:
        detail = away.fields.get("detail", "")
        raise Problem(f"数据库连不上：{detail}", "检查 DUBAN_DATABASE_URL 和数据库是否在运行。") from away
    except OSError as failure:
        raise Problem(
            f"恢复没有做成：{failure.strerror}（{failure.filename or ''}）。", "检查磁盘空间和权限，再做一次。"
        ) from failure
