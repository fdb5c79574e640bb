"""Campaigns of all shapes that a loader would take, for tests: fixed and elastic, before and after the period's end."""

from __future__ import annotations

from hypothesis import strategies as st

from rules.machine.commands import Actor, Via
from rules.process import Role
from rules.rounds.campaign import Campaign, DueBy
from rules.rounds.moment import Moment, MomentForm
from rules.rounds.periods import Rhythm
from rules.units.selecting import Selector

SYSTEM_ACTOR = Actor(id="system", role=Role.SYSTEM)
SUPERVISOR = Actor(id="p0001", role=Role.SUPERVISOR, via=Via.SITE)
OTHER = Actor(id="p0002", role=Role.SUPERVISOR, via=Via.SITE)


def working(nth: int, *, after: bool = False, most: int | None = None) -> Moment:
    return Moment(form=MomentForm.WORKING_DAY, nth=nth, after=after, most=most)


MONTHLY = Campaign(
    id="monthly",
    name="月报",
    version="1",
    process="checkin",
    variant="report",
    rhythm=Rhythm.MONTH,
    to=Selector(everybody=True),
    opens=working(-3),
    due=(
        DueBy(kind="organ", moment=working(5, after=True)),
        DueBy(kind="research", moment=working(5, after=True, most=12)),
        DueBy(kind="", moment=working(7, after=True)),
    ),
    locks=working(15, after=True),
)


@st.composite
def campaigns(draw: st.DrawFn) -> Campaign:
    """Opens in the last days of the period or in the first, due and locked after."""
    rhythm = draw(st.sampled_from([r for r in Rhythm if r is not Rhythm.ONCE]))
    first = draw(st.integers(3, 12))
    due = [DueBy(kind="", moment=working(first, after=True))]
    for kind in draw(st.sets(st.sampled_from(["organ", "research", "social"]))):
        at = draw(st.integers(3, 12))
        most = draw(st.one_of(st.none(), st.integers(at + 1, at + 6)))
        due.append(DueBy(kind=kind, moment=working(at, after=True, most=most)))
    last = max(one.moment.most or one.moment.nth for one in due)
    return Campaign(
        id="any",
        name="任意",
        version="1",
        process="p",
        variant="v",
        rhythm=rhythm,
        to=Selector(everybody=True),
        opens=working(draw(st.integers(-3, -1))) if draw(st.booleans()) else working(draw(st.integers(1, 5))),
        due=tuple(due),
        locks=working(last + draw(st.integers(1, 9)), after=True),
    )
