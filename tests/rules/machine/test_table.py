"""Status x command: pairs of the table do something, all others refuse, in words that say what is possible."""

from datetime import date
from typing import Any

import pytest

from rules.errors import Code, RuleViolation
from rules.machine.commands import BY_THEMSELVES, ENDED, TABLE, WHILE_PAUSED, CommandKind, Status
from rules.names import COMMAND_NAMES, STATUS_NAMES
from rules.permitting import roles_for
from tests.support.factories import PROCESS, PUBLISHING, USUAL, K, Play, play_to

S = Status
LEADS: dict[tuple[Status, CommandKind], tuple[str, str]] = {
    # (from, command): (where to play first, status afterwards)
    (S.UNSIGNED, K.SIGN): ("unsigned", "working"),
    (S.UNSIGNED, K.DECLINE): ("unsigned", "declined"),
    (S.UNSIGNED, K.REASSIGN): ("unsigned", "unsigned"),
    (S.UNSIGNED, K.URGE): ("unsigned", "unsigned"),
    (S.UNSIGNED, K.REMARK): ("unsigned", "unsigned"),
    (S.UNSIGNED, K.ANNUL): ("unsigned", "annulled"),
    (S.UNSIGNED, K.TICK): ("unsigned", "unsigned"),
    **{(status, kind): (status.value, status.value) for status in Status for kind in (K.CORRECT, K.DECIDE_CORRECTION)},
    **{(status, K.HAND_OVER): (status.value, status.value) for status in Status if status not in ENDED},
    (S.DECLINED, K.REASSIGN): ("declined", "unsigned"),
    (S.DECLINED, K.REMARK): ("declined", "declined"),
    (S.DECLINED, K.ANNUL): ("declined", "annulled"),
    (S.DECLINED, K.TICK): ("declined", "declined"),
    (S.WORKING, K.REPORT): ("working", "working"),
    (S.WORKING, K.SUBMIT): ("working", "reviewing"),
    (S.WORKING, K.PUBLISH): ("publishing", "working"),
    (S.WORKING, K.OBJECT): ("published", "working"),
    (S.WORKING, K.ANSWER_OBJECTION): ("objected", "working"),
    (S.WORKING, K.ASK_EXTENSION): ("executing", "working"),
    (S.WORKING, K.DECIDE_EXTENSION): ("asked", "working"),
    (S.WORKING, K.REASSIGN): ("working", "unsigned"),
    (S.WORKING, K.URGE): ("working", "working"),
    (S.WORKING, K.REMARK): ("working", "working"),
    (S.WORKING, K.ANNUL): ("working", "annulled"),
    (S.WORKING, K.TICK): ("working", "working"),
    (S.REVIEWING, K.REPORT): ("reviewing", "reviewing"),
    (S.REVIEWING, K.APPROVE): ("reviewing", "working"),
    (S.REVIEWING, K.RETURN): ("reviewing", "working"),
    (S.REVIEWING, K.CLOSE): ("inspecting", "watching"),
    (S.REVIEWING, K.URGE): ("reviewing", "reviewing"),
    (S.REVIEWING, K.REMARK): ("reviewing", "reviewing"),
    (S.REVIEWING, K.ANNUL): ("reviewing", "annulled"),
    (S.REVIEWING, K.TICK): ("reviewing", "reviewing"),
    **{
        (status, K.SET_DUE): (f"dated {status}", status.value)
        for status in (S.UNSIGNED, S.DECLINED, S.WORKING, S.REVIEWING, S.WAITING)
    },
    (S.UNSIGNED, K.PAUSE): ("unsigned", "unsigned"),
    (S.UNSIGNED, K.RESUME): ("unsigned", "unsigned"),
    (S.UNSIGNED, K.RECALCULATE): ("unsigned", "unsigned"),
    (S.DECLINED, K.PAUSE): ("declined", "declined"),
    (S.DECLINED, K.RESUME): ("declined", "declined"),
    (S.DECLINED, K.RECALCULATE): ("declined", "declined"),
    (S.WORKING, K.PAUSE): ("working", "working"),
    (S.WORKING, K.RESUME): ("working", "working"),
    (S.WORKING, K.RECALCULATE): ("working", "working"),
    (S.REVIEWING, K.PAUSE): ("reviewing", "reviewing"),
    (S.REVIEWING, K.RESUME): ("reviewing", "reviewing"),
    (S.REVIEWING, K.RECALCULATE): ("reviewing", "reviewing"),
    (S.WAITING, K.REPORT): ("waiting", "waiting"),
    (S.WAITING, K.REMARK): ("waiting", "waiting"),
    (S.WAITING, K.ANNUL): ("waiting", "annulled"),
    (S.WAITING, K.PAUSE): ("waiting", "waiting"),
    (S.WAITING, K.RESUME): ("waiting", "waiting"),
    (S.WAITING, K.RECALCULATE): ("waiting", "waiting"),
    (S.WAITING, K.TICK): ("waiting", "waiting"),
    (S.WATCHING, K.RECALCULATE): ("watching", "watching"),
    **{(s, K.MIGRATE): (s.value, s.value) for s in S if s not in (S.CLOSED, S.ANNULLED)},
    (S.WATCHING, K.WATCH): ("watching", "watching"),
    (S.WATCHING, K.REOPEN): ("watching", "working"),
    (S.WATCHING, K.REMARK): ("watching", "watching"),
    (S.WATCHING, K.TICK): ("watching", "watching"),
    (S.CLOSED, K.WATCH): ("closed", "watching"),
    (S.CLOSED, K.REOPEN): ("closed", "working"),
    (S.CLOSED, K.TICK): ("closed", "closed"),
    (S.ANNULLED, K.TICK): ("annulled", "annulled"),
}
UNKNOWN = [(status, kind) for status in Status for kind in CommandKind if (status, kind) not in LEADS]


