"""Processes made by chance as real workflows: played to their end by commands and alarms, whole, verified, replayed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from temporalio.client import Client
from temporalio.testing import TimeSkipper
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner

from definitions.process import ProcessDefinition
from desk.caller import on_site
from ledger.chain import entries, lookup, pinned
from rules.dates.calendar import Calendar
from rules.forms.answers import Pairs
from rules.forms.form import AnswerKind, Question
from rules.machine.commands import ENDED, Actor, Command, CommandKind, Status, Via
from rules.machine.item import alarm
from rules.machine.state import State
from rules.process import Process, Role
from runtime.worker import WORKFLOWS
from tests.support import witness
from tests.support.chance.leading_on import towards_the_end, why_short
from tests.support.chance.random_processes import some
from tests.support.chance.whole_item import WholeItem
from tests.support.processes import at_once
from tests.support.product import SUPERVISOR, Started, started
from tests.support.waiting import until
from workflows.converter import CONVERTER

K = CommandKind
MOVES = 60
AFTER = timedelta(hours=2)
"""Items' own timers ring a little later than their alarms, each by its number."""


def worth(definition: ProcessDefinition) -> bool:
    """Whether it says much: several steps, some with forms, and more ways than one."""
    steps = definition.variants[0].steps
    ways = sum(len(step.submit_to) + len(step.return_to) for step in steps)
    return len(steps) >= 4 and sum(bool(step.form) for step in steps) >= 2 and ways > len(steps)


class _Life:
    """One item, played on the real server; `ahead`: how far its own time runs ahead."""

    def __init__(self, product: Started, skipper: TimeSkipper, no: str, chance: Random) -> None:
        self._product, self._skipper, self._no, self._chance = product, skipper, no, chance
        self._handle = product.client.get_workflow_handle(no)
        self._ahead, self._returned = timedelta(), False
        with product.database.read() as connection:
            state = lookup.state_of(lookup.item_row(connection, no))
            self.process = pinned.process(connection, state.process)
            self.calendar = pinned.calendar(connection, state.calendar)

    @property
    def state(self) -> State:
        return witness.state(self._product.database, self._no)

    async def to_its_end(self) -> None:
        """Whoever has the move makes it, or time passes where nobody has."""
        for _ in range(MOVES):
            state = self.state
            match state.status:
                case status if status in ENDED:
                    return
                case Status.WAITING | Status.WATCHING:
                    await self._rings(state)
                case Status.UNSIGNED:
                    await self._give(state, K.SIGN)
                case Status.WORKING:
                    await self._give(state, K.SUBMIT)
                case _:
                    await self._judge(state)
        raise AssertionError(f"comes to no end: {self.process}")

    async def _judge(self, state: State) -> None:
        step = self.process.step(state.step)
        if step.return_to and not self._returned:
            self._returned, to = True, self._chance.choice(step.return_to)
            await self._product.give(self._no, "return", SUPERVISOR, reason="再来", step=to)
        else:
            await self._give(state, K.CLOSE if step.closes else K.APPROVE)

    async def _rings(self, state: State) -> None:
        rings = alarm(self.process, self.calendar, state)
        assert rings is not None
        away = rings - datetime.now(UTC) - self._ahead + AFTER
        await self._skipper.fast_forward(self._handle, away)
        self._ahead += away
        await until("it has rung", lambda: self.state.seq > state.seq)

    async def _give(self, state: State, kind: CommandKind) -> None:
        own = kind in (K.SIGN, K.SUBMIT)
        person = self._product.liaison(self._no) if own else SUPERVISOR
        who = Actor(
            id=person, role=Role.LIAISON if own else Role.SUPERVISOR, unit=state.unit.id if own else None, via=Via.SITE
        )
        said = Command(kind=kind, id="try", actor=who, text="办了", **why_short(self.process, state, kind))
        if kind is not K.SIGN:
            now = max(datetime.now(UTC) + self._ahead, state.at)
            said = towards_the_end(self.process, self.calendar, state, said, now, self._chance)
        answers = self._real(state, said.answers, person)
        fields: dict[str, Any] = {"text": said.text, "answers": answers} | (
            {name: value for name in ("outcome", "reason") if (value := getattr(said, name))}
        )
        receipt = await self._product.give(self._no, kind, person, **fields)
        assert receipt.seq > state.seq

    def _real(self, state: State, answers: Pairs, person: str) -> Pairs:
        """The answers with a file and a unit that there are."""
        form = self.process.form(self.process.step(state.step).form) if answers else None
        return tuple((at, self._known(form.question(at), text, person)) for at, text in answers) if form else ()

    def _known(self, asked: Question | None, text: str, person: str) -> str:
        kind = asked.kind if asked else None
        if kind is AnswerKind.EVIDENCE:
            return self._product.desk.attach(data=b"1", name="一.txt", media_type="text/plain", caller=on_site(person))
        return "县教育局" if kind is AnswerKind.UNIT else text


@pytest.mark.parametrize("count", [1, pytest.param(20, marks=[pytest.mark.soak, pytest.mark.timeout(400)])])
async def test_a_process_made_by_chance_is_played_to_its_end_stays_whole_and_replays(
    client: Client, skipper: TimeSkipper, tmp_path: Path, count: int
) -> None:
    replayer = Replayer(workflows=WORKFLOWS, data_converter=CONVERTER, workflow_runner=UnsandboxedWorkflowRunner())
    async with started(client, tmp_path) as product:
        for n, definition in enumerate(some(count, worth)):
            with product.database.write() as connection:
                pinned.load_processes(connection, tuple(map(at_once, definition.all_resolved())), datetime.now(UTC))
            (no,) = await product.issue(f"第 {n} 个随机流程", process=definition.id, variant="one")
            life = _Life(product, skipper, no, Random(n))
            await life.to_its_end()
            await until("its workflow knows it", lambda no=no: _known(product, no))  # type: ignore[misc]
            await replayer.replay_workflow(await client.get_workflow_handle(no).fetch_history())
            _whole(product, no, life.process, life.calendar)
        assert witness.wrong(product.database) == []


async def _known(product: Started, no: str) -> bool:
    return await witness.known(product, no) == witness.state(product.database, no)


def _whole(product: Started, no: str, process: Process, calendar: Calendar) -> None:
    """What the any-order test asks of every item holds of this one."""
    item = WholeItem()
    item.begun({process.ref: process}, {calendar.version: calendar})
    with product.database.read() as connection:
        events = entries.read_events(connection, no)
    for event in events:
        item.adopt((event,))
        item.the_state_is_bounded_and_whole()
        item.every_date_can_be_kept_and_explained()
    item.teardown()
    assert item.item.status in ENDED
