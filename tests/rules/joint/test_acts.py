"""Joint acts, whatever anybody does in whatever order: carried out once, within the time, just as somebody else, in
their own session, confirmed it."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from rules.errors import Code, RuleViolation
from rules.joint.acts import (
    GOES_ON,
    JOINT_ACT_NAMES,
    JOINT_STATUS_NAMES,
    LASTS,
    MAY_ASK,
    MAY_CONFIRM,
    JointAct,
    JointState,
    JointStatus,
    begun,
    check_joint,
    evolve_joint,
)
from rules.joint.facts import (
    JointAsked,
    JointCarriedOut,
    JointConfirmed,
    JointDetail,
    JointRefused,
    JointStep,
    JointWithdrawn,
)
from rules.joint.telling import tell_joint
from rules.machine.commands import Actor, Via
from rules.permitting import roles_for
from rules.process import Role
from tests.support.factories import at

NOW = at("2026-03-02")
A, B, C, D = (Actor(id=one, role=Role.LEADER, via=Via.SITE) for one in ("a", "b", "c", "d"))
"""A asks; C gains by it; D stands in for A."""
ASKED = JointAsked(
    number=1,
    act=str(JointAct.GRANT),
    digest="x",
    details=(JointDetail(name="c", value="管理员"),),
    until=NOW + LASTS,
    gains=("c",),
    stand_ins=("d",),
)
CONFIRM = JointConfirmed(number=1, digest="x")
DONE = JointCarriedOut(number=1, act=ASKED.act, digest="x", asked_by="a", confirmed_by="b")


def after(*steps: tuple[JointStep, Actor], now: datetime = NOW) -> JointState:
    state = begun(ASKED, A, NOW)
    for fact, by in steps:
        check_joint(state, fact, by, now)
        state = evolve_joint(state, fact, by, now)
    return state


def refusal(
    state: JointState, fact: JointStep, by: Actor, now: datetime = NOW, stand_ins: tuple[str, ...] = ()
) -> Code:
    with pytest.raises(RuleViolation) as refused:
        check_joint(state, fact, by, now, stand_ins)
    return refused.value.code


def test_asked_by_one_confirmed_by_another_and_carried_out() -> None:
    done = after((CONFIRM, B), (DONE, A))
    assert (done.status, done.asker, done.decider, done.carried_at) == (JointStatus.CARRIED, "a", "b", NOW)
    assert refusal(done, DONE, A) is Code.JOINT_REFUSED


@pytest.mark.parametrize(
    ("by", "stand_ins", "code"),
    [
        (A, (), Code.OWN_MATTER),
        (replace(A, role=Role.SECURITY), (), Code.OWN_MATTER),  # another post of the same person
        (C, (), Code.OWN_MATTER),  # who gains
        (D, (), Code.OWN_MATTER),  # stood in when it was asked for
        (B, ("b",), Code.OWN_MATTER),  # stands in now
        (replace(B, behalf="a"), (), Code.JOINT_REFUSED),
        (replace(B, behalf="c"), (), Code.JOINT_REFUSED),
        (replace(B, via=Via.TOKEN), (), Code.JOINT_REFUSED),
        (replace(B, via=Via.SYSTEM), (), Code.JOINT_REFUSED),
        (replace(B, via=None), (), Code.JOINT_REFUSED),
    ],
)
def test_nobody_is_their_own_second_in_any_disguise(by: Actor, stand_ins: tuple[str, ...], code: Code) -> None:
    assert refusal(after(), CONFIRM, by, stand_ins=stand_ins) is code


def test_whoever_gains_may_still_say_no() -> None:
    check_joint(after(), JointRefused(number=1, reason="我不合适"), C, NOW)


def test_another_content_is_neither_confirmed_nor_carried_out() -> None:
    assert refusal(after(), replace(CONFIRM, digest="y"), B) is Code.JOINT_REFUSED
    assert refusal(after((CONFIRM, B)), replace(DONE, digest="y"), A) is Code.JOINT_REFUSED
    assert refusal(after((CONFIRM, B)), replace(DONE, act="erase"), A) is Code.JOINT_REFUSED


def test_it_is_void_after_its_days_confirmed_or_not() -> None:
    late = NOW + LASTS
    check_joint(after(), CONFIRM, B, late - timedelta(seconds=1))
    assert refusal(after(), CONFIRM, B, late) is Code.JOINT_REFUSED
    assert refusal(after((CONFIRM, B)), DONE, A, late) is Code.JOINT_REFUSED


def test_a_confirmation_is_taken_back_before_it_is_carried_out_with_a_reason() -> None:
    no = JointRefused(number=1, reason="看错了")
    assert refusal(after((no, B)), CONFIRM, B) is Code.JOINT_REFUSED
    assert refusal(after((CONFIRM, B), (no, B)), DONE, A) is Code.JOINT_REFUSED
    assert refusal(after((CONFIRM, B), (DONE, A)), no, B) is Code.JOINT_REFUSED
    assert refusal(after(), replace(no, reason=" "), B) is Code.FIELD_MISSING


def test_who_asked_alone_carries_it_out_and_takes_it_back() -> None:
    assert refusal(after((CONFIRM, B)), DONE, B) is Code.JOINT_REFUSED
    assert refusal(after((CONFIRM, B)), replace(DONE, asked_by="b"), A) is Code.JOINT_REFUSED
    assert refusal(after((CONFIRM, B)), replace(DONE, confirmed_by="c"), A) is Code.JOINT_REFUSED
    assert refusal(after(), JointWithdrawn(number=1), B) is Code.JOINT_REFUSED
    assert after((JointWithdrawn(number=1), A)).status is JointStatus.WITHDRAWN


def test_every_act_says_who_asks_and_who_else_may_confirm() -> None:
    assert set(MAY_ASK) == set(MAY_CONFIRM) == set(JOINT_ACT_NAMES) == set(JointAct)
    assert set(JOINT_STATUS_NAMES) == set(JointStatus)
    for act in JointAct:
        others = roles_for(MAY_CONFIRM[act])
        assert Role.LEADER in others, "with one administrator only there is a way"
        assert not others & {Role.AUDITOR, Role.LIAISON, Role.UNIT_HEAD}
        assert Role.ADMINISTRATOR in roles_for(MAY_ASK[act])
    assert GOES_ON == {JointAct.MIGRATE}


def test_every_step_is_told() -> None:
    names = {"a": "甲", "b": "乙", "c": "丙"}
    assert tell_joint(ASKED, names) == (
        "提请第 1 号双人办理：给予管理员职务（c 管理员），涉及丙，2026-03-09 10:00以前有效"
    )
    assert tell_joint(DONE, names) == "办成第 1 号双人办理：给予管理员职务，甲提请，乙复核"


class Office(RuleBasedStateMachine):
    """Three leaders and the acts between them; time passes. Whatever check_joint lets pass, happens."""

    acts = Bundle("acts")

    def __init__(self) -> None:
        super().__init__()
        self.now, self.states, self.told = NOW, dict[int, JointState](), dict[int, list[tuple[str, str, datetime]]]()

    @rule(target=acts, asker=st.sampled_from("abc"), gains=st.sets(st.sampled_from("abc"), max_size=1))
    def ask(self, asker: str, gains: set[str]) -> int:
        number = len(self.states) + 1
        fact = replace(ASKED, number=number, until=self.now + LASTS, gains=tuple(gains), digest=f"x{number}")
        self.states[number] = begun(fact, Actor(id=asker, role=Role.ADMINISTRATOR, via=Via.SITE), self.now)
        self.told[number] = []
        return number

    @rule(hours=st.integers(1, 100))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(
        number=acts,
        what=st.sampled_from(("confirm", "refuse", "withdraw", "carry")),
        by=st.sampled_from("abcd"),
        via=st.sampled_from((Via.SITE, Via.CONSOLE, Via.TOKEN)),
        role=st.sampled_from((Role.LEADER, Role.SECURITY)),
        behalf=st.sampled_from(("", "", "a")),
        standing=st.sets(st.sampled_from("bcd"), max_size=1),
        other=st.booleans(),
    )
    def act(
        self, number: int, what: str, by: str, via: Via, role: Role, behalf: str, standing: set[str], other: bool
    ) -> None:
        state = self.states[number]
        digest = "another" if other else state.asked.digest
        fact: JointStep
        match what:
            case "confirm":
                fact = JointConfirmed(number=number, digest=digest)
            case "refuse":
                fact = JointRefused(number=number, reason="不妥")
            case "withdraw":
                fact = JointWithdrawn(number=number)
            case _:
                fact = JointCarriedOut(
                    number=number, act=state.asked.act, digest=digest, asked_by=by, confirmed_by=state.decider
                )
        actor = Actor(id=by, role=role, via=via, behalf=behalf)
        try:
            check_joint(state, fact, actor, self.now, standing)
        except RuleViolation:
            return
        if what == "confirm":
            assert by not in {state.asker, *state.asked.gains, *state.asked.stand_ins, *standing}
            assert via is not Via.TOKEN
            assert not behalf
        self.states[number] = evolve_joint(state, fact, actor, self.now)
        self.told[number].append((what, by, self.now))

    @rule(number=consumes(acts))
    def forget(self, number: int) -> None:
        """Nobody comes back to it."""

    @invariant()
    def what_was_carried_out_was_confirmed_by_another_in_time_and_once(self) -> None:
        for number, told in self.told.items():
            state, kinds = self.states[number], [what for what, _, _ in told]
            assert kinds.count("carry") <= 1
            if "carry" in kinds:
                assert kinds == ["confirm", "carry"]
                (_, second, _), (_, first, done) = told
                assert first == state.asker != second == state.decider
                assert done < state.asked.until
            assert len(kinds) <= 2


Office.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestOffice = Office.TestCase
