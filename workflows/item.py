"""One tracked item, from issue to close (workflow id: the item's number).

Updates: `command` gives any command of `rules.machine.commands`; its id is the update's id: a click twice is one.
`adopt` looks for entries that were appended past this workflow. Queries: `state`.
Entries: whatever `rules.machine.item.decide` leads to, appended through the local activity `append`; see `_perform`.
"""

import asyncio
from datetime import datetime, timedelta
from typing import NoReturn

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, FailureError

with workflow.unsafe.imports_passed_through():
    from activities.messages import (
        ADOPT,
        APPEND,
        ITEM_WORKFLOW,
        LAMP_KEY,
        TELL_ITEMS,
        UNIT_KEY,
        AppendInput,
        AppendReply,
        ItemInput,
    )
    from activities.options import (
        APPEND_RETRY,
        APPEND_TIMEOUT,
        APPEND_WAITS_ON_SERVER,
        BULK_HEARTBEAT,
        BULK_RETRY,
        BULK_TIMEOUT,
        ring_offset,
    )
    from rules.codec import Plain, decode, encode
    from rules.dates.calendar import Calendar
    from rules.errors import Code, RuleViolation
    from rules.machine.commands import Command, CommandKind
    from rules.machine.events import Event, decode_event, encode_event
    from rules.machine.folding import evolve
    from rules.machine.item import alarm, check_command, decide, shown_lamp
    from rules.machine.state import State
    from rules.machine.ticks import tick
    from rules.process import Process
    from rules.telling.item_words import stands
    from workflows.contracts import COMMAND, Receipt, receipt_of


