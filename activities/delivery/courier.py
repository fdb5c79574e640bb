"""The activities of delivering: notices become messages, messages go out. Safe to run again at any point: what is ready
stays ready until its channel has taken it, and a message that goes out once more bears the same id."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any, Protocol, TypeVar

from temporalio import activity
from temporalio.client import Client
from temporalio.exceptions import ApplicationError

from activities.delivery.answers import ChannelRefused, Down, MessageRefused, PutOff
from activities.delivery.files import FileSender
from activities.delivery.hours import opening
from activities.delivery.letter import Letter, letters
from activities.delivery.mail import MailSender
from activities.delivery.robots import ROBOT_NOTICES, RobotSender
from activities.delivery.waking import wake
from activities.failures import told_apart
from activities.messages import (
    HAND_OVER,
    LIST_CHANNELS,
    PREPARE_MESSAGES,
    SEND_MESSAGES,
    Prepared,
    PrepareInput,
    SendInput,
    SendReply,
)
from activities.options import MESSAGE_TRIES, message_pause
from definitions.channels import FOLDER, MAIL, Channels, load_channels
from ledger.chain import deliveries, pinned
from ledger.chain.deliveries import Message
from ledger.directory.substitutes import hearing
from ledger.store.database import Database
from rules.dates.calendar import local_date

T = TypeVar("T")
ROUTED_AT_ONCE = 500
PEOPLE_AT_ONCE = 50
SENT_AT_ONCE = 20
"""Messages read, and marked as being sent, at a time."""
PERSONAL_LIMIT = 200
"""Notices in one person's message; more make another one."""
SPAN = 20.0
"""For about so many seconds one activity sends; then the workflow shows how far it is and asks for more."""
NOT_HERE = "no_channels_here"
ELSEWHERE = timedelta(seconds=1)
"""How long until another worker may take what this one, which has no channels' file, must leave."""
_BEAT = 2.0
"""Seconds between heartbeats."""


class Sender(Protocol):
    """An open channel."""

    def send(self, letter: Letter) -> None:
        """The channel has taken the letter. Raises what stands in activities.delivery.answers."""


class DeliveryActivities:
    """Delivering from one database over the channels of one file, which is read anew for every piece of work."""

    def __init__(self, database: Database, client: Client, task_queue: str, channels: Path | None) -> None:
        self._database, self._client, self._task_queue = database, client, task_queue
        self._file = channels

    @property
    def all(self) -> list[Callable[..., Any]]:
        """What a worker registers."""
        return [self.list_channels, self.prepare_messages, self.send_messages, self.hand_over]

    def know(self) -> None:
        """The house's channels are those of this worker's file; without one, what is known of them stays."""
        with told_apart():
            self._channels()

    def _channels(self) -> Channels:
        """What the file says, which the house knows from now on. Without a file: nothing, if the house has no channels.

        Where it has some, whoever has no file knows neither where a notice goes nor that it goes nowhere: the work
        fails here, and is tried again until it comes to a worker that knows.
        """
        if self._file is None or not self._file.is_file():
            with self._database.read() as connection:
                elsewhere = deliveries.of_the_house(connection)
            if elsewhere:
                said = f"这台机器没有 channels.yaml，别处的有渠道 {'、'.join(sorted(elsewhere))}：由有它的工作进程来发"
                raise ApplicationError(said, type=NOT_HERE, next_retry_delay=ELSEWHERE)
            return Channels()
        channels = load_channels(self._file)
        with self._database.read() as connection:
            known = deliveries.of_the_house(connection)
        if known != set(channels.names):
            with self._database.write() as connection:
                deliveries.note_channels(connection, channels.names, datetime.now(UTC))
        return channels

    @activity.defn(name=LIST_CHANNELS)
    def list_channels(self) -> list[str]:
        """The channels' names."""
        with told_apart():
            return list(self._channels().names)

    @activity.defn(name=PREPARE_MESSAGES)
    async def prepare_messages(self, wanted: PrepareInput) -> Prepared:
        """Everything that is to go over the channel now stands in messages that are ready."""
        return await _beating(lambda stop: self._prepare(wanted, stop))

    @activity.defn(name=SEND_MESSAGES)
    async def send_messages(self, wanted: SendInput) -> SendReply:
        """What is ready was sent, for a while, as far as the channel took it."""
        return await _beating(lambda stop: self._send(wanted, stop))

    @activity.defn(name=HAND_OVER)
    async def hand_over(self, channel: str) -> None:
        """The channel's sending workflow runs and knows that there is something to send."""
        await wake(self._client, self._task_queue, channel)

    def _prepare(self, wanted: PrepareInput, stop: threading.Event) -> Prepared:
        with told_apart():
            channels = self._channels()
            self._route(channels, wanted.now, stop)
            if not wanted.channel or (wanted.immediate and self._opening(channels, wanted.now) > wanted.now):
                return Prepared()
            limit = ROBOT_NOTICES if channels.robot(wanted.channel) else PERSONAL_LIMIT
            after: str | None = None
            messages = notices = 0
            while True:
                _go_on(stop)
                with self._database.write() as connection:
                    after, made, taken = deliveries.assemble(
                        connection,
                        wanted.channel,
                        after=after,
                        people=PEOPLE_AT_ONCE,
                        limit=limit,
                        immediate=wanted.immediate,
                    )
                if after is None:
                    break
                messages, notices = messages + made, notices + taken
            return Prepared(messages=messages, notices=notices)

    def _route(self, channels: Channels, now: datetime, stop: threading.Event) -> None:
        while True:
            _go_on(stop)
            with self._database.write() as connection:
                if not deliveries.route(connection, channels, ROUTED_AT_ONCE, hearing(connection, local_date(now))):
                    return

    def _opening(self, channels: Channels, now: datetime) -> datetime:
        with self._database.read() as connection:
            return opening(channels.hours, pinned.current_calendar(connection), now)

    def _send(self, wanted: SendInput, stop: threading.Event) -> SendReply:
        with told_apart():
            channels = self._channels()
            opens = self._opening(channels, wanted.now)
            if opens > wanted.now:
                with self._database.read() as connection:
                    left = deliveries.next_ready(connection, wanted.channel)
                return SendReply(next_at=opens if left else None)
            run = _Sending(self._database, channels, wanted, stop)
            with self._database.write() as connection:
                deliveries.recover(connection, wanted.channel)
            return run.reply()


