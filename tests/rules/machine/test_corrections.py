"""A wrong entry is corrected by a new one: one asks, another decides, the old one stays and nothing else moves."""

from dataclasses import fields, replace
from datetime import date
from typing import Any

import pytest

from rules.errors import Code, RuleViolation
from rules.machine.commands import Actor, Command, EntryRef, command_hash
from rules.machine.facts import Corrected, CorrectionAsked, CorrectionRefused
from rules.machine.state import State
from rules.process import Role
from rules.telling.corrections import beside, in_words
from tests.support.factories import (
    HEAD,
    HELPER,
    LEADER,
    LIAISON,
    OTHER_LIAISON,
    STRANGER,
    SUPERVISOR,
    K,
    Play,
    entry_of,
    play_to,
)

SECOND_SUPERVISOR = replace(SUPERVISOR, id="du2")
SIGNED = 2
PLACES = ("unsigned", "declined", "working", "reviewing", "watching", "closed", "annulled")


def refused(play: Play, kind: K, by: Actor, **said: Any) -> Code:
    before = list(play.events)
    with pytest.raises(RuleViolation) as raised:
        play.do(kind, by=by, **said)
    assert play.events == before
    return raised.value.code


def ask(play: Play, by: Actor, entry: int, **said: Any) -> None:
    play.do(K.CORRECT, by=by, entry=entry_of(play, entry), **said)


def test_a_correction_names_the_entry_the_right_text_the_reason_and_who_asked() -> None:
    play = play_to("working")
    ask(play, LIAISON, SIGNED, text="应于3月3日签收", reason="日期写错", evidence=("ab" * 32,))
    play.do(K.DECIDE_CORRECTION, by=SUPERVISOR, reason="核对属实")
    assert play.facts[-2:] == [
        CorrectionAsked(
            entry=2,
            kind="signed",
            text="应于3月3日签收",
            reason="日期写错",
            decider=Role.SUPERVISOR,
            evidence=("ab" * 32,),
        ),
        Corrected(
            entry=2,
            kind="signed",
            text="应于3月3日签收",
            reason="日期写错",
            asked=3,
            asker="lian",
            asker_role=Role.LIAISON,
            opinion="核对属实",
        ),
    ]
    assert play.events[-1].actor == SUPERVISOR


def test_a_refusal_says_why_and_the_entry_stands() -> None:
    play = play_to("working")
    ask(play, HEAD, SIGNED)
    play.do(K.DECIDE_CORRECTION, by=LEADER, grant=False, reason="原记录无误")
    assert play.facts[-1] == CorrectionRefused(
        entry=2, kind="signed", reason="原记录无误", asked=3, asker="zhang", asker_role=Role.UNIT_HEAD
    )
    assert play.state.correction is None


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("grant", [True, False])
def test_in_every_status_a_correction_changes_nothing_but_what_stands_in_the_ledger(place: str, grant: bool) -> None:
    play = play_to(place)
    before, alarm = play.state, play.alarm
    ask(play, SUPERVISOR, 1)
    play.do(K.DECIDE_CORRECTION, by=LEADER, grant=grant, reason="查明")
    said = {"seq", "at", "seen", "last"}
    for field in fields(State):
        if field.name not in said:
            assert getattr(play.state, field.name) == getattr(before, field.name)
    assert play.alarm == alarm


def test_while_the_clocks_stand_still_a_correction_is_taken() -> None:
    play = play_to("working")
    play.do(K.PAUSE, to=date(2026, 3, 6))
    ask(play, LIAISON, SIGNED)
    play.do(K.DECIDE_CORRECTION, by=SUPERVISOR)
    assert play.kinds[-2:] == ["correction_asked", "corrected"]
    assert play.state.pause is not None


def test_what_is_asked_for_waits_whatever_happens_to_the_item_meanwhile() -> None:
    play = play_to("working")
    ask(play, LIAISON, SIGNED)
    for kind in (K.SUBMIT, K.APPROVE, K.SUBMIT, K.CLOSE, K.REOPEN, K.ANNUL):
        play.do(kind)
        assert play.state.correction is not None
    play.do(K.DECIDE_CORRECTION)
    assert isinstance(play.facts[-1], Corrected)


def test_a_unit_speaks_for_its_own_entries_only() -> None:
    play = play_to("executing")
    play.do(K.REPORT, by=HELPER)
    helped = play.state.seq
    for by, entry in ((LIAISON, 1), (HEAD, 4), (LIAISON, helped), (HELPER, SIGNED), (STRANGER, SIGNED)):
        assert refused(play, K.CORRECT, by, entry=entry_of(play, entry)) is Code.ENTRY_NOT_OWN
    ask(play, HELPER, helped)
    assert play.state.correction is not None


def test_a_unit_that_has_the_item_no_longer_still_speaks_for_what_it_wrote() -> None:
    play = play_to("working")
    play.do(K.REASSIGN)
    assert refused(play, K.CORRECT, OTHER_LIAISON, entry=entry_of(play, SIGNED)) is Code.ENTRY_NOT_OWN
    ask(play, LIAISON, SIGNED)
    play.do(K.DECIDE_CORRECTION, by=SUPERVISOR)
    assert play.kinds[-1] == "corrected"


