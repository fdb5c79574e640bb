"""Taking a backup of a running system, in the order that docs/adr gives reasons for: Temporal's data, then the ledger,
then what the ledger names."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from definitions.accounts.sign_in_file import SIGN_IN_FILE
from definitions.channels import CHANNELS_FILE
from ledger.store.copying import Copied, CopyProblem, copy_out, copy_sqlite
from ledger.store.database import Database, LedgerUnavailable
from rules.codec import instant_text
from rules.errors import RuleViolation
from runtime.backup import manifest as manifests
from runtime.backup.files import StoredFile, copy_synced, hash_of, mode_of, stored, sync_folder, sync_folders
from runtime.backup.manifest import DATA, LEDGER, BackupManifest, MissingFile
from runtime.ending import WRONG_USAGE, Problem
from runtime.engine.config import DATABASE, VISIBILITY
from runtime.settings import SETTINGS_FILE, Settings
from runtime.store import evidence_store, keys_folder, overlay_folder

ShowProgress = Callable[[str, int, int], object]
"""Hears what is being done, how much of it is done, of how much."""


def take(settings: Settings, target: Path, show: ShowProgress = lambda what, done, of: None) -> BackupManifest:
    """`target` is a whole backup of what was stored when this was called, whoever works meanwhile; or it is not there.

    Raises Problem.
    """
    target = target.expanduser().absolute()
    _refuse_unless_new(settings, target)
    part = target.with_name(f"{target.name}.part-{os.getpid()}")
    with _spoken_plainly(target):
        part.mkdir(mode=0o700)
        try:
            manifest = _fill(settings, part, show)
            manifests.write(part, manifest)
            sync_folders(part)
            part.rename(target)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
        sync_folder(target.parent)
    return manifest


def _refuse_unless_new(settings: Settings, target: Path) -> None:
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise Problem(f"{target} 已经有内容，不会写进去。", "另起一个目录名，如带上日期。", WRONG_USAGE)
    if target.is_mount():
        raise Problem(f"{target} 是一个挂载点。", "写到它下面的一个新目录里。", WRONG_USAGE)
    if not target.parent.is_dir():
        raise Problem(f"没有目录 {target.parent}。", "先建好它，或换一个地方。", WRONG_USAGE)
    if target == settings.data or settings.data in target.parents:
        raise Problem("备份不能放在数据目录里面：数据目录丢了，备份也就丢了。", "放到另一块磁盘上。", WRONG_USAGE)


@contextmanager
def _spoken_plainly(target: Path) -> Iterator[None]:
    try:
        yield
    except CopyProblem as problem:
        raise Problem(f"{problem}。", "检查 DUBAN_DATA 和 DUBAN_DATABASE_URL。") from problem
    except LedgerUnavailable as away:
        detail = away.fields.get("detail", "")
        raise Problem(f"留痕库连不上：{detail}", "检查 DUBAN_DATABASE_URL 和数据库是否在运行。") from away
    except OSError as failure:
        where = failure.filename or target
        raise Problem(f"备份没有做成：{failure.strerror}（{where}）。", "检查磁盘空间和权限，再做一次。") from failure


def _fill(settings: Settings, part: Path, show: ShowProgress) -> BackupManifest:
    at = instant_text(datetime.now(UTC))
    files: list[StoredFile] = []
    engine = _copy_engine(settings, part, files, show)
    keys = _keys(settings)
    copied, evidence = _copy_ledger(settings, part, files, show)
    missing = _copy_evidence(settings, part, evidence, files, show)
    _copy_settings(settings, part, files)
    if _keys(settings) != keys:  # the copied ledger names one of them, the copied folder may hold another
        raise Problem("备份期间换了封存密钥，这一份没有做成。", "再做一次。")
    return BackupManifest(at=at, ledger=copied, files=tuple(files), missing=tuple(missing), engine=engine)


def _copy_engine(settings: Settings, part: Path, files: list[StoredFile], show: ShowProgress) -> bool:
    """Temporal's data, where it is ours; with what its screens list, which comes second so that it lacks nothing."""
    if settings.temporal_address or not (settings.data / DATABASE).exists():
        return False
    (part / DATA).mkdir(mode=0o700)
    for name in (DATABASE, VISIBILITY):
        if (settings.data / name).exists():
            copy_sqlite(settings.data / name, part / DATA / name, lambda done, of: show("流程引擎", done, of))
            files.append(stored(part, part / DATA / name))
    return True


def _copy_ledger(
    settings: Settings, part: Path, files: list[StoredFile], show: ShowProgress
) -> tuple[Copied, list[str]]:
    folder = part / LEDGER
    folder.mkdir(mode=0o700)
    copied, evidence = copy_out(settings.database, folder, lambda done, of: show("留痕库", done, of))
    files += [stored(part, path) for path in sorted(folder.iterdir())]
    return copied, evidence


def _copy_evidence(
    settings: Settings, part: Path, evidence: list[str], files: list[StoredFile], show: ShowProgress
) -> list[MissingFile]:
    """Every file that the copied ledger names. One that is gone or damaged is told and does not spoil the rest: the
    backup is worth more than none."""
    database, missing = Database(settings.database), []
    store = evidence_store(settings, database)
    database.close()
    for n, id_ in enumerate(evidence, 1):
        try:
            store.get(id_)
            source = store.path(id_)
            target = part / DATA / source.relative_to(settings.data)
            size, sha256 = copy_synced(source, target)
            files.append(StoredFile(path=target.relative_to(part).as_posix(), size=size, sha256=sha256))
        except RuleViolation as refusal:
            missing.append(MissingFile(evidence=id_, what=str(refusal)))
        show("佐证材料", n, len(evidence))
    return missing


def _copy_settings(settings: Settings, part: Path, files: list[StoredFile]) -> None:
    """The site's own calendars, the signing keys, and what the administrator wrote; permissions are remembered."""
    sources = [settings.data / name for name in (CHANNELS_FILE, SIGN_IN_FILE, SETTINGS_FILE)]
    for folder in (overlay_folder(settings), keys_folder(settings)):
        sources += sorted(folder.rglob("*"))
    for source in sources:
        if source.is_file():
            target = part / DATA / source.relative_to(settings.data)
            size, sha256 = copy_synced(source, target)
            path = target.relative_to(part).as_posix()
            files.append(StoredFile(path=path, size=size, sha256=sha256, mode=mode_of(source)))


def _keys(settings: Settings) -> dict[str, str]:
    """The signing keys as they are now, by their files' hashes."""
    return {path.name: hash_of(path) for path in sorted(keys_folder(settings).rglob("*")) if path.is_file()}
