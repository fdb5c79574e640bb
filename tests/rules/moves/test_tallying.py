"""Tallies and nodes: what counts, what is owed by when, what rings, once, and what is stamped for ever."""

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from rules.codec import decode, encode
from rules.errors import Code, RuleViolation
from rules.forms.tally import OwedBy
from rules.machine.commands import Assignment, CommandKind, Status, UnitRef
from rules.machine.facts import Corrected, Reported, Submitted
from rules.machine.folding import fold
from rules.machine.item import shown_lamp
from rules.machine.state import State
from rules.machine.timed import FellDue, RungReached
from rules.nodes.owing import counted
from rules.process import ClockKind, Window
from tests.rules.moves.tallied import Tallied, pairing, planned
from tests.support.factories import CORRECTED, HELPER, LEADER, SUPERVISOR, at, entry_of

K = CommandKind


def refused(call: Any) -> RuleViolation:
    with pytest.raises(RuleViolation) as found:
        call()
    return found.value


def last(play: Tallied) -> Any:
    return play.events[-1].fact


def test_a_step_begins_with_the_next_node_of_each_tally_about_each() -> None:
    play = Tallied("甲户", "乙户", first="2026-02-10")
    assert {(n.tally, n.about, n.nth, n.clock.due.date if n.clock else None) for n in play.state.nodes} == {
        ("household", "甲户", 1, date(2026, 3, 31)),
        ("household", "乙户", 1, date(2026, 3, 31)),
        ("gift", "甲户", 500, date(2026, 12, 10)),
        ("gift", "乙户", 500, date(2026, 12, 10)),
        ("lecture", "", 1, date(2026, 7, 31)),
        ("greeting", "甲户", 1, date(2026, 2, 10)),
        ("greeting", "乙户", 1, date(2026, 2, 10)),
        ("deed", "", 1, None),
    }
    assert len({node.no for node in play.state.nodes}) == len(play.state.nodes)
    assert all(node.clock.kind is ClockKind.NODE for node in play.state.nodes if node.clock)
    assert [clock.kind for clock in play.state.clocks] == [ClockKind.WORKING]
    assert decode(State, encode(play.state)) == play.state


def test_met_early_it_never_rings() -> None:
    play = Tallied("甲户")
    play.visit("2026-03-02")
    assert play.nth("household", "甲户") == 2
    play.tick_until("2026-06-10")
    assert "甲户 第 1 次" not in " ".join(getattr(f, "node", "") for f in play.facts)
    assert play.state.late_count == 0


def test_met_late_it_is_stamped_for_ever_and_the_next_goes_on() -> None:
    play = Tallied("甲户")
    play.tick_until("2026-04-20")
    assert play.rung("甲户 第 1 次") == ["soon", "due", "late", "weekly"]
    assert play.state.late_count == 1
    play.visit("2026-04-21")
    assert play.nth("household", "甲户") == 2
    assert play.state.late_count == 1
    assert play.state.stamps[-1].node == "走访困难户·甲户 第 1 次"
    play.tick_until("2026-06-29")
    assert play.rung("甲户 第 1 次") == ["soon", "due", "late", "weekly"]
    assert play.rung("甲户 满 2 次") == ["soon"]


def test_what_was_due_before_the_one_before_it_was_met_rings_at_once() -> None:
    play = Tallied("甲户")
    play.tick_until("2026-07-15")
    events = play.visit("2026-07-15")
    kinds = [type(event.fact) for event in events]
    assert kinds == [Reported, RungReached, FellDue, RungReached, RungReached]
    assert getattr(events[1].fact, "quiet", False), "the reminder says nothing any more"
    assert play.state.late_count == 2
    assert play.alarm is not None
    assert play.alarm > play.state.at


def test_a_lamp_shows_a_late_node_and_is_green_again_when_it_is_met() -> None:
    play = Tallied("甲户")
    play.tick_until("2026-04-02")
    assert shown_lamp(play.process, play.calendar, play.state).id == "red"
    play.visit("2026-04-02")
    assert shown_lamp(play.process, play.calendar, play.state).id == "green"