@dataclass(slots=True)
class _Sending:
    """One activity's sending: takes what is ready until nothing is, the channel is down, or its time is up."""

    database: Database
    channels: Channels
    wanted: SendInput
    stop: threading.Event
    begun: float = 0.0
    sent: int = 0
    failed: int = 0

    def reply(self) -> SendReply:
        """Everything is sent that could be."""
        self.begun = monotonic()
        if self._next() is None:
            return SendReply()
        try:
            with self._open() as sender:
                while self._has_time() and (messages := self._take()):
                    self._send_all(sender, messages)
        except Down as down:
            with self.database.write() as connection:
                deliveries.mark_held_up(connection, self.wanted.channel, down.reason)
            return SendReply(
                sent=self.sent, failed=self.failed, next_at=self._now(), down=down.reason, pause=down.pause
            )
        except ChannelRefused as refused:
            with self.database.write() as connection:
                self.failed += deliveries.fail_channel(connection, self.wanted.channel, refused.reason)
        return SendReply(sent=self.sent, failed=self.failed, next_at=self._next())

    def _has_time(self) -> bool:
        return not self.stop.is_set() and monotonic() - self.begun < SPAN

    def _now(self) -> datetime:
        """The workflow's instant, and what has passed since."""
        return self.wanted.now + timedelta(seconds=monotonic() - self.begun)

    def _next(self) -> datetime | None:
        with self.database.read() as connection:
            return deliveries.next_ready(connection, self.wanted.channel)

    def _open(self) -> AbstractContextManager[Sender]:
        name = self.wanted.channel
        if name == MAIL and self.channels.mail:
            return MailSender(self.channels.mail)
        if name == FOLDER and self.channels.folder:
            return FileSender(self.channels.folder)
        if robot := self.channels.robot(name):
            return RobotSender(robot)
        raise ChannelRefused(f"channels.yaml 里已没有“{name}”这个渠道")

    def _take(self) -> list[Message]:
        """The next messages, marked as being sent."""
        with self.database.write() as connection:
            found = deliveries.ready(connection, self.wanted.channel, self._now(), SENT_AT_ONCE)
            deliveries.mark_sending(connection, [message.id for message in found])
        return found

    def _send_all(self, sender: Sender, messages: list[Message]) -> None:
        robot = self.channels.robot(self.wanted.channel)
        with self.database.read() as connection:
            said = letters(connection, self.channels, messages, robot.name if robot else "", datetime.now(UTC))
        for message, letter in zip(messages, said, strict=True):
            self._send_one(sender, message, letter)

    def _send_one(self, sender: Sender, message: Message, letter: Letter) -> None:
        try:
            sender.send(letter)
        except PutOff as answer:
            tried = message.attempts + 1
            with self.database.write() as connection:
                if tried >= MESSAGE_TRIES:
                    deliveries.mark_failed(connection, [message.id], f"试了 {tried} 次：{answer.reason}")
                    self.failed += 1
                else:
                    next_at = self._now() + message_pause(tried)
                    deliveries.mark_waiting(connection, message.id, next_at, answer.reason)
            return
        except MessageRefused as answer:
            with self.database.write() as connection:
                deliveries.mark_failed(connection, [message.id], answer.reason)
            self.failed += 1
            return
        with self.database.write() as connection:
            deliveries.mark_sent(connection, [message.id], self._now())
        self.sent += 1


def _go_on(stop: threading.Event) -> None:
    """Nothing told the work to stop; what is left is done by the next attempt, perhaps by another worker."""
    if stop.is_set():
        raise RuntimeError("the worker is leaving")


async def _beating(work: Callable[[threading.Event], T]) -> T:
    """The work's result, done in a thread; a heart beats beside it. Told to stop, the work ends at its next pause."""
    stop = threading.Event()
    working = asyncio.ensure_future(asyncio.to_thread(work, stop))
    try:
        while not (await asyncio.wait({working}, timeout=_BEAT))[0]:
            activity.heartbeat()
            if activity.is_worker_shutdown():
                stop.set()
        return working.result()
    finally:
        stop.set()
