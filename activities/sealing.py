"""The activities of a seal: a checkpoint over everything, its copy in the file outside, and by mail."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.delivery.answers import ChannelRefused, Down, MessageRefused, PutOff
from activities.delivery.letter import Letter
from activities.delivery.mail import MailSender
from activities.failures import told_apart
from activities.messages import MAIL_CHECKPOINT, PUBLISH_CHECKPOINTS, SEAL_LEDGER, SealLedger, SealReply
from definitions.channels import load_channels
from ledger.proof import checkpoints, outside
from ledger.proof.checkpoints import Checkpoint
from ledger.proof.keys import KeyFolder, KeyProblem
from ledger.store.database import Database
from rules.dates.calendar import LOCAL
from rules.machine.commands import SYSTEM


@dataclass(frozen=True, slots=True, kw_only=True)
class SealPlaces:
    """Where sealing reads and writes: the folder of the private key, the file outside (None: there is none), the file
    of the channels with the mail server, and who gets each checkpoint by mail."""

    keys: Path
    outside: Path | None = None
    channels: Path | None = None
    mail_to: tuple[str, ...] = ()


class SealingActivities:
    """Sealing one database."""

    def __init__(self, database: Database, places: SealPlaces | None) -> None:
        self._database, self._places = database, places
        self._turn = threading.Lock()

    @property
    def all(self) -> list[Callable[..., Any]]:
        """What a worker registers."""
        return [self.seal_ledger, self.publish_checkpoints, self.mail_checkpoint]

    def _known(self) -> SealPlaces:
        if self._places is None:
            raise ApplicationError("this worker has no key folder", type="no_key", non_retryable=True)
        return self._places

    @activity.defn(name=SEAL_LEDGER, no_thread_cancel_exception=True)  # as for `append`
    def seal_ledger(self, wanted: SealLedger) -> SealReply:
        """Everything is under a checkpoint. Run again for a number that is sealed already, it answers with that one."""
        places = self._known()
        with told_apart(), self._turn:
            with self._database.read() as connection:
                before = checkpoints.latest(connection)
            if before and before.number >= wanted.number:
                return _reply(before, fresh=before.number == wanted.number)
            beyond = outside.last_number(places.outside)
            try:
                signer = KeyFolder(places.keys).signer(self._database, wanted.now, SYSTEM)
                made, fresh = checkpoints.seal(self._database, signer, wanted.now, beyond=beyond)
            except KeyProblem as problem:
                raise ApplicationError(str(problem), type="no_key") from problem
            return _reply(made, fresh=fresh)

    @activity.defn(name=PUBLISH_CHECKPOINTS)
    def publish_checkpoints(self) -> int:
        """The file outside holds every checkpoint. Returns how many lines were added; 0 where there is no such file."""
        places = self._known()
        if places.outside is None:
            return 0
        with told_apart(), self._database.read() as connection:
            return outside.publish(connection, places.outside)

    @activity.defn(name=MAIL_CHECKPOINT)
    def mail_checkpoint(self, number: int) -> int:
        """The checkpoint has gone to everybody who is to keep one. Returns to how many."""
        places = self._known()
        mail = load_channels(places.channels).mail if places.channels else None
        if mail is None or not places.mail_to:
            return 0
        with told_apart(), self._database.read() as connection:
            found = checkpoints.by_number(connection, number)
        try:
            with MailSender(mail) as sender:
                for address in places.mail_to:
                    sender.send(letter(found, address))
        except (Down, PutOff) as away:
            raise ApplicationError(str(away), type="mail_down") from away
        except (MessageRefused, ChannelRefused) as refusal:
            raise ApplicationError(str(refusal), type="mail_refused", non_retryable=True) from refusal
        return len(places.mail_to)


def _reply(checkpoint: Checkpoint, *, fresh: bool) -> SealReply:
    return SealReply(number=checkpoint.number, size=checkpoint.size, fingerprint=checkpoint.fingerprint, fresh=fresh)


_PAGE = '<!doctype html><html lang="zh-CN"><meta charset="utf-8"><pre style="white-space:pre-wrap">{text}</pre></html>'


def letter(checkpoint: Checkpoint, address: str) -> Letter:
    """The checkpoint as a letter: its short form for people, its whole for programs."""
    line = outside.line_of(checkpoint).decode()
    text = (
        f"督办留痕库封存点 #{checkpoint.number}\n\n"
        f"时间：{checkpoint.at.astimezone(LOCAL):%Y-%m-%d %H:%M:%S}\n记录：{checkpoint.size} 条\n"
        f"指纹：{checkpoint.fingerprint}\n\n"
        "请保存这封邮件。核验时，库里同一编号的封存点应与下面一行逐字相同：\n\n"
        f"{line}\n"
    )
    return Letter(
        id=checkpoint.hash,
        person="",
        to=address,
        address=address,
        subject=f"督办封存点 #{checkpoint.number}，指纹 {checkpoint.fingerprint}",
        text=text,
        page=_PAGE.format(text=text),
        made=checkpoint.at.astimezone(UTC),
    )