def test_sums_are_exact_and_reports_of_another_tally_count() -> None:
    play = Tallied("甲户")
    for day, amount in (("2026-02-02", "166.66"), ("2026-03-02", "166.67"), ("2026-04-02", "166.66")):
        play.visit(day, amount=amount)
    assert counted(play.state.tallied, "gift", "甲户") == Fraction("499.99")
    assert play.node("gift", "甲户") is not None
    play.visit("2026-05-06", amount="0.01")
    assert counted(play.state.tallied, "gift", "甲户") == 500
    assert play.node("gift", "甲户") is None


def test_what_does_not_fit_the_condition_is_recorded_and_does_not_count() -> None:
    play = Tallied("甲户")
    play.visit("2026-03-02", how="call")
    assert last(play).amounts == ()
    assert last(play).uncounted == "不符合“方式（电话） 等于 上门”"
    assert play.state.tallied == ()
    play.visit("2026-03-03", how="call", amount="20")
    assert [amount.tally for amount in last(play).amounts] == ["gift"]
    assert play.nth("household", "甲户") == 1


def test_two_that_are_too_near_count_as_one_whichever_is_reported_first() -> None:
    play = Tallied("甲户", "乙户")
    play.visit("2026-03-20", on="2026-03-16")
    play.visit("2026-03-20", on="2026-03-03")
    assert "相隔 9 个工作日，不足 10 个" in last(play).uncounted
    play.visit("2026-03-20", on="2026-03-02")
    assert last(play).amounts
    play.visit("2026-03-20", "乙户", on="2026-03-02")
    assert last(play).amounts, "about another household it is another visit"


@pytest.mark.parametrize(
    ("said", "code", "words"),
    [
        ({"tally": "nothing"}, Code.FIELD_INVALID, "household（走访困难户）"),
        ({"tally": "gift"}, Code.FIELD_INVALID, "deed（办一件实事）"),
        ({"about": "丙户"}, Code.FIELD_INVALID, "甲户、乙户"),
        ({"about": None}, Code.FIELD_MISSING, "对象"),
        ({"on": date(2026, 3, 3)}, Code.FIELD_INVALID, "2026-03-02（今天）"),
        ({"on": date(2026, 1, 4)}, Code.FIELD_INVALID, "2026-01-05（交办）"),
        ({"answers": ()}, Code.ANSWERS_INVALID, "方式"),
        ({"tally": "deed", "answers": ()}, Code.FIELD_NOT_TAKEN, "对象"),
        ({"tally": None}, Code.FIELD_NOT_TAKEN, "对象"),
        ({"tally": None, "about": None, "answers": ()}, Code.FIELD_MISSING, "说明"),
        ({"tally": "greeting", "answers": ()}, Code.FIELD_MISSING, "说明"),
        ({"by": HELPER}, Code.FIELD_NOT_TAKEN, "项目"),
    ],
)
def test_what_cannot_count_is_refused_in_words(said: dict[str, Any], code: Code, words: str) -> None:
    play = Tallied("甲户", "乙户")
    usual: dict[str, Any] = {"tally": "household", "about": "甲户", "answers": (("how", "site"),)}
    found = refused(lambda: play.do(K.REPORT, "2026-03-02", **{"text": None, **usual, **said}))
    assert (found.code, words in str(found)) == (code, True), str(found)


def test_a_plain_report_says_something_and_counts_for_nothing() -> None:
    play = Tallied("甲户")
    play.do(K.REPORT, "2026-03-02", text="进展")
    assert play.state.tallied == ()
    play.do(K.REPORT, "2026-03-02", HELPER, text="协办单位的进展")


