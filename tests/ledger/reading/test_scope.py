"""Whoever reads sees what is in the scope of their posts and nothing else, whatever is asked: compared with a plain
filter over everything, on both databases."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import cache
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, func, select, text

from desk.register_extract import register_extract
from desk.showing.register import SORTS
from ledger.chain import lookup
from ledger.chain.batches import DRAFT
from ledger.chain.entries import CO_UNIT, ENTRY, ITEM, NOTICE
from ledger.directory.sight import seen_by
from ledger.reading import audit, issued, queries, versions
from ledger.reading.audit import EntryFilters
from ledger.reading.entries_extract import EntrySelection, entries_extract
from ledger.reading.extracts import Extract
from ledger.reading.filters import Filters
from ledger.reading.personal import inbox
from ledger.reading.sorting import OWN, Sorting
from ledger.store import evidence
from ledger.store.database import Database
from ledger.store.sight import Sight
from rules.access import SEES_EVERYTHING, SEES_NOTHING, SeenScope
from rules.errors import RuleViolation
from rules.machine.commands import CommandKind as K
from rules.machine.commands import UnitRef
from tests.support import world
from tests.support.factories import OTHER_UNIT, UNIT, at
from tests.support.world import NOW, U3

U4 = UnitRef(id="u4", name="慈善总会", kind="research", area=None)
HOLDERS = (UNIT, OTHER_UNIT, U3, U4)
ITEMS = 20
FILTERS = (
    Filters(),
    Filters(unit="u1"),
    Filters(unit="u2", area="a2"),
    Filters(area="a1"),
    Filters(lamp="red"),
    Filters(status="unsigned"),
    Filters(ended=False, late=True),
    Filters(text="个问题"),
    Filters(text="XX2026-0003"),
    Filters(unit="u3", status="unsigned"),
    Filters(process="small"),
)
_ALLOWED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
OFTEN = settings(suppress_health_check=_ALLOWED, deadline=None, max_examples=12)
Read = Callable[[Connection], list[str]]
"""Reads numbers of items, in some order."""


@pytest.fixture(scope="module")
def county(shared: Database) -> Database:
    """Items of four units in two areas and in none, half of them with units that help; some acted on, some late."""
    chance, events = Random(28), []
    for n in range(1, ITEMS + 1):
        unit = chance.choice(HOLDERS)
        others = [one.id for one in HOLDERS if one != unit]
        helpers = tuple(sorted(chance.sample(others, chance.randint(1, 3)))) if n % 2 else ()
        now = NOW + timedelta(minutes=n)
        about = {"title": f"第 {n} 个问题"}
        events.append(
            world.issued(f"XX2026-{n:04d}", unit=unit, about=about, co_units=helpers, batch=f"b{n % 5}", now=now)
        )
    world.store_issued(shared, *events)
    for n in range(1, 7):
        world.give(shared, f"XX2026-{n:04d}", K.TICK, at("2026-03-20"), f"t{n}")
    for n in range(7, 9):
        world.give(shared, f"XX2026-{n:04d}", K.ANNUL, NOW + timedelta(hours=2), f"a{n}")
    with shared.write() as connection:
        world.save_batch(connection, "drafts", [world.new_item(n, f"u{n}") for n in (1, 2, 3)])
    return shared


def _numbers(rows: Iterable[Any], column: str = "no") -> list[str]:
    return [row[column] for row in rows]


def _register(filters: Filters, order: Sorting, size: int) -> Read:
    def read(connection: Connection) -> list[str]:
        found: list[str] = []
        after = None
        while True:
            page = queries.register(connection, filters, sorting=order, after=after, size=size)
            found += _numbers(page.rows)
            after = page.next
            if after is None:
                return found

    return read


def _each(look: Callable[[Connection, str], Any]) -> Read:
    """The numbers of items at which looking finds something, where it does not refuse."""

    def read(connection: Connection) -> list[str]:
        found = []
        for n in range(1, ITEMS + 1):
            try:
                if look(connection, f"XX2026-{n:04d}"):
                    found.append(f"XX2026-{n:04d}")
            except RuleViolation:
                continue
        return found

    return read


def _entries(connection: Connection) -> list[str]:
    found, after = [], None
    while True:
        page = audit.entries(connection, EntryFilters(), after=after, size=37)
        found += [row["stream"] for row in page.rows if not row["stream"].startswith("~")]
        after = page.next
        if after is None:
            return found


def _of_items(extract: Extract) -> int:
    """How many of the rows are of items."""
    at_stream = [column.name for column in extract.columns].index("stream")
    return sum(1 for row in extract.rows if str(row.values[at_stream]).startswith("XX"))


EVERY = [f"XX2026-{n:04d}" for n in range(1, ITEMS + 1)]
READS: dict[str, Read] = {
    "chunks": lambda c: [no for rows in queries.register_chunks(c, Filters(), 7) for no in _numbers(rows)],
    "item": _each(lambda c, no: queries.item(c, no).entries),
    "row": _each(lambda c, no: lookup.item_row(c, no)),
    "first fact": _each(lambda c, no: lookup.first_fact(c, no)),
    "entry": _each(lambda c, no: lookup.entry_ref(c, no, 1)),
    "command": _each(lambda c, no: lookup.hash_of_command(c, no, f"issue-{no}")),
    "fact": _each(lambda c, no: lookup.fact_of_command(c, no, f"issue-{no}")),
    "notices": _each(lambda c, no: queries.notices_of(c, no=no)),
    "open item": _each(lambda c, no: lookup.open_item(c, no)),
    "evidence": _each(lambda c, no: evidence.belongs(c, "0" * 64, no) or lookup.first_fact(c, no)),
    "rows": lambda c: _numbers(lookup.rows_of(c, EVERY)),
    "open": lambda c: _numbers(lookup.open_items(c)),
    "told": lambda c: sorted(issued.told_of(c, EVERY)),
    "entries": _entries,
    "findings": lambda c: [one.no for one in audit.findings(c)],
    "inbox": lambda c: _numbers(inbox.notices(c, ["lian", "dang", "xie", "zhi", "du"]), "stream"),
    "heard": lambda c: _numbers(queries.heard(c, "zhi", "2026", "2027"), "stream"),
    "notices of a person": lambda c: _numbers(queries.notices_of(c, person="lian"), "stream"),
    "both": lambda c: sorted(c.execute(select(ITEM.c.no).union_all(select(CO_UNIT.c.no))).scalars()),
    "joined from outside": lambda c: list(
        c.execute(
            select(NOTICE.c.stream).join(ITEM, ITEM.c.no == NOTICE.c.stream, isouter=True).order_by(NOTICE.c.id)
        ).scalars()
    ),
    "inside": lambda c: list(
        c.execute(select(select(ITEM.c.no.label("no")).subquery().c.no.label("inner")).order_by("inner")).scalars()
    ),
    "by another name": lambda c: sorted(c.execute(select(ITEM.alias("other").c.no)).scalars()),
    "exists": lambda c: sorted(
        c.execute(select(ENTRY.c.stream).where(select(ITEM.c.no).where(ITEM.c.no == ENTRY.c.stream).exists())).scalars()
    ),
    "helpers": lambda c: sorted(c.execute(select(CO_UNIT.c.no)).scalars()),
}
COUNTS: dict[str, tuple[Callable[[Connection], int], Read]] = {
    "lamps": (lambda c: sum(queries.lamp_counts(c, Filters()).values()), READS["chunks"]),
    "findings": (audit.count_findings, READS["findings"]),
    "inbox": (
        lambda c: inbox.counts(c, ["lian", "dang"])[1],
        lambda c: _numbers(inbox.notices(c, ["lian", "dang"]), "id"),
    ),
    "items": (lambda c: c.execute(select(func.count()).select_from(ITEM)).scalar_one(), READS["by another name"]),
    "versions": (lambda c: sum(versions._running(c).values()), READS["open"]),
    "exported": (lambda c: len(list(register_extract(c, Filters()).rows)), READS["chunks"]),
    "entries exported": (lambda c: _of_items(entries_extract(c, EntrySelection())), READS["entries"]),
}
_IDS = st.lists(st.sampled_from(["u1", "u2", "u3", "u4"]), max_size=3, unique=True).map(lambda ids: tuple(sorted(ids)))
SCOPES = st.one_of(
    st.sampled_from([SEES_EVERYTHING, SEES_NOTHING]),
    st.builds(
        SeenScope,
        units=_IDS,
        below=_IDS,
        areas=st.lists(st.sampled_from(["a1", "a2"]), max_size=2, unique=True).map(lambda ids: tuple(sorted(ids))),
    ),
)


@cache
def everything(database: Database) -> dict[str, list[str]]:
    """What each of these finds for whoever sees everything."""
    with database.read() as connection:
        return {name: read(connection) for name, read in READS.items()}


def allowed(database: Database, *scopes: SeenScope) -> set[str]:
    """The numbers by a plain filter."""
    with database.read() as connection:
        helping: dict[str, set[str]] = {}
        for no, unit in connection.execute(select(CO_UNIT.c.no, CO_UNIT.c.unit)):
            helping.setdefault(no, set()).add(unit)
        rows = connection.execute(select(ITEM.c.no, ITEM.c.unit, ITEM.c.area)).all()
    return {no for no, unit, area in rows if all(s.holds(unit, area, helping.get(no, ())) for s in scopes)}


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None, max_examples=12
)
@given(st.lists(SCOPES, min_size=1, max_size=2))
def test_whatever_is_read_is_what_a_plain_filter_leaves(county: Database, scopes: list[SeenScope]) -> None:
    theirs = allowed(county, *scopes)
    narrow = county.seen(lambda _: Sight(scopes=tuple(scopes)))
    whole = everything(county)
    with narrow.read() as scoped:
        for name, read in READS.items():
            assert read(scoped) == [no for no in whole[name] if no in theirs], name
        for name, (count, listing) in COUNTS.items():
            assert count(scoped) == len(listing(scoped)), name


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None, max_examples=12
)
@given(SCOPES, st.sampled_from(FILTERS), st.sampled_from([1, 5, 500]), st.data())
def test_pages_in_any_order_and_narrowed_in_any_way_hold_each_item_once(
    county: Database, scope: SeenScope, filters: Filters, size: int, data: st.DataObject
) -> None:
    order = data.draw(st.sampled_from([OWN, *(Sorting(by=by, down=down) for by in SORTS for down in (False, True))]))
    read, theirs = _register(filters, order, size), allowed(county, scope)
    with county.read() as whole, county.seen(lambda _: Sight(scopes=(scope,))).read() as scoped:
        assert read(scoped) == [no for no in read(whole) if no in theirs]
        counted = queries.lamp_counts(scoped, filters)
        assert sum(counted.values()) == len(read(scoped))


def test_what_is_out_of_the_scope_is_refused_as_what_is_not_there(county: Database) -> None:
    theirs = allowed(county, SeenScope(units=("u1",)))
    foreign = next(no for no in EVERY if no not in theirs)
    nowhere = "XX2026-9999"
    looks = (queries.item, lookup.item_row, lookup.first_fact, lambda c, no: lookup.entry_ref(c, no, 1))
    with county.seen(seen_by(["lian"])).read() as connection:
        for look in looks:
            said = []
            for no in (foreign, nowhere):
                with pytest.raises(RuleViolation) as refusal:
                    look(connection, no)
                said.append((refusal.value.code, str(refusal.value).replace(no, "")))
            assert said[0] == said[1]


ROLES = {
    "du": SEES_EVERYTHING,
    "fen": SEES_EVERYTHING,
    "shen": SEES_EVERYTHING,
    "zhi": SeenScope(areas=("a1",)),
    "pian2": SeenScope(areas=("a2",)),
    "lian": SeenScope(units=("u1",)),
    "guan2": SeenScope(units=("u2",)),
    "guan": SEES_NOTHING,
    "nobody of that name": SEES_NOTHING,
    "": SEES_NOTHING,
}


@pytest.mark.parametrize(("person", "scope"), ROLES.items())
def test_each_role_sees_its_own(county: Database, person: str, scope: SeenScope) -> None:
    with county.seen(seen_by([person] if person else [])).read() as connection:
        assert set(READS["chunks"](connection)) == allowed(county, scope)


def test_drafts_and_journals_of_everybody_are_not_read_by_a_unit(county: Database) -> None:
    with county.seen(seen_by(["lian"])).read() as connection:
        assert connection.execute(select(DRAFT.c.unit).where(DRAFT.c.batch == "drafts")).scalars().all() == ["u1"]
        streams = set(connection.execute(select(ENTRY.c.stream).where(ENTRY.c.stream.startswith("~"))).scalars())
    assert not any(stream.startswith(("~access/", "~draw/")) for stream in streams)


def test_what_is_asked_in_text_is_refused(county: Database) -> None:
    with county.seen(seen_by(["lian"])).read() as connection, pytest.raises(NotImplementedError):
        connection.execute(text("SELECT no FROM item"))
