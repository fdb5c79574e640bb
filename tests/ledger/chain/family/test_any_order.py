"""Whatever happens to an item and its follow-ups, in whatever order: it never ends with one open that it waits for,
none lacks the item it comes from, and both streams say the same."""

import shutil
import tempfile
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from ledger.chain import lookup, pinned
from ledger.proof.verify import verify
from ledger.proof.verifying.family import verify_families
from ledger.store.database import Database
from rules.errors import RuleViolation
from rules.family import awaited
from rules.machine.commands import IN_STEP, NOBODYS_TURN, SYSTEM, Assignment, EntryRef
from rules.machine.commands import CommandKind as K
from tests.ledger.chain.family.kin import NO, Kin
from tests.support import world
from tests.support.factories import ADMINISTRATOR, CALENDAR, CORRECTED, LEADER, OTHER_UNIT, PUBLISHED
from tests.support.processes import DRIVE, ERRAND

TEMPLATE: dict[str, Path] = {}
SAID: dict[K, dict[str, Any]] = {
    K.RETURN: {"reason": "不实"},
    K.REOPEN: {"reason": "不实"},
    K.REASSIGN: {"reason": "调整"},
    K.CORRECT: {"text": "应为", "reason": "笔误", "entry": EntryRef(seq=1, kind="issued", unit="u1")},
    K.PAUSE: {"reason": "等候批复"},
    K.REMARK: {"text": "抓紧"},
    K.RECALCULATE: {"reason": "通知"},
}
BY = {K.REMARK: LEADER, K.RECALCULATE: ADMINISTRATOR, K.TICK: SYSTEM}
SELDOM = [K.CORRECT, K.PAUSE, K.RESUME, K.RECALCULATE, K.TICK, K.REASSIGN, K.REMARK]
met: Counter[str] = Counter()


class Family(RuleBasedStateMachine):
    """A drive and its errands; each rule is one command, which the rules or the ledger may refuse."""

    @initialize(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        self.folder = tempfile.TemporaryDirectory()
        shutil.copy(TEMPLATE["sqlite"], f"{self.folder.name}/duban.db")
        self.kin = Kin(Database(f"sqlite:///{self.folder.name}/duban.db"))
        with self.kin.database.write() as connection:
            for calendar in (PUBLISHED, CORRECTED, CALENDAR):
                pinned.load_calendar(connection, calendar, world.LOADED_AT)

    def teardown(self) -> None:
        if hasattr(self, "kin"):
            assert [one.what for one in verify(self.kin.database).wrong] == []
            self.kin.database.close()
            self.folder.cleanup()

    def give(self, no: str, kind: K, **said: Any) -> None:
        whose = "item" if no == NO else "child"
        try:
            self.kin.give(no, kind, BY.get(kind), **SAID.get(kind, {}) | said)
        except RuleViolation as refusal:
            met[f"{whose} {refusal.code}"] += 1
        else:
            met[f"{whose} {kind}"] += 1

    def some(self, data: st.DataObject) -> str:
        """The number of the drive, or, more often, of one of its errands."""
        numbers = self.kin.numbers()
        return NO if not numbers or data.draw(st.integers(0, 2)) == 0 else data.draw(st.sampled_from(numbers))

    @rule(data=st.data(), again=st.integers(1, 4))
    def lead_on(self, data: st.DataObject, again: int) -> None:
        """Whoever has the move makes it, some times in a row."""
        for _ in range(again):
            self.one_on(data)

    def one_on(self, data: st.DataObject) -> None:
        no = self.some(data)
        state = self.kin.state(no)
        match state.step if state.status in IN_STEP else "":
            case "plan":
                self.give(no, K.SUBMIT, text="报上", answers=self.plan(data))
            case "plan_review":
                self.give(no, K.APPROVE)
            case "do":
                self.give(no, K.SUBMIT, text="办好了")
            case "summary":
                rows = [(f"found.{n}.what", f"问题 {n}") for n in range(1, data.draw(st.integers(0, 2)) + 1)]
                outcome = data.draw(st.sampled_from(["reached", "again"]))
                self.give(no, K.CLOSE, outcome=outcome, answers=(("said", "好"), *rows))
            case "check":
                self.give(no, K.CLOSE, outcome=data.draw(st.sampled_from(["done", "kept"])))

    @staticmethod
    def plan(data: st.DataObject) -> tuple[tuple[str, str], ...]:
        rows = data.draw(st.lists(st.sampled_from(["", "", "1", "1,2"]), max_size=4))
        rows = ["", *rows[1:]]
        unit, cells = data.draw(st.sampled_from(["u2", "u3", "u3", "u9"])), list[tuple[str, str]]()
        for n, after in enumerate(rows, 1):
            cells.append((f"tasks.{n}.what", f"任务 {n}"))
            cells += [(f"tasks.{n}.unit", unit)] if n == 1 else []
            cells += [(f"tasks.{n}.after", after)] if after and n > 2 else []
        return (("aim", "见效"), *cells)

    @rule(data=st.data(), step=st.sampled_from([None, "do", "plan"]))
    def send_back(self, data: st.DataObject, step: str | None) -> None:
        self.give(self.some(data), K.RETURN, step=step)

    @rule(data=st.data())
    def begin_again(self, data: st.DataObject) -> None:
        self.give(self.some(data), K.REOPEN)

    @rule(data=st.data(), children=st.booleans())
    def annul(self, data: st.DataObject, children: bool) -> None:
        no = self.some(data)
        if no != NO or data.draw(st.integers(0, 5)) == 0:
            self.give(no, K.ANNUL, reason="撤项", children=children)

    @rule(data=st.data(), kind=st.sampled_from(SELDOM), days=st.sampled_from([0, 1, 20]))
    def anything(self, data: st.DataObject, kind: K, days: int) -> None:
        self.kin.now += timedelta(days=days)
        no, said = self.some(data), dict[str, Any]()
        if kind is K.PAUSE:
            said["to"] = (self.kin.now + timedelta(days=3)).date()
        if kind is K.RECALCULATE:
            said["calendar"] = data.draw(st.sampled_from([PUBLISHED, CORRECTED]))
        if kind is K.REASSIGN:
            process = (DRIVE if no == NO else ERRAND).resolve("organ", "plain")
            said["assignment"] = Assignment(unit=OTHER_UNIT, process=process)
        self.give(no, kind, **said)

    @invariant()
    def it_does_not_end_with_what_it_waits_for_open_and_both_sides_say_the_same(self) -> None:
        if not hasattr(self, "kin"):
            return
        state = self.kin.state()
        assert state.status not in NOBODYS_TURN or awaited(state.children) == ()
        with self.kin.database.read() as connection:
            assert list(verify_families(connection)) == []
            for no in self.kin.numbers():
                assert lookup.state_of(lookup.item_row(connection, no)) == self.kin.state(no)


@pytest.mark.parametrize("examples", [20, pytest.param(400, marks=[pytest.mark.soak, pytest.mark.timeout(900)])])
def test_whatever_happens_to_whom_an_item_and_its_follow_ups_fit(examples: int, sqlite_template: Path) -> None:
    TEMPLATE["sqlite"] = sqlite_template
    chosen = settings(max_examples=examples, stateful_step_count=40, deadline=None)
    run_state_machine_as_test(Family, settings=chosen)
    if examples > 100:
        assert {"item approve", "item close", "child close", "child reopen", "item children_open"} <= met.keys()