def test_a_correction_takes_the_count_back_and_nothing_rings_twice() -> None:
    play = Tallied("甲户")
    play.tick_until("2026-04-20")
    said = play.rung("甲户 第 1 次")
    entry = play.visit("2026-04-21", amount="500")[-1].seq
    assert play.node("gift", "甲户") is None
    play.do(K.CORRECT, "2026-04-22", SUPERVISOR, entry=entry_of(play, entry), text="没有去", reason="误报")
    play.do(K.DECIDE_CORRECTION, "2026-04-22", LEADER, grant=True)
    assert isinstance(last(play), Corrected)
    node = play.node("household", "甲户")
    assert node is not None
    assert node.nth == 1
    assert node.clock is not None
    assert node.clock.late is not None
    assert play.nth("gift", "甲户") == 500
    assert play.state.tallied == ()
    play.tick_until("2026-05-20")
    assert play.rung("甲户 第 1 次") == [*said, "weekly", "weekly"], "it goes on where it was, and stamps nothing again"
    assert play.state.late_count == 1
    again = play.visit("2026-05-21")
    assert last(play).met == (node.no,), again
    assert len(
        {
            (e.fact.clock, getattr(e.fact, "rung", ""), getattr(e.fact, "times", 0))
            for e in play.events
            if isinstance(e.fact, FellDue | RungReached)
        }
    ) == sum(isinstance(e.fact, FellDue | RungReached) for e in play.events)


def test_a_correction_of_what_did_not_count_changes_nothing() -> None:
    play = Tallied("甲户")
    entry = play.visit("2026-03-02", how="call")[-1].seq
    before = play.state.nodes
    play.do(K.CORRECT, "2026-03-03", SUPERVISOR, entry=entry_of(play, entry), text="上门", reason="误报")
    play.do(K.DECIDE_CORRECTION, "2026-03-03", LEADER, grant=True)
    assert (last(play).gone, last(play).owed, play.state.nodes) == ((), (), before)


def test_a_step_that_has_to_reach_all_is_not_left_before_and_says_what_is_missing() -> None:
    play = Tallied("甲户")
    found = refused(lambda: play.do(K.SUBMIT, "2026-03-02", text="完了"))
    assert found.code is Code.TALLIES_UNMET
    assert "走访困难户·甲户 0/4；慰问金·甲户 0/500；上一次党课 0/1" in str(found)
    for day in ("2026-03-02", "2026-03-17", "2026-04-01", "2026-04-20"):
        play.visit(day, amount="125")
    play.reported("2026-04-21", "lecture", answers=(("what", "党课"),))
    play.reported("2026-04-21", "greeting", about="甲户", text="去过")
    play.reported("2026-04-21", "deed", answers=(("what", "修路"),))
    assert play.state.nodes == ()
    assert refused(lambda: play.do(K.SUBMIT, "2026-04-22", text="完了", reason="多余")).code is Code.FIELD_NOT_TAKEN
    play.do(K.SUBMIT, "2026-04-22", text="完了")
    assert play.state.status is Status.REVIEWING
    play.do(K.CLOSE, "2026-04-23", outcome="done")
    assert len(play.state.tallied) == 7, "what counted is still to be seen"


def test_it_may_end_short_with_a_reason_and_what_was_missing_stands_in_the_entry() -> None:
    play = Tallied("甲户")
    play.do(K.SUBMIT, "2026-03-02", text="完了", reason="整户搬走")
    assert isinstance(last(play), Submitted)
    assert last(play).reason == "整户搬走"
    assert len(last(play).missing) == 5
    assert (play.state.nodes, play.state.running[0].kind) == ((), ClockKind.REVIEWING)


def test_a_return_keeps_what_was_counted_and_another_cycle_begins_anew() -> None:
    play = Tallied("甲户")
    play.tick_until("2026-04-03")
    play.visit("2026-04-03")
    play.do(K.SUBMIT, "2026-04-06", text="完了", reason="先看看")
    play.do(K.RETURN, "2026-04-07", reason="再走")
    assert play.nth("household", "甲户") == 2
    assert play.state.late_count == 1
    play.do(K.SUBMIT, "2026-04-08", text="完了", reason="先看看")
    play.do(K.CLOSE, "2026-04-09", outcome="again")
    assert (play.state.tallied, play.state.rang) == ((), ())
    play.do(K.SUBMIT, "2026-04-10", answers=planned("甲户"), text="")
    assert play.nth("household", "甲户") == 2, "the first date of the year is past: the next one holds more"


