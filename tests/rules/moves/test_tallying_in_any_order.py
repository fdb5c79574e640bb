"""Whatever is reported, corrected, paused, returned or recalculated in whatever order: what counts is what the entries
say, what is owed is the next unmet number, and nothing rings twice."""

from datetime import timedelta
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from rules.dates.calendar import local_date
from rules.errors import RuleViolation
from rules.machine.commands import CommandKind, Status
from rules.machine.facts import Corrected, CycleStarted, Reassigned, Reopened, Reported
from rules.machine.folding import fold
from rules.machine.timed import FellDue, RungReached
from rules.nodes.node import OPEN_LIMIT
from rules.nodes.owing import counted
from tests.rules.moves.tallied import Tallied, planned
from tests.support.factories import CALENDAR, CORRECTED, LEADER, SUPERVISOR, entry_of, next_version

K = CommandKind
DEEDS = st.sampled_from(
    [
        "visit",
        "call",
        "greet",
        "deed",
        "wrong",
        "pause",
        "resume",
        "recalculate",
        "migrate",
        "short",
        "return",
        "again",
        "plan",
    ]
)
PLAYS = st.lists(st.tuples(DEEDS, st.integers(0, 60), st.sampled_from(["甲户", "乙户"])), max_size=14)


def _do(play: Tallied, deed: str, about: str) -> None:
    """The deed, today; refused where it does not fit."""
    today = f"{local_date(play.now)}"
    match deed:
        case "visit":
            play.visit(today, about, amount="99.99")
        case "call":
            play.visit(today, about, how="call", amount="0.01")
        case "greet":
            play.reported(today, "greeting", about=about, text="去过")
        case "deed":
            play.reported(today, "deed", answers=(("what", "修路"),))
        case "wrong":
            counted_ = play.state.tallied
            if counted_:
                entry = entry_of(play, counted_[-1].entry)
                play.do(K.CORRECT, play.now, SUPERVISOR, entry=entry, text="没有", reason="误报")
                play.do(K.DECIDE_CORRECTION, play.now, LEADER, grant=True)
        case "pause":
            play.do(K.PAUSE, play.now, to=local_date(play.now) + timedelta(days=12))
        case "resume":
            play.do(K.RESUME, play.now)
        case "recalculate":
            other = CORRECTED if play.calendar is CALENDAR else CALENDAR
            play.do(K.RECALCULATE, play.now, calendar=other)
        case "migrate":
            play.do(K.MIGRATE, play.now, process=next_version(play.process))
        case "short":
            play.do(K.SUBMIT, play.now, text="完了", reason="做不到")
        case "return":
            play.do(K.RETURN, play.now, reason="再走")
        case "again":
            play.do(K.CLOSE, play.now, outcome="again")
        case "plan":
            play.do(K.SUBMIT, play.now, answers=planned("甲户", "乙户"), text="")


def _said(play: Tallied) -> list[tuple[int, str, str, str]]:
    """What counts by the entries alone: (entry, tally, about, amount)."""
    found: list[tuple[int, str, str, str]] = []
    for event in play.events:
        match event.fact:
            case Reported() as fact:
                found += [(event.seq, one.tally, fact.about, one.amount) for one in fact.amounts]
            case Corrected() as fact:
                found = [one for one in found if one[0] != fact.entry]
            case CycleStarted() | Reopened() | Reassigned():
                found = []
    return found


def _whole(play: Tallied) -> None:
    state = play.state
    assert fold(play.events) == state
    held = [(one.entry, a.tally, one.about, a.amount) for one in state.tallied for a in one.amounts]
    assert held == _said(play)
    assert len(state.nodes) <= OPEN_LIMIT
    assert len({node.no for node in state.nodes}) == len(state.nodes)
    assert len({node.key[:2] for node in state.nodes}) == len(state.nodes), "one open node of a tally about each"
    by_id = {tally.id: tally for tally in play.process.tallies}
    for node in state.nodes:
        have = counted(state.tallied, node.tally, node.about)
        assert have < node.nth <= by_id[node.tally].least
    if state.status is Status.WORKING and state.step == "doing":
        for about in ("甲户", "乙户"):
            met = counted(state.tallied, "household", about) >= 4
            assert (play.node("household", about) is None) == met
    else:
        assert state.nodes == ()
    rung = [e.fact for e in play.events if isinstance(e.fact, RungReached)]
    assert len({(f.clock, f.rung, f.times) for f in rung}) == len(rung), "no rung speaks twice"
    cycle, fell = 1, []
    for event in play.events:
        cycle += isinstance(event.fact, CycleStarted)
        if isinstance(event.fact, FellDue) and event.fact.node:
            fell.append((cycle, event.fact.node))
    assert len(set(fell)) == len(fell), "what is owed is stamped once, ever"
    assert play.alarm is None or play.alarm >= state.at


@settings(max_examples=25, deadline=None)
@given(PLAYS)
def test_what_counts_is_what_the_entries_say_and_nothing_rings_twice(deeds: list[tuple[str, int, str]]) -> None:
    play = Tallied("甲户", "乙户", first="2026-02-10")
    for deed, days, about in deeds:
        play.tick_until(f"{local_date(play.now) + timedelta(days=days)}")
        try:
            _do(play, deed, about)
        except RuleViolation:
            continue
        finally:
            _whole(play)
    assert sum((Fraction(one[3]) for one in _said(play) if one[1] == "gift"), Fraction(0)) == sum(
        (counted(play.state.tallied, "gift", about) for about in ("甲户", "乙户")), Fraction(0)
    )
