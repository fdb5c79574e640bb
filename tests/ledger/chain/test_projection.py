"""The register's row is the fold of the entries, whatever happened, in whatever order, read back or not."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.chain import entries, lookup, projection
from ledger.proof.verify import verify
from ledger.reading import queries
from ledger.reading.filters import Filters
from ledger.store.database import Database
from rules.errors import RuleViolation
from rules.machine.commands import CommandKind as K
from rules.machine.facts import Issued
from rules.machine.folding import fold
from rules.machine.item import alarm
from rules.machine.state import State
from tests.support import world
from tests.support.factories import CALENDAR, USUAL, at
from tests.support.world import NOW

KINDS = [kind for kind in K if kind is not K.TICK]
STEP = st.tuples(
    st.sampled_from([*KINDS, K.TICK, K.SIGN, K.SUBMIT, K.APPROVE, K.CLOSE]),
    st.integers(0, 60 * 24 * 12),
    st.integers(0, 2),
)
"""A command, the minutes since the one before, and which of its variants."""


def _fields(kind: K, state: State, variant: int) -> dict[str, object]:
    if kind is K.CLOSE:
        return {"outcome": ("rectified", "done", "continuing")[variant]}
    if kind is K.ASK_EXTENSION:
        return {"to": at("2026-03-20").date() + timedelta(days=30 * variant)}
    if kind in (K.DECIDE_EXTENSION, K.DECIDE_CORRECTION):
        return {"grant": variant > 0, "reason": "不同意"}
    if kind is K.WATCH:
        return {"result": ("held", "relapsed")[variant % 2]}
    return {}


def _act(database: Database, no: str, step: tuple[K, int, int], n: int) -> None:
    """The command is given if the rules take it; a unit's people move with the item."""
    kind, _, variant = step
    state = world.state_of(database, no)
    by = USUAL[kind][0]
    if by.unit == "u1" and state.unit.id == "u2":
        by = type(by)(id="dang", role=by.role, unit="u2")
    now = state.at + timedelta(minutes=step[1])
    try:
        world.give(database, no, kind, now, f"c{n}", by=by, **_fields(kind, state, variant))
    except RuleViolation:
        assert world.state_of(database, no) == state


def _agrees(database: Database, no: str) -> None:
    with database.read() as connection:
        view = queries.item(connection, no)
    state = fold(view.events)
    assert state is not None
    assert view.state == state
    process = world.process_of(state)
    issued = view.events[0].fact
    assert isinstance(issued, Issued)
    expected = projection.item_row(process, CALENDAR, state, view.entries[-1]["hash"], view.events[0], issued, None)
    assert dict(view.row) == expected
    rings = alarm(process, CALENDAR, state)
    assert (view.row["alarm_at"] is None) == (rings is None)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(steps=st.lists(STEP, max_size=25))
def test_the_row_is_the_fold_of_the_entries_after_any_history(
    shared: Database, steps: list[tuple[K, int, int]]
) -> None:
    with shared.read() as connection:
        no = f"XX2026-{len(lookup.open_items(connection, size=9999)) + _ended(shared) + 1:04d}"
    world.store_issued(shared, world.issued(no))
    for n, step in enumerate(steps):
        _act(shared, no, step, n)
    _agrees(shared, no)
    found = [w for w in verify(shared).wrong if w.stream == no]
    assert found == []


def _ended(database: Database) -> int:
    with database.read() as connection:
        narrowed = [Filters(ended=True), Filters(status="annulled")]
        return sum(len(queries.register(connection, filters, size=500).rows) for filters in narrowed)


@pytest.mark.parametrize("kind", list(K))
def test_the_row_is_the_fold_after_each_command_on_the_straight_way(database: Database, kind: K) -> None:
    way = [K.SIGN, K.SUBMIT, K.APPROVE, K.REPORT, K.ASK_EXTENSION, K.DECIDE_EXTENSION, K.SUBMIT, K.CLOSE, K.WATCH]
    world.store_issued(database, world.issued())
    for n, step in enumerate(way):
        _agrees(database, "XX2026-0001")
        _act(database, "XX2026-0001", (kind, 60, 1), 100 + n)
        _act(database, "XX2026-0001", (step, 60, 1), n)
    _agrees(database, "XX2026-0001")
    assert verify(database).wrong == ()


def test_a_state_read_back_and_gone_on_with_is_the_state_folded_from_the_start(database: Database) -> None:
    world.live(database)
    with database.read() as connection:
        row = lookup.item_row(connection, "XX2026-0001")
        events = entries.read_events(connection, "XX2026-0001")
        later = entries.read_events(connection, "XX2026-0001", after=4)
        middle = entries.read_events(connection, "XX2026-0001", after=2, until=4)
    assert [e.seq for e in middle] == [3, 4]
    assert fold(later, fold(events[:4])) == lookup.state_of(row) == fold(events)
    assert NOW == events[0].at