def test_dates_that_are_past_when_the_step_begins_leave_the_step_s_end() -> None:
    play = Tallied("甲户", now="2026-12-14")
    nodes = {n.tally: (n.nth, n.clock) for n in play.state.nodes}
    assert nodes["household"] == (4, None)
    assert nodes["gift"] == (500, None)


def test_an_elastic_date_is_proposed_at_signing_within_its_range() -> None:
    play = Tallied("甲户", proposed="2026-05-20")
    node = play.node("lecture")
    assert node is not None
    assert node.clock is not None
    assert (node.clock.due.date, node.clock.due.trace.given_by) == (date(2026, 5, 20), "签收时自报")
    found = refused(lambda: Tallied("甲户", proposed="2026-08-01"))
    assert (found.code, "2026-05-10 至 2026-07-31" in str(found)) == (Code.ANSWERS_INVALID, True)
    organ = Tallied("甲户", process=pairing("organ"))
    assert organ.due("lecture").date == date(2026, 6, 30)
    pledge = pairing("organ").form("pledge")
    assert pledge is not None
    assert [field.id for field in pledge.fields] == ["who"]


def test_rows_that_are_the_same_or_owed_in_the_past_are_refused_where_they_stand() -> None:
    play = Tallied("甲户")
    play.do(K.SUBMIT, "2026-03-02", text="完了", reason="再定一次")
    play.do(K.CLOSE, "2026-03-02", outcome="again")
    found = refused(lambda: play.do(K.SUBMIT, "2026-03-03", answers=planned("甲户", "甲户"), text=""))
    assert "联系户第 2 行户代号”与第 1 行同是“甲户”" in str(found)
    found = refused(lambda: play.do(K.SUBMIT, "2026-03-03", answers=planned("甲户", first="2026-03-02"), text=""))
    assert "2026-03-03（今天）以后" in str(found)


def test_a_date_beyond_what_the_item_may_last_is_refused_with_both() -> None:
    process = replace(pairing(), cap=Window(amount=60))
    found = refused(lambda: Tallied("甲户", first="2026-09-01", process=process))
    assert "晚于事项总时限；应为不晚于 2026-04-" in str(found)


def test_a_pause_moves_every_node_also_those_that_begin_after_it() -> None:
    play, plain = Tallied("甲户"), Tallied("甲户")
    play.do(K.PAUSE, "2026-03-02", to=date(2026, 3, 13))
    play.visit("2026-03-04")
    play.do(K.RESUME, "2026-03-12")
    plain.visit("2026-03-04")
    days = play.calendar.count(plain.due("household", "甲户").date, play.due("household", "甲户").date)
    assert days == 8
    play.visit("2026-04-01")
    plain.visit("2026-04-01")
    pair = [p.due("household", "甲户") for p in (plain, play)]
    assert play.calendar.count(pair[0].date, pair[1].date) == 8
    assert pair[1].trace.stops
    assert play.due("gift", "甲户").date > date(2026, 12, 10)


def test_another_calendar_moves_nodes_and_leaves_what_fell_due() -> None:
    play = Tallied("甲户", first="2026-03-09")
    before = play.node("greeting", "甲户")
    play.do(K.RECALCULATE, "2026-02-02", calendar=CORRECTED)
    after = play.node("greeting", "甲户")
    assert before is not None
    assert before.clock is not None
    assert after is not None
    assert after.clock is not None
    assert (before.clock.due.date, after.clock.due.date) == (date(2026, 3, 9), date(2026, 3, 11))
    assert any(moved.what == "node" for moved in last(play).dates.moved)


