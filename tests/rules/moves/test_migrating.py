"""A running item by another version of its process: what stands, what is reckoned anew, what begins anew, and what is
refused."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from rules.errors import Code, RuleViolation
from rules.forms.answers import Pairs
from rules.forms.samples import samples
from rules.machine.commands import CommandKind
from rules.machine.timed import Migrated, RungReached
from rules.moves.carrying import given_in
from rules.process import Party, Process, Wait, Way, Window
from tests.support.chance.editions import renamed, with_ladder, with_windows
from tests.support.factories import NEXT_VERSION, PROCESS, K, Play, at, play_to
from tests.support.processes import APPRAISAL, ELECTION, UPGRADE


def version(process: Process = PROCESS, **changes: Any) -> Process:
    """Another version: with these windows of steps, or other fields."""
    steps = tuple(
        replace(s, **({"window": w} if isinstance(w, Window) else w)) if (w := changes.pop(s.id, None)) else s
        for s in process.steps
    )
    return replace(process, ref=f"{process.ref}~", version="small@2", steps=steps, **changes)


def migrate(play: Play, process: Process, when: str | None = None, **fields: Any) -> Migrated:
    events = play.do(K.MIGRATE, when, process=process, **fields)
    (fact,) = [e.fact for e in events if isinstance(e.fact, Migrated)]
    return fact


def refusal(play: Play, process: Process, **fields: Any) -> RuleViolation:
    with pytest.raises(RuleViolation) as refused:
        play.do(K.MIGRATE, process=process, **fields)
    return refused.value


def test_where_nothing_of_it_changed_the_date_stands_and_nobody_hears() -> None:
    play = play_to("executing")
    before = play.state
    fact = migrate(play, version(inspect=Window(amount=20)))
    assert fact.dates.moved == ()
    assert fact.turn is None
    assert play.state.clocks == before.clocks
    assert (play.state.step, play.state.process) == ("execute", "small/one/research@1~")
    assert play.do(K.MIGRATE, process=version(inspect=Window(amount=20))) == [], "it has it already"


def test_another_window_is_reckoned_from_the_day_on_which_the_turn_began() -> None:
    play = play_to("inspecting")  # since Monday 2 March
    assert play.state.clocks[0].due.date == date(2026, 3, 16)
    fact = migrate(play, version(inspect=Window(amount=15)), "2026-03-11")
    assert play.state.clocks[0].due.date == date(2026, 3, 23)
    assert [(m.what, m.before, m.after) for m in fact.dates.moved] == [
        ("reviewing", date(2026, 3, 16), date(2026, 3, 23))
    ]
    assert play.state.clocks[0].no == fact.dates.moved[0].clock
    assert play.state.window_days == 15


def test_nobody_is_late_after_the_event() -> None:
    play = play_to("inspecting")
    migrate(play, version(inspect=Window(amount=3)), "2026-03-12")
    assert play.state.clocks[0].due.date == date(2026, 3, 13)
    assert play.state.late_reviews == 0


def test_what_is_late_stays_late_and_the_stamp_stays() -> None:
    play = play_to("inspecting")
    play.tick_until("2026-03-20")
    before = play.state
    assert before.late_reviews == 1
    migrate(play, version(inspect=Window(amount=30)))
    assert play.state.clocks[0] == before.clocks[0]
    assert play.state.stamps == before.stamps


def test_days_that_the_unit_proposed_stand_as_far_as_the_window_takes_them() -> None:
    play = play_to("unsigned")
    play.do(K.SIGN)
    play.do(K.SUBMIT, days=20)
    migrate(play, version(execute=Window(amount=15, minimum=5)))
    play.do(K.APPROVE)
    assert play.state.clocks[0].due.trace.amount == 15
    assert play.state.clocks[0].due.trace.proposed
    migrate(play, version(play.process, execute=Window(amount=30)))
    assert play.state.clocks[0].due.trace.amount == 30


def test_a_date_that_somebody_set_stands() -> None:
    play = Play(deadline=date(2026, 4, 30))
    for kind in (K.SIGN, K.SUBMIT, K.APPROVE):
        play.do(kind)
    assert play.state.clocks[0].due.date == date(2026, 4, 30)
    migrate(play, version(execute=Window(amount=3)))
    assert play.state.clocks[0].due.date == date(2026, 4, 30)


def test_another_span_cuts_and_frees() -> None:
    play = play_to("executing")
    standing = play.state.clocks[0].due.date
    fact = migrate(play, version(cap=Window(amount=20)))
    assert play.state.cap is not None
    assert play.state.clocks[0].due.date == play.state.cap.date < standing
    assert {m.what for m in fact.dates.moved} == {"cap", "working"}
    migrate(play, version(play.process, cap=Window(amount=100)))
    assert play.state.clocks[0].due.date == standing


def test_what_the_last_span_cut_is_free_where_the_next_version_has_none() -> None:
    play = play_to("executing")
    standing = play.state.clocks[0].due.date
    migrate(play, version(cap=Window(amount=20)))
    assert play.state.clocks[0].due.date < standing
    fact = migrate(play, version(play.process, cap=None))
    assert (play.state.cap, play.state.clocks[0].due.date) == (None, standing)
    assert {m.what for m in fact.dates.moved} == {"working"}


def test_a_step_that_is_gone_has_to_be_named_and_one_that_was_only_renamed_goes_on() -> None:
    play = play_to("executing")
    due = play.state.clocks[0].due
    new = version(renamed(PROCESS, {"execute": "do"}))
    refused = refusal(play, new)
    assert refused.code is Code.MIGRATION_REFUSED
    assert "--step execute=新环节" in str(refused)
    assert refusal(play, new, steps=(("execute", "nowhere"),)).code is Code.FIELD_INVALID
    fact = migrate(play, new, steps=(("execute", "do"),))
    assert fact.turn is None
    assert (play.state.step, play.state.clocks[0].due) == ("do", due)
    play.do(K.SUBMIT)
    assert play.state.step == "inspect"


def test_another_step_with_another_window_begins_today() -> None:
    play = play_to("executing")
    new = version(renamed(PROCESS, {"execute": "do"}), plan=Window(amount=9))
    fact = migrate(play, new, "2026-03-10", steps=(("execute", "plan"),))
    assert fact.turn is not None
    assert play.state.clocks[0].due.date == date(2026, 3, 23)
    assert [m.what for m in fact.dates.moved] == ["working"]
    assert len(play.state.clocks) == 1, "nobody owes reports of a step that is left"


def test_where_another_party_has_the_move_it_begins_today() -> None:
    play = play_to("reviewing")
    new = version(
        plan_review={"party": Party.UNIT, "submit_to": (Way(to="execute"),), "approve_to": None, "return_to": ()}
    )
    fact = migrate(play, new, "2026-03-10")
    assert fact.turn is not None
    assert play.state.status.value == "working"
    assert play.state.clocks[0].due.date == date(2026, 3, 16)


def test_what_need_not_be_signed_any_more_begins_and_what_was_declined_is_refused() -> None:
    play, new = play_to("unsigned"), version(sign=None, declined=None)
    fact = migrate(play, new)
    assert fact.turn is not None
    assert (play.state.status.value, play.state.step) == ("working", "plan")
    assert "请先改派" in str(refusal(play_to("declined"), new))


@pytest.mark.parametrize(("kind", "said"), [(K.PAUSE, "请先恢复计时"), (K.ASK_EXTENSION, "请先批复")])
def test_a_turn_does_not_begin_anew_over_somebody_s_head(kind: K, said: str) -> None:
    play = play_to("executing")
    play.do(kind, to=date(2026, 5, 20) if kind is K.ASK_EXTENSION else date(2026, 3, 10))
    assert said in str(refusal(play, version(plan=Window(amount=9)), steps=(("execute", "plan"),)))
    migrate(play, version(inspect=Window(amount=20)))


def test_a_report_is_owed_at_the_new_interval_from_today() -> None:
    play = play_to("executing")
    migrate(play, version(execute={"report_every": Window(amount=5)}), "2026-03-10")
    assert [c.due.date for c in play.state.clocks[1:]] == [date(2026, 3, 17)]
    migrate(play, version(play.process, execute={"report_every": None}))
    assert len(play.state.clocks) == 1


def test_the_new_ladder_says_nothing_of_what_lies_behind_and_goes_on_from_there() -> None:
    play = play_to("working")  # to be planned until Monday 9 March
    play.tick_until("2026-03-13")
    told = len(play.events)
    migrate(play, version(with_ladder(PROCESS)), "2026-03-13")
    assert len(play.events) == told + 1
    assert play.state.points == 0
    rung = next(f for e in play.tick_at_alarm() if isinstance(f := e.fact, RungReached))
    assert (rung.rung, play.now) == ("circular_2", at("2026-03-17", "09:00"))


def test_of_another_process_or_kind_of_unit_it_is_no_version() -> None:
    play = play_to("working")
    for other in (replace(NEXT_VERSION, id="other"), replace(NEXT_VERSION, unit_kind="organ")):
        assert refusal(play, other).code is Code.MIGRATION_REFUSED


def test_what_is_watched_is_watched_until_the_day_that_was_said() -> None:
    play = play_to("watching")
    watch = play.state.watch
    migrate(play, version(with_windows(PROCESS, 9), watch=None))
    assert play.state.watch == watch
    play.do(K.REOPEN)
    assert play.state.clocks[0].due.trace.amount == 9


# ---------------------------------------------------------------- answers, ways, panels, waits


def project(*kinds: CommandKind) -> Play:
    """A project whose plan was approved, and what was done since."""
    play = Play(process=UPGRADE.resolve("research", "pdca"), co_units=())
    play.do(K.SIGN)
    play.do(K.SUBMIT, answers=answers(play, target="9.0", shown="2026-03-20"))
    for kind in (K.APPROVE, *kinds):
        play.do(kind)
    return play


def answers(play: Play, **others: str) -> Pairs:
    """What fills the step's form, but for these answers."""
    sample = next(samples(play.process.form(play.process.step(play.state.step).form)))
    return tuple((at, others.get(at, text)) for at, text in sample)