def test_a_supervisor_may_ask_about_every_entry_also_about_what_a_deadline_brought() -> None:
    play = play_to("working")
    play.tick_until("2026-03-20")
    for entry in range(1, play.state.seq + 1):
        ask(play, SUPERVISOR, entry)
        play.do(K.DECIDE_CORRECTION)


def test_a_correction_can_be_corrected() -> None:
    play = play_to("working")
    ask(play, LIAISON, SIGNED)
    play.do(K.DECIDE_CORRECTION, by=SUPERVISOR)
    ask(play, SUPERVISOR, play.state.seq, text="应为两份")
    play.do(K.DECIDE_CORRECTION)
    fact = play.facts[-1]
    assert isinstance(fact, Corrected)
    assert (fact.entry, fact.kind) == (4, "corrected")


@pytest.mark.parametrize("seq", [-1, 0, 3, 99])
def test_an_entry_that_is_not_there_cannot_be_wrong(seq: int) -> None:
    play = play_to("working")
    wrong = EntryRef(seq=seq, kind="signed", unit="u1")
    assert refused(play, K.CORRECT, SUPERVISOR, entry=wrong) is Code.ENTRY_UNKNOWN


def test_one_correction_at_a_time() -> None:
    play = play_to("working")
    assert refused(play, K.DECIDE_CORRECTION, LEADER) is Code.CORRECTION_NONE
    ask(play, LIAISON, SIGNED)
    with pytest.raises(RuleViolation, match="第 2 条") as raised:
        ask(play, SUPERVISOR, 1)
    assert raised.value.code is Code.CORRECTION_PENDING
    play.do(K.DECIDE_CORRECTION)
    assert refused(play, K.DECIDE_CORRECTION, LEADER) is Code.CORRECTION_NONE


DECIDERS = [
    (LIAISON, SUPERVISOR, None),
    (LIAISON, LEADER, None),
    (HEAD, SECOND_SUPERVISOR, None),
    (SUPERVISOR, LEADER, None),
    (SUPERVISOR, SUPERVISOR, Code.OWN_MATTER),
    (SUPERVISOR, SECOND_SUPERVISOR, Code.CORRECTION_NEEDS_LEADER),
    # The same person with another post, or in another's place.
    (SUPERVISOR, replace(LEADER, id="du"), Code.OWN_MATTER),
    (LIAISON, replace(SUPERVISOR, id="lian", behalf="du"), Code.OWN_MATTER),
    (SUPERVISOR, replace(LEADER, id="du", behalf="fen"), Code.OWN_MATTER),
    # Whoever asked stood in for somebody, who decides on coming back.
    (replace(SUPERVISOR, id="du2", behalf="fen"), LEADER, Code.OWN_MATTER),
    (replace(LIAISON, id="zhang", behalf="lian"), replace(SUPERVISOR, id="lian"), Code.OWN_MATTER),
    # Somebody stands in for whoever asked.
    (SUPERVISOR, replace(LEADER, id="fen2", behalf="du"), Code.OWN_MATTER),
    (SUPERVISOR, replace(LEADER, id="fen2", behalf="fen"), None),
]


@pytest.mark.parametrize(("asker", "decider", "code"), DECIDERS)
def test_two_people_make_a_correction(asker: Actor, decider: Actor, code: Code | None) -> None:
    play = play_to("working")
    ask(play, asker, SIGNED)
    if code is None:
        play.do(K.DECIDE_CORRECTION, by=decider)
        assert play.kinds[-1] == "corrected"
    else:
        assert refused(play, K.DECIDE_CORRECTION, decider) is code


def test_the_same_words_under_the_same_id_are_the_same_command_and_other_words_are_not() -> None:
    play = play_to("working")
    asking = Command(
        kind=K.CORRECT, id="c", actor=LIAISON, entry=entry_of(play, SIGNED), text="收到三份材料", reason="笔误"
    )
    ask(play, LIAISON, SIGNED)
    asked = play.events[-1]
    assert asked.command_hash == command_hash(asking)
    assert asked.command_hash != command_hash(replace(asking, text="应为两份"))
    assert asked.command_hash != command_hash(replace(asking, entry=entry_of(play, 1)))
    deciding = Command(kind=K.DECIDE_CORRECTION, id="d", actor=LEADER, grant=True, reason="属实")
    play.do(K.DECIDE_CORRECTION, reason="属实")
    assert play.events[-1].command_hash == command_hash(deciding)
    assert play.events[-1].command_hash != command_hash(replace(deciding, grant=False))
    assert play.events[-1].command_hash != command_hash(replace(deciding, reason=""))


def test_beside_each_entry_stands_what_it_should_have_said_and_what_became_of_that() -> None:
    play = play_to("working")
    for entry, text in ((SIGNED, "三份"), (4, "四份"), (SIGNED, "五份")):
        ask(play, SUPERVISOR, entry, text=text)
        play.do(K.DECIDE_CORRECTION, grant=text != "五份", reason="查明")
    ask(play, LIAISON, SIGNED, text="六\n份")
    found = beside(play.events)
    assert {entry: [in_words(c) for c in of] for entry, of in found.items()} == {
        2: ["【更正】应为：三份（见第 4 条，后来又由第 6 条更正）", "【申请更正，待批复】应为：六 份（见第 9 条）"],
        4: ["【更正】应为：四份（见第 6 条）"],
    }
