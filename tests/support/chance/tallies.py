"""What somebody reports for a tally by chance; and what must hold of what counts and is owed, whatever happens."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from rules.dates.calendar import Calendar, local_date
from rules.forms.samples import samples
from rules.machine.commands import Status
from rules.machine.events import Event
from rules.machine.facts import Corrected, CycleStarted, Issued, Reassigned, Reopened, Reported
from rules.machine.state import State
from rules.machine.timed import FellDue
from rules.nodes.node import OPEN_LIMIT, TALLIED_LIMIT
from rules.nodes.owing import Owing, counted, dates, subjects, tallies_in
from rules.process import Process

ANEW = (Issued, CycleStarted, Reopened, Reassigned)
"""With these nothing counts yet, and everything may be owed again."""


def report_by_chance(
    data: st.DataObject, process: Process, calendar: Calendar, state: State, now: datetime
) -> dict[str, Any]:
    """The fields of a report for one of the tallies of the step; none where it has none, or by chance."""
    could = [one for one in process.tallies if one.step == state.step and one.reported]
    if not could or data.draw(st.integers(0, 5)) == 5:
        return {}
    tally = data.draw(st.sampled_from(could))
    known = subjects(owing_in(process, calendar, state), tally)
    today, issued = local_date(max(now, state.at)), local_date(state.issued or now)
    on = max(issued, today - timedelta(days=data.draw(st.integers(0, 40))))
    said: dict[str, Any] = {"tally": tally.id, "on": on}
    if tally.each:
        said["about"] = data.draw(st.sampled_from(known)) if known else "无"
    form = process.form(tally.form)
    return said | ({"text": None, "answers": data.draw(st.sampled_from(list(samples(form))))} if form else {})


def owing_in(process: Process, calendar: Calendar, state: State) -> Owing:
    """What is owed in that state is worked out from this."""
    return Owing(
        process=process,
        calendar=calendar,
        since=state.owed_since or state.at,
        answers=state.answers,
        members=state.unit.members,
    )


def check_counts(process: Process, calendar: Calendar, state: State, events: list[Event]) -> None:
    """What counts is what the entries say; of each tally, about each subject, one node is open, the next unmet one; and
    since everything was last owed anew no node of one version was stamped twice."""
    held = [(one.entry, a.tally, one.about, a.amount) for one in state.tallied for a in one.amounts]
    assert held == _said(events), "counts are what the entries say"
    assert len(state.nodes) <= OPEN_LIMIT
    assert len(state.tallied) <= TALLIED_LIMIT
    assert len({node.no for node in state.nodes} | {clock.no for clock in state.clocks}) == len(state.nodes) + len(
        state.clocks
    )
    assert len({node.key[:2] for node in state.nodes}) == len(state.nodes)
    by_id = {tally.id: tally for tally in process.tallies}
    for node in state.nodes:
        assert state.status is Status.WORKING
        assert by_id[node.tally].step == state.step
        assert counted(state.tallied, node.tally, node.about) < node.nth <= by_id[node.tally].least
    if state.status is Status.WORKING:
        open_ = {node.key[:2]: node.nth for node in state.nodes}
        for tally in tallies_in(process, state.step):
            owing = owing_in(process, calendar, state)
            for about in subjects(owing, tally):
                have = counted(state.tallied, tally.id, about)
                unmet = [nth for nth, _, _ in dates(owing, tally, about) if nth > have]
                assert open_.pop((tally.id, about), None) == next(iter(unmet), None), "the next unmet node is open"
        assert open_ == {}
    stamped = _stamped(events)
    assert len(set(stamped)) == len(stamped), "what is owed is stamped once"


def _said(events: list[Event]) -> list[tuple[int, str, str, str]]:
    found: list[tuple[int, str, str, str]] = []
    for event in events:
        match event.fact:
            case Reported() as fact:
                found += [(event.seq, one.tally, fact.about, one.amount) for one in fact.amounts]
            case Corrected() as fact:
                found = [one for one in found if one[0] != fact.entry]
            case fact if isinstance(fact, ANEW):
                found = []
    return found


def _stamped(events: list[Event]) -> list[str]:
    """The nodes that fell due since everything was last owed anew."""
    found: list[str] = []
    for event in events:
        if isinstance(event.fact, ANEW):
            found = []
        elif isinstance(event.fact, FellDue) and event.fact.node:
            found.append(event.fact.node)
    return found
