"""Sealing by command, without the engine: the same checkpoint, the same copies, where the settings say."""

from __future__ import annotations

from datetime import UTC, datetime

from activities.sealing import SealPlaces
from definitions.channels import CHANNELS_FILE
from ledger.proof import checkpoints, outside
from ledger.proof.checkpoints import Checkpoint
from ledger.proof.keys import KeyFolder, KeyProblem
from ledger.store.database import Database
from rules.machine.commands import SYSTEM, Actor
from runtime.ending import Problem
from runtime.settings import Settings
from runtime.store import keys_folder


def key_folder(settings: Settings) -> KeyFolder:
    """Where the private key lies."""
    return KeyFolder(keys_folder(settings))


def seal_places(settings: Settings) -> SealPlaces:
    """Where sealing reads and writes."""
    return SealPlaces(
        keys=keys_folder(settings),
        outside=settings.seal_file,
        channels=settings.data / CHANNELS_FILE,
        mail_to=tuple(address.strip() for address in settings.seal_mail.split(",") if address.strip()),
    )


def seal_now(settings: Settings, database: Database, actor: Actor = SYSTEM) -> tuple[Checkpoint, bool]:
    """Everything is under a checkpoint, which stands outside too; returns it, and whether it is a new one.

    Raises Problem when the key or the file outside cannot be used, RuleViolation as `checkpoints.seal` does.
    """
    now = datetime.now(UTC)
    try:
        signer = key_folder(settings).signer(database, now, actor)
        made, fresh = checkpoints.seal(database, signer, now, beyond=outside.last_number(settings.seal_file))
    except KeyProblem as problem:
        raise Problem(str(problem)) from problem
    publish(settings, database)
    return made, fresh


def publish(settings: Settings, database: Database) -> int:
    """The file outside holds every checkpoint. Returns how many lines were added. Raises Problem."""
    if settings.seal_file is None:
        return 0
    try:
        with database.read() as connection:
            return outside.publish(connection, settings.seal_file)
    except OSError as failure:
        raise Problem(
            f"封存点已在库里，但写不进外面的文件 {settings.seal_file}：{failure.strerror}。",
            "检查 DUBAN_SEAL_FILE 和它所在的盘，再运行一次 duban audit seal。",
        ) from failure
