"""Any commands at any instants, over processes made by chance: what must hold of an item holds for whatever the
language can say, and from wherever it has come to, it can be brought to its end."""

from random import Random

import pytest
from hypothesis import HealthCheck, Phase, assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, run_state_machine_as_test

from definitions.process import ProcessDefinition
from rules.codec import decode, encode
from rules.dates.calendar import local_date
from rules.machine.commands import ENDED, Actor, Assignment, Command, CommandKind, Status
from rules.machine.events import decode_event, encode_event
from rules.machine.item import alarm
from rules.permitting import answers_left
from rules.process import Process, Role
from tests.rules.machine.test_any_order import PAIRS, AnyOrder
from tests.support.chance.leading_on import towards_the_end, why_short
from tests.support.chance.movers import mover
from tests.support.chance.random_processes import processes
from tests.support.factories import ACTORS, USUAL, K

MOVES = 80
"""So many bring every item to its end: cycles that may be gone through several times, step by step."""
DOER = Actor(id="doer", role=Role.LIAISON, area="a1")
JUDGE = Actor(id="judge", role=Role.SUPERVISOR)


class ByChance(AnyOrder):
    """An item of a process that nobody has thought of."""

    made = refused = 0

    @initialize(
        definition=processes,
        begun=st.integers(0, 500 * 24 * 60),
        deadline=st.one_of(st.none(), st.integers(0, 400)),
        pair=st.sampled_from(PAIRS),
        data=st.data(),
    )
    def begin(
        self,
        definition: ProcessDefinition | None,
        begun: int,
        deadline: int | None,
        pair: tuple[Status, CommandKind],
        data: st.DataObject,
    ) -> None:
        ByChance.made += 1
        ByChance.refused += definition is None
        self.state = None
        assume(definition is not None)
        assert definition is not None
        self.processes = definition.all_resolved()
        for process in self.processes:
            assert decode(Process, encode(process)) == process
        super().begin(data.draw(st.sampled_from(self.processes)), begun, deadline, pair, data)

    def teardown(self) -> None:
        if self.state is None:
            return
        self.it_can_be_brought_to_an_end()
        for event in self.events:
            assert decode_event(encode_event(event)) == event
        super().teardown()

    def it_can_be_brought_to_an_end(self) -> None:
        chance = Random(0)
        for _ in range(MOVES):
            self.tick()  # a pause may have ended by itself
            if self.item.status in ENDED:
                return
            before = len(self.events)
            self.move_on(chance)
            assert len(self.events) > before, f"nothing leads on: {self.item.status} {self.item.step} {self.process}"
        raise AssertionError(f"comes to no end: {self.process}")

    def move_on(self, chance: Random) -> None:
        state = self.item
        if state.pause:
            self.give(self.command(K.RESUME, JUDGE, {}))
            return
        match state.status:
            case Status.WAITING | Status.WATCHING:
                rings = alarm(self.process, self.calendar, state)
                assert rings is not None
                self.now = max(self.now, rings)
                self.tick()
            case Status.UNSIGNED:
                self.give(self.command(K.SIGN, self.doer, {}))
            case Status.DECLINED:
                again = Assignment(unit=state.unit, process=self.process)
                self.give(self.command(K.REASSIGN, JUDGE, {"reason": "再交", "assignment": again}))
            case Status.WORKING if self.process.step(state.step).publish and state.publicity is None:
                said = dict(USUAL[K.PUBLISH][1]) | {"on": local_date(max(self.now, state.at))}
                self.give(self.command(K.PUBLISH, self.doer, said))
            case Status.WORKING if state.objections:
                self.give(self.command(K.ANSWER_OBJECTION, self.doer, dict(USUAL[K.ANSWER_OBJECTION][1])))
            case Status.WORKING:
                self.now = max(self.now, state.publicity.at) if state.publicity else self.now
                self.give(self.towards_the_end(K.SUBMIT, chance))
            case Status.REVIEWING:
                closes = self.process.step(state.step).closes and answers_left(self.process, state) == 1
                self.give(self.towards_the_end(K.CLOSE if closes else K.APPROVE, chance))

    @property
    def doer(self) -> Actor:
        return Actor(id=DOER.id, role=DOER.role, area=DOER.area, unit=self.item.unit.id)

    def towards_the_end(self, kind: CommandKind, chance: Random) -> Command:
        who = self.doer if kind is K.SUBMIT else mover(self.process, self.item, kind, JUDGE, ACTORS)
        asked = self.command(kind, who, dict(USUAL[kind][1]) | why_short(self.process, self.item, kind))
        return towards_the_end(self.process, self.calendar, self.item, asked, self.now, chance)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("plays", [6, pytest.param(400, marks=pytest.mark.soak)])
def test_whatever_the_language_says_and_whatever_happens_an_item_stays_whole_and_can_end(plays: int) -> None:
    ByChance.made = ByChance.refused = 0
    run_state_machine_as_test(
        ByChance,
        settings=settings(
            max_examples=plays,
            stateful_step_count=20,
            deadline=None,
            derandomize=True,
            phases=(Phase.generate,),
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert ByChance.made >= plays
    assert ByChance.refused * 3 < ByChance.made * 2, "the generator keeps within the language"