def test_more_nodes_than_an_item_holds_are_refused_by_the_command_that_would_begin_them() -> None:
    tally = replace(pairing().tallies[3], id="more", column="", by=(OwedBy(count=1, by="12-10"),))
    process = replace(pairing(), tallies=(*pairing().tallies, *(replace(tally, id=f"more{n}") for n in range(5))))
    found = refused(lambda: Tallied(*(f"{n}户" for n in range(8)), process=process))
    assert (found.code, "最多有 64 个节点，这样会有 66 个" in str(found)) == (Code.NODES_TOO_MANY, True)


def test_so_many_reports_count_in_an_item_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rules.moves.tallying.TALLIED_LIMIT", 2)
    play = Tallied("甲户", "乙户")
    play.visit("2026-03-02")
    play.visit("2026-03-02", "乙户")
    assert refused(lambda: play.visit("2026-03-20")).code is Code.COUNTS_SPENT
    play.visit("2026-03-20", how="call")


def test_state_is_what_the_entries_say() -> None:
    play = Tallied("甲户", "乙户")
    play.tick_until("2026-04-10")
    play.visit("2026-04-10", amount="12.50")
    assert fold(play.events) == play.state
    for event in play.events:
        assert decode(type(event.fact), encode(event.fact)) == event.fact


def test_the_alarm_is_the_earliest_of_all_clocks() -> None:
    play = Tallied("甲户", first="2026-02-10")
    assert play.alarm == at("2026-02-03", "09:00"), "five working days before the greeting"


def test_another_version_carries_what_counted_and_what_rang() -> None:
    play = Tallied("甲户")
    play.tick_until("2026-04-03")
    before = {node.key: node for node in play.state.nodes}
    longer = tuple(
        replace(t, by=(OwedBy(count=1, by="03-31"), OwedBy(count=2, by="12-10")), least=2)
        if t.id == "household"
        else replace(t, by=(OwedBy(count=1, by="11-30"),))
        if t.id == "lecture"
        else t
        for t in play.process.tallies
        if t.id != "deed"
    )
    new = replace(play.process, ref="pairing/2", version="2", tallies=longer)
    play.do(K.MIGRATE, "2026-04-07", process=new)
    after = {node.key: node for node in play.state.nodes}
    assert after.keys() == before.keys() - {("deed", "", 1)}
    assert after["household", "甲户", 1] == before["household", "甲户", 1], "it fell due, and stays so"
    assert play.due("lecture").date == date(2026, 11, 30)
    assert after["lecture", "", 1].no == before["lecture", "", 1].no
    rung = play.rung("甲户 第 1 次")
    play.tick_until("2026-04-10")
    assert play.rung("甲户 第 1 次") == rung
    play.visit("2026-04-13")
    assert play.due("household", "甲户").date == date(2026, 12, 10)
    play.do(K.MIGRATE, "2026-04-14", process=replace(pairing(), ref="pairing/3"))
    assert play.due("household", "甲户").date == date(2026, 6, 30)
    assert play.state.late_count == 1


def test_a_version_that_owes_by_a_day_that_is_past_leaves_a_working_day() -> None:
    play = Tallied("甲户")
    other = tuple(
        replace(t, by=(OwedBy(count=1, by="02-27"),)) if t.id == "lecture" else t for t in play.process.tallies
    )
    play.do(K.MIGRATE, "2026-03-10", process=replace(play.process, ref="pairing/2", version="2", tallies=other))
    assert play.due("lecture").date == date(2026, 3, 11)
    play.tick_until("2026-03-11", "17:00")
    assert play.state.late_count == 0


def test_another_unit_begins_anew() -> None:
    play = Tallied("甲户")
    play.visit("2026-03-02")
    organ = pairing("organ")
    other = UnitRef(id="u2", name="档案馆", kind="organ", area="a2")
    play.do(K.REASSIGN, "2026-03-03", assignment=Assignment(unit=other, process=organ))
    state = play.state
    assert (state.nodes, state.tallied, state.rang, state.owed_since) == ((), (), (), None)