PUBLIC = {"publishing": (), "published": (K.PUBLISH,), "objected": (K.PUBLISH, K.OBJECT)}


def standing(place: str) -> Play:
    if place in PUBLIC:
        play = play_to("working", process=PUBLISHING)
        for kind in PUBLIC[place]:
            play.do(kind)
        return play
    if place == "paused":
        play = play_to("working")
        play.do(K.PAUSE, to=play.calendar.add(play.now.date(), 2))
        return play
    if place == "asked":
        play = play_to("executing")
        play.do(K.ASK_EXTENSION, to=play.calendar.add(play.state.clocks[0].due.date, 2))
        return play
    if place.startswith("dated "):
        return play_to(place.removeprefix("dated "), deadline=date(2026, 6, 30))
    return play_to(place)


def fields(play: Play, kind: CommandKind) -> dict[str, Any]:
    due = play.state.clocks[0].due if play.state.clocks else None
    if kind is K.PAUSE:
        return {"to": play.calendar.add(play.now.date(), 2)}
    return {"to": play.calendar.add(due.date, 2)} if kind is K.ASK_EXTENSION and due else {}


def test_the_table_is_the_one_written_down_here() -> None:
    assert {(status, kind) for status, kinds in TABLE.items() for kind in kinds} == set(LEADS)
    assert set(TABLE) == set(Status)


@pytest.mark.parametrize(("status", "kind"), LEADS, ids=lambda v: str(v))
def test_a_pair_of_the_table_leads_where_it_should(status: Status, kind: CommandKind) -> None:
    place, afterwards = LEADS[status, kind]
    play = standing(place)
    if kind is K.RESUME:
        play.do(K.PAUSE, **fields(play, K.PAUSE))
    if kind is K.DECIDE_CORRECTION:
        play.do(K.CORRECT)
    assert play.state.status is status
    events = play.do(kind, **fields(play, kind))
    assert play.state.status == afterwards
    assert (events == []) is (kind is K.TICK)


@pytest.mark.parametrize(("status", "kind"), UNKNOWN, ids=lambda v: str(v))
def test_a_pair_that_is_not_in_the_table_is_refused_and_nothing_happens(status: Status, kind: CommandKind) -> None:
    play = standing(status.value)
    before = list(play.events)
    extra: dict[str, Any] = {"to": play.now.date()} if kind in (K.ASK_EXTENSION, K.PAUSE) else {}
    with pytest.raises(RuleViolation) as refused:
        play.do(kind, **extra)
    assert refused.value.code is Code.WRONG_STATUS
    assert play.events == before
    text = str(refused.value)
    assert COMMAND_NAMES[kind] in text
    assert STATUS_NAMES[status] in text
    offered = refused.value.fields["allowed"].removeprefix("此时可以：").removesuffix("。").split("、")
    could = {COMMAND_NAMES[k] for k in TABLE[status] - BY_THEMSELVES if USUAL[kind][0].role in roles_for(k, PROCESS)}
    assert set(offered) - {""} <= could
    assert "{{" in text, "who moved last stands as {{id}} for an edge that knows people"


@pytest.mark.parametrize("kind", sorted(TABLE[Status.WORKING] - {K.OBJECT}))
def test_while_the_clocks_stand_still_only_what_moves_nothing_on_is_taken(kind: CommandKind) -> None:
    play = standing("paused")
    if kind is K.DECIDE_CORRECTION:
        play.do(K.CORRECT)
    if kind in WHILE_PAUSED:
        play.do(kind, **fields(play, kind))
        return
    with pytest.raises(RuleViolation, match="已暂停计时（至 2026-03-04，等候上级批复），请先恢复计时") as refused:
        play.do(kind, **fields(play, kind))
    assert refused.value.code is Code.PAUSED


def test_whoever_comes_second_hears_who_came_first_and_when() -> None:
    play = play_to("unsigned")
    play.do(K.SIGN, "2026-03-03")
    with pytest.raises(RuleViolation, match=r"\{\{lian\}\} 已于 03月03日 10:00 签收"):
        play.do(K.DECLINE)


def test_every_command_has_a_usual_form_here() -> None:
    assert set(USUAL) == set(CommandKind)


def test_a_refusal_names_what_the_one_who_was_refused_could_do_instead_and_nothing_that_others_could() -> None:
    play = play_to("executing")
    with pytest.raises(RuleViolation) as refused:
        play.do(K.SIGN)
    assert refused.value.fields["allowed"] == "此时可以：反馈进展、上报、申请延期、申请更正。"
    with pytest.raises(RuleViolation) as refused:
        play.do(K.APPROVE)
    assert "批复" not in refused.value.fields["allowed"]
    assert "上报" not in refused.value.fields["allowed"]
    assert "催办" in refused.value.fields["allowed"]
