"""Nobody judges what they did or asked for, under whichever post or substitution: one rule for every judgement."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from rules.errors import Code, RuleViolation
from rules.machine.commands import Actor
from rules.machine.folding import DOER_LIMIT
from rules.machine.judging import JUDGEMENTS
from rules.permitting import roles_for
from rules.process import Role
from tests.support.factories import CALENDAR, HEAD, LEADER, LIAISON, PROCESS, SUPERVISOR, K, Play, play_to

THIRD = replace(SUPERVISOR, id="du3")
SECOND = replace(SUPERVISOR, id="du2")
STAND_IN = replace(LIAISON, id="zhang", behalf="lian")
"""Somebody of the unit who acts for the liaison."""

JUDGES = [
    (LIAISON, SECOND, None),
    (LIAISON, replace(SUPERVISOR, id="lian"), "the same person with another post"),
    (LIAISON, replace(SUPERVISOR, id="lian", behalf="du"), "who worked stands in for the supervisor"),
    (LIAISON, replace(SUPERVISOR, id="du2", behalf="lian"), "somebody stands in for who worked"),
    (STAND_IN, replace(SUPERVISOR, id="zhang"), "who worked did so for the liaison"),
    (STAND_IN, replace(SUPERVISOR, id="lian"), "the work was done in this one's name"),
    (STAND_IN, replace(SUPERVISOR, id="du2", behalf="zhang"), "somebody stands in for who worked for the liaison"),
]
"""Who worked, who judges, and why that is refused."""

PLACES = {
    K.APPROVE: "plan_review",
    K.RETURN: "inspect",
    K.CLOSE: "inspect",
    K.WATCH: "watching",
    K.DECIDE_EXTENSION: "asked",
    K.DECIDE_CORRECTION: "asked",
    K.REASSIGN: "working",
    K.PAUSE: "working",
    K.ANNUL: "working",
}


def at_place(place: str, worker: Actor) -> Play:
    """An item on which that one has worked, where the judgement fits."""
    play = Play()
    play.do(K.SIGN, by=worker)
    if place == "working":
        return play
    if place == "asked":
        assert play.state.due
        play.do(K.ASK_EXTENSION, by=worker, to=CALENDAR.add(play.state.due.date, 1))
        play.do(K.CORRECT, by=worker)
        return play
    play.do(K.SUBMIT, by=worker)
    if place == "plan_review":
        return play
    play.do(K.APPROVE, by=THIRD)
    play.do(K.SUBMIT, by=worker)
    if place == "watching":
        play.do(K.CLOSE, by=THIRD)
    return play


def _said(kind: K) -> dict[str, Any]:
    return {"to": date(2026, 3, 10)} if kind is K.PAUSE else {}


def test_every_judgement_is_tried_here() -> None:
    assert set(PLACES) == JUDGEMENTS


@pytest.mark.parametrize("kind", sorted(PLACES))
@pytest.mark.parametrize(("worker", "judge", "refused"), JUDGES)
def test_nobody_judges_what_they_did(kind: K, worker: Actor, judge: Actor, refused: str | None) -> None:
    play = at_place(PLACES[kind], worker)
    before, said = list(play.events), _said(kind)
    if refused is None:
        play.do(kind, by=judge, **said)
        assert len(play.events) > len(before)
        return
    with pytest.raises(RuleViolation, match="自己的事不能由自己审核、批复，请由另一位督查员") as raised:
        play.do(kind, by=judge, **said)
    assert raised.value.code is Code.OWN_MATTER
    assert play.events == before


@pytest.mark.parametrize("kind", sorted(PLACES))
@pytest.mark.parametrize("units", [("u1",), ("u9", "u3")])
def test_nor_what_their_unit_did_though_somebody_else_there_did_it(kind: K, units: tuple[str, ...]) -> None:
    """u1 leads, u3 helps; the judge has a post in one of them."""
    play, said = at_place(PLACES[kind], HEAD), _said(kind)
    with pytest.raises(RuleViolation, match="任职的单位承办") as raised:
        play.do(kind, by=replace(SECOND, units=units), **said)
    assert raised.value.code is Code.OWN_MATTER
    play.do(kind, by=replace(SECOND, units=("u9",)), **said)
    assert play.events[-1].actor.units == (), "where somebody has a post is not part of the entry"


def test_work_for_the_unit_that_had_the_item_before_is_not_judged_any_more() -> None:
    play = at_place("working", LIAISON)
    play.do(K.REASSIGN, by=SECOND)
    assert play.state.doers == ()


def test_what_is_remembered_is_bounded() -> None:
    play = at_place("working", LIAISON)
    for n in range(DOER_LIMIT + 5):
        play.do(K.REPORT, by=replace(LIAISON, id=f"l{n}"))
    assert len(play.state.doers) == DOER_LIMIT
    assert play.state.doers[-1] == f"l{DOER_LIMIT + 4}"


def test_to_urge_to_instruct_and_to_begin_again_are_no_judgements() -> None:
    free: Any = {K.URGE, K.REMARK, K.REOPEN, K.RESUME, K.RECALCULATE, K.MIGRATE, K.HAND_OVER}
    unit = {kind for kind in K if roles_for(kind, PROCESS) & {Role.LIAISON, Role.UNIT_HEAD}}
    assert JUDGEMENTS == set(K) - free - unit - {K.TICK}


def test_the_leader_judges_by_the_same_rule() -> None:
    play = at_place("asked", LIAISON)
    with pytest.raises(RuleViolation) as raised:
        play.do(K.DECIDE_EXTENSION, by=replace(LEADER, id="lian"))
    assert raised.value.code is Code.OWN_MATTER
    play.do(K.DECIDE_EXTENSION, by=LEADER)


def test_play_to_has_everything_that_is_judged() -> None:
    assert play_to("reviewing").state.doers