@workflow.defn(name=ITEM_WORKFLOW)
class ItemWorkflow:
    """The durable shell around one item's rules."""

    @workflow.init
    def __init__(self, start: ItemInput) -> None:
        self._start = start
        self._state = decode(State, start.state)
        self._process = decode(Process, start.process)
        self._calendar = decode(Calendar, start.calendar)
        self._first_seq = self._state.seq
        self._lock = asyncio.Lock()
        self._broken: ApplicationError | None = None
        self._offset = ring_offset(self._state.no)
        self._alarm: datetime | None = None
        self._listed: tuple[str, ...] = ()
        self._lamp = ""
        self._begun: list[str] = []
        self._settle()

    @workflow.run
    async def run(self, start: ItemInput) -> Receipt:
        """Rings the item's alarms until it is ended."""
        while self._state.is_open:
            if self._broken:  # the ledger was set back behind this workflow: only a fresh one can go on from there
                raise self._broken
            if self._begun:
                await self._start_begun()
            elif self._run_is_long():
                await workflow.wait_condition(workflow.all_handlers_finished)
                if not self._broken and not self._begun:
                    workflow.continue_as_new(self._carried())
            elif await self._alarm_rang():
                await self._perform(tick(self._state.seq))
        await workflow.wait_condition(workflow.all_handlers_finished)
        await self._start_begun()
        if self._state.is_open:  # reopened by a handler that was still under way
            workflow.continue_as_new(self._carried())
        return self._receipt()

    @workflow.update(name=COMMAND)
    async def command(self, plain: Plain) -> Receipt:
        """The command stands in the ledger, once; refused with its code when the rules forbid it."""
        try:
            await self._perform(decode(Command, plain))
        except RuleViolation as refusal:
            _fail(refusal)
        return self._receipt()

    @command.validator
    def check_command(self, plain: Plain) -> None:
        """So what is wrong whatever the state is stands in no history; the state is judged in the handler."""
        try:
            check_command(decode(Command, plain))
        except RuleViolation as refusal:
            _fail(refusal)
        except (KeyError, TypeError, ValueError) as error:
            raise ApplicationError(str(error), type="bad_request", non_retryable=True) from error

    @workflow.update(name=ADOPT)
    async def adopt(self) -> int:
        """This workflow knows every entry of the item; returns how many they are."""
        async with self._lock:
            more = True
            while more:
                reply = await self._append(tick(self._state.seq), ())
                if reply.newer:
                    self._fold_newer(reply)
                more = reply.more
        return self._state.seq

    @workflow.query
    def state(self) -> Plain:
        """The state as this workflow holds it."""
        return encode(self._state)

    async def _perform(self, command: Command) -> None:
        """Decide, append, fold; when others were first, fold theirs and decide again. Raises RuleViolation.

        A refusal is believed only when the ledger holds nothing newer than what it was judged on.
        """
        async with self._lock:
            confirmed = False
            while command.id not in self._state.seen:
                try:
                    now = workflow.now()
                    events = decide(self._process, self._calendar, self._state, command, now).events
                except RuleViolation:
                    if confirmed:
                        raise
                    events = ()
                reply = await self._append(command, events)
                if reply.stored:
                    assigned = command.assignment.process if command.assignment else command.process
                    self._fold(events, tuple(one for one in (assigned, command.calendar) if one))
                elif reply.newer:
                    self._fold_newer(reply)
                elif reply.known or command.kind is CommandKind.TICK:
                    break
                else:
                    confirmed = True

    async def _append(self, command: Command, events: tuple[Event, ...]) -> AppendReply:
        wanted = AppendInput(
            stream=self._state.no,
            after=self._state.seq,
            command=command.id,
            events=[encode_event(e) for e in events],
        )
        try:
            reply: AppendReply = await workflow.execute_local_activity(
                APPEND,
                wanted,
                result_type=AppendReply,
                start_to_close_timeout=APPEND_TIMEOUT,
                retry_policy=APPEND_RETRY,
                local_retry_threshold=APPEND_WAITS_ON_SERVER,
            )
        except FailureError as failure:
            # A local activity's failure arrives bare, a regular one's inside an ActivityError.
            cause = failure.cause if isinstance(failure, ActivityError) else failure
            if isinstance(cause, ApplicationError) and cause.type in _NOT_THE_LEDGER_S:
                self._broken = cause
            raise
        self._begun += reply.begun
        return reply

    async def _start_begun(self) -> None:
        """What was issued with this item's entries has workflows; nobody who waits for an answer waits for them."""
        while self._begun:
            numbers, self._begun = self._begun, []
            try:
                await workflow.execute_activity(
                    TELL_ITEMS,
                    numbers,
                    result_type=int,
                    start_to_close_timeout=BULK_TIMEOUT,
                    heartbeat_timeout=BULK_HEARTBEAT,
                    retry_policy=BULK_RETRY,
                )
            except FailureError as failure:  # one of them knows better than the ledger: `recover` begins it anew
                workflow.logger.error("没有启动 %s：%s", "、".join(numbers), failure)

    def _fold_newer(self, reply: AppendReply) -> None:
        """Others were first: theirs is what happened, under the processes and calendars that came with it."""
        calendars = (decode(Calendar, plain) for plain in reply.calendars)
        processes = (decode(Process, plain) for plain in reply.processes)
        self._fold(tuple(decode_event(e) for e in reply.newer), (*processes, *calendars))

    def _fold(self, events: tuple[Event, ...], named: tuple[Process | Calendar, ...]) -> None:
        for event in events:
            self._state = evolve(self._state, event)
        for value in named:
            if isinstance(value, Process) and value.ref == self._state.process:
                self._process = value
            elif isinstance(value, Calendar) and value.version == self._state.calendar:
                self._calendar = value
        self._settle()

    def _settle(self) -> None:
        """What follows from the state: the alarm, and what Temporal's own screens show."""
        self._alarm = alarm(self._process, self._calendar, self._state)
        self._lamp = shown_lamp(self._process, self._calendar, self._state).id
        state = self._state
        due = state.due
        listed = (state.unit.id, self._lamp)
        if self._listed and self._listed != listed:
            workflow.upsert_search_attributes([UNIT_KEY.value_set(state.unit.id), LAMP_KEY.value_set(self._lamp)])
        self._listed = listed
        lamp, provisional = self._process.lamp(self._lamp).name, bool(due and due.provisional)
        how = stands(
            state.status, state.step_name, due.date if due else None, provisional=provisional, words=self._process.words
        )
        workflow.set_current_details(f"{state.unit.name}：{how}（{lamp}）")

    async def _alarm_rang(self) -> bool:
        """Waits for the alarm, or for anything that makes waiting for it pointless. True when it rang.

        The timer stands until the alarm itself moves: setting it anew at every command would cost two events each time.
        """
        awaited = self._alarm

        def disturbed() -> bool:
            ended = not self._state.is_open or self._broken is not None
            return ended or self._alarm != awaited or bool(self._begun) or self._run_is_long()

        if awaited is None:
            await workflow.wait_condition(disturbed)
            return False
        left = awaited + self._offset - workflow.now()
        if left <= timedelta(0):
            return True
        try:
            await workflow.wait_condition(disturbed, timeout=left, timeout_summary="下一次到点")
        except TimeoutError:
            return True
        return False

    def _run_is_long(self) -> bool:
        many = self._state.seq - self._first_seq >= self._start.entries_per_run
        return many or workflow.info().is_continue_as_new_suggested()

    def _carried(self) -> ItemInput:
        return ItemInput(
            state=encode(self._state),
            process=encode(self._process),
            calendar=encode(self._calendar),
            entries_per_run=self._start.entries_per_run,
        )

    def _receipt(self) -> Receipt:
        return receipt_of(self._state, self._lamp)


_NOT_THE_LEDGER_S = (str(Code.LEDGER_BROKEN), str(Code.UNKNOWN_ITEM))
"""What the ledger says when this workflow is not one of its own (any more)."""


def _fail(refusal: RuleViolation) -> NoReturn:
    """Only a FailureError fails an update; anything else would hang the workflow task."""
    raise ApplicationError(str(refusal), refusal.fields, type=str(refusal.code), non_retryable=True) from refusal
