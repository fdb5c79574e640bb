"""Any commands at any instants, over processes made by chance: what must hold of an item holds for whatever the
language can say, and from wherever it has come to, it can be brought to its end."""

from random import Random

import pytest
from hypothesis import HealthCheck, Phase, assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, run_state_machine_as_test

from definitions.process import ProcessDefinition
from rules.codec import decode, encode
from rules.errors import RuleViolation
from rules.machine.commands import ENDED, Actor, Assignment, Command, CommandKind, Status
from rules.machine.events import decode_event, encode_event
from rules.machine.facts import Completed
from rules.machine.item import alarm, decide
from rules.process import Process, Role
from tests.rules.machine.chance.random_processes import answers_by_chance, processes
from tests.rules.machine.test_any_order import PAIRS, AnyOrder
from tests.support.factories import USUAL, K

MOVES = 80
"""So many bring every item to its end: cycles that may be gone through several times, step by step."""
TRIES = 40
"""So often somebody fills in a form until a way leads towards the end."""
DOER = Actor(id="doer", role=Role.LIAISON, area="a1")
JUDGE = Actor(id="judge", role=Role.SUPERVISOR)


def distances(process: Process) -> dict[str, int]:
    """How many steps there are from each one to the end, when nothing is returned."""
    found = {step.id: 0 for step in process.steps if step.ends_item}
    for _ in process.steps:
        for step in process.steps:
            ahead = [found[to] + 1 for to in step.onward if to in found]
            found[step.id] = min([*ahead, found.get(step.id, 99)])
    return found


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
            case Status.WORKING:
                self.give(self.towards_the_end(K.SUBMIT, chance))
            case Status.REVIEWING:
                closes = self.process.step(state.step).closes
                self.give(self.towards_the_end(K.CLOSE if closes else K.APPROVE, chance))

    @property
    def doer(self) -> Actor:
        return Actor(id=DOER.id, role=DOER.role, area=DOER.area, unit=self.item.unit.id)

    def towards_the_end(self, kind: CommandKind, chance: Random) -> Command:
        """What somebody gives who fills in the form until it is taken and leads onward; the nearest of many tries."""
        step, far = self.process.step(self.item.step), distances(self.process)
        nearest, found = 99, None
        for _ in range(TRIES):
            fields = dict(USUAL[kind][1]) | {"answers": answers_by_chance(self.process.form(step.form), chance)}
            fields |= {"text": "按时"} if kind is K.CLOSE else {}
            if kind is K.CLOSE:
                fields["outcome"] = next(one.id for one in self.process.outcomes if one.ends and not one.when)
            command = self.command(kind, self.doer if kind is K.SUBMIT else JUDGE, fields)
            try:
                fact = decide(self.process, self.calendar, self.item, command, self.now).events[-1].fact
            except RuleViolation as violation:
                refusal = violation
                continue
            turn = getattr(fact, "turn", None)
            away = -1 if isinstance(fact, Completed) or turn is None else far[turn.step]
            if away < nearest:
                nearest, found = away, command
            if nearest < far[step.id]:
                break
        assert found is not None, f"{refusal}: {step} {self.process.forms}"
        return found


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