def judged_by(play: Play, when: str) -> Process:
    """The version in which the first outcome is judged so."""
    first, *others = play.process.outcomes
    return version(play.process, outcomes=(replace(first, when=when), *others))


def test_what_a_version_reckons_with_is_found_among_what_was_answered_or_has_to_be_answered_first() -> None:
    play = project()
    kept = play.state.answers
    new = judged_by(play, "effect.after >= plan.target and plan.target > plan.before")
    refused = str(refusal(play, new))
    assert "环节“检查”要用“实施前”（plan.before）" in refused
    assert "--step do=plan" in refused
    migrate(play, new, given=given_in(play.facts))
    assert set(play.state.answers) == {*kept, ("plan.before", "1.0")}
    other = project()
    fact = migrate(other, judged_by(other, "effect.after > plan.before"), steps=(("do", "plan"),))
    assert (other.state.step, fact.turn is not None) == ("plan", True)


def test_the_state_keeps_what_the_version_names_and_can_still_read() -> None:
    play = project()
    plan, *forms = play.process.forms
    optional = replace(plan, fields=tuple(replace(f, need=False, places=0) for f in plan.fields))
    migrate(play, version(play.process, forms=(optional, *forms)), given=given_in(play.facts))
    assert {at for at, _ in play.state.answers} == {"plan.shown"}, "a target of one place is no whole number"
    migrate(play, version(judged_by(play, ""), shown={"waits": Wait(then="check")}))
    assert play.state.answers == ()


def test_how_often_a_way_was_taken_goes_along_where_it_still_leads_there() -> None:
    play = Play(process=ELECTION.resolve("research", "direct"), co_units=())
    while play.state.step != "elect":
        play.do(K.APPROVE if play.state.status.value == "reviewing" else K.SUBMIT)
    play.do(K.SUBMIT, answers=answers(play, **{"votes.1.yes": "0"}))
    assert play.state.counted == ("elect.2",)
    play_on, usual = play.process.step("elect").submit_to[1], play.process.step("elect").submit_to[0]
    new = version(play.process, elect={"submit_to": (replace(play_on, to="recommend"), usual, play_on)})
    migrate(play, new)
    assert play.state.counted == ("elect.3",)
    migrate(play, version(renamed(play.process, {"elect": "vote"})), steps=(("elect", "vote"),))
    assert play.state.counted == ("vote.3",)
    migrate(play, version(play.process, vote={"submit_to": (usual,)}))
    assert not play.state.counted


def test_who_has_agreed_has_agreed_as_long_as_the_same_have_to() -> None:
    play = Play(process=APPRAISAL.resolve("research", "year"), co_units=())
    while play.state.status.value != "reviewing":
        play.do(K.SIGN if play.state.status.value == "unsigned" else K.SUBMIT)
    play.do(K.APPROVE)
    step, agreed = play.state.step, play.state.endorsed
    assert agreed
    migrate(play, version(play.process, **{step: Window(amount=40)}))
    assert play.state.endorsed == agreed
    posts = play.process.posts_of(play.process.step(step))
    fact = migrate(play, version(play.process, **{step: {"posts": replace(posts, least=1)}}))
    assert (fact.turn is not None, play.state.endorsed) == (True, ())


def test_a_wait_for_a_day_that_somebody_named_goes_on_and_another_wait_begins_today() -> None:
    play = project(K.SUBMIT)
    clock = play.state.clock
    assert play.state.status.value == "waiting"
    migrate(play, version(play.process, shown=Window(amount=2)))
    assert play.state.clock == clock
    fact = migrate(play, version(play.process, shown={"waits": Wait(then="check")}))
    assert fact.turn is not None
    play.tick_at_alarm()
    assert play.state.step == "check"


def test_fewer_cycles_than_have_begun_keep_nobody_from_ending() -> None:
    play = project(K.SUBMIT)
    play.tick_at_alarm()
    play.do(K.CLOSE, outcome="again", answers=answers(play, after="1.0"))
    migrate(play, version(play.process, cycles=1))
    assert (play.state.cycle, play.state.step) == (2, "adjust")
