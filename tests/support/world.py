"""The small world of the ledger's tests: four units in two areas, their people, the process of the tests of `rules`."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from ledger.chain import batches, entries, pinned
from ledger.chain.entries import Appended
from ledger.directory import people
from ledger.store.database import Database
from rules.machine.commands import Actor, Command, CommandKind, UnitRef
from rules.machine.events import Event
from rules.machine.folding import fold
from rules.machine.issuing import Order, issue
from rules.machine.item import decide
from rules.machine.state import State
from rules.process import Process, Role
from tests.support.factories import CALENDAR, OTHER_PROCESS, PROCESS, SUPERVISOR, UNIT, USUAL, at
from tests.support.matters import ABOUT, PLANNED

NOW = at("2026-03-02")
PROCESSES = {PROCESS.ref: PROCESS, OTHER_PROCESS.ref: OTHER_PROCESS}

AREAS = [
    {"id": "a1", "name": "第一片组", "leader": "pian", "instructor": "zhi"},
    {"id": "a2", "name": "第二片组", "leader": "pian2", "instructor": "zhi2"},
]
UNITS: list[dict[str, Any]] = [
    {"id": "u1", "name": "农科院", "kind": "research", "area": "a1", "aliases": "县农科院\n农业科学院"},
    {"id": "u2", "name": "档案馆", "kind": "organ", "area": "a2", "aliases": ""},
    {"id": "u3", "name": "林科所", "kind": "research", "area": "a1", "aliases": ""},
    {"id": "u4", "name": "慈善总会", "kind": "social", "area": None, "aliases": ""},
]
_POSTS: list[tuple[str, str, Role, str | None, str | None]] = [
    ("lian", "李安", Role.LIAISON, "u1", None),
    ("lian1b", "林一白", Role.LIAISON, "u1", None),
    ("zhang", "张红", Role.UNIT_HEAD, "u1", None),
    ("dang", "党安", Role.LIAISON, "u2", None),
    ("guan2", "管二", Role.UNIT_HEAD, "u2", None),
    ("xie", "谢协", Role.LIAISON, "u3", None),
    ("pian", "片一", Role.AREA_LEADER, None, "a1"),
    ("zhi", "智一", Role.INSTRUCTOR, None, "a1"),
    ("pian2", "片二", Role.AREA_LEADER, None, "a2"),
    ("zhi2", "智二", Role.INSTRUCTOR, None, "a2"),
    ("du", "杜查", Role.SUPERVISOR, None, None),
    ("du2", "杜二", Role.SUPERVISOR, None, None),
    ("fen", "冯管", Role.LEADER, None, None),
    # A leader who also belongs to a unit leads all the same.
    ("fen2", "冯二", Role.LEADER, "u4", None),
    ("shen", "沈计", Role.AUDITOR, None, None),
    ("guan", "关理", Role.ADMINISTRATOR, None, None),
]
PEOPLE = [{"id": id_, "name": name, "unit": unit} for id_, name, _, unit, _ in _POSTS]
POSTS = [{"person": id_, "role": str(role), "unit": unit, "area": area} for id_, _, role, unit, area in _POSTS]

U3 = UnitRef(id="u3", name="林科所", kind="research", area="a1")


LOADED_AT = NOW - timedelta(days=1)
LOADED = 4
"""So many entries loading the world makes: its units, the rest of its directory, its processes, its calendar."""


def load(database: Database) -> None:
    with database.write() as connection:
        people.load(connection, areas=AREAS, units=UNITS, people=PEOPLE, posts=POSTS, now=LOADED_AT)
        pinned.load_processes(connection, PROCESSES.values(), LOADED_AT)
        pinned.load_calendar(connection, CALENDAR, LOADED_AT)


def issued(
    no: str = "XX2026-0001", *, unit: UnitRef = UNIT, now: datetime = NOW, about: dict[str, Any] = ABOUT, **order: Any
) -> Event:
    """The first event of an item."""
    process = OTHER_PROCESS if unit.kind == "organ" else PROCESS
    what = Order(no=no, unit=unit, **about, **order)
    return issue(process, CALENDAR, what, command=f"issue-{no}", actor=SUPERVISOR, now=now).events[0]


def store_issued(database: Database, *events: Event) -> None:
    with database.write() as connection:
        entries.store_issued(connection, [(event, None) for event in events])


def state_of(database: Database, no: str) -> State:
    with database.read() as connection:
        state = fold(entries.read_events(connection, no))
    assert state is not None
    return state


def process_of(state: State) -> Process:
    return PROCESSES[state.process]


def command(kind: CommandKind, state: State, id_: str, by: Actor | None = None, **fields: Any) -> Command:
    """The usual command of that kind (tests/support/factories.py), with that id."""
    actor, said = USUAL[kind]
    if kind is CommandKind.SUBMIT and state.step == "plan":
        said = {**said, "answers": PLANNED}
    return Command(kind=kind, id=id_, actor=by or actor, **{**said, **fields})


def events_of(state: State, what: Command, now: datetime) -> tuple[Event, ...]:
    return decide(process_of(state), CALENDAR, state, what, now).events


def give(database: Database, no: str, kind: CommandKind, now: datetime, id_: str, **fields: Any) -> Appended:
    """The command is decided on the ledger's state and appended."""
    state = state_of(database, no)
    events = events_of(state, command(kind, state, id_, **fields), now)
    return entries.append(database, no, state.seq, id_, events)


def live(database: Database, no: str = "XX2026-0001", *, unit: UnitRef = UNIT) -> None:
    """An item with a life of eight entries: issued, signed, late with its rungs, submitted, returned."""
    k = CommandKind
    store_issued(database, issued(no, unit=unit))
    give(database, no, k.SIGN, NOW + timedelta(hours=1), f"{no}-sign")
    give(database, no, k.TICK, at("2026-03-11"), f"{no}-tick")
    give(database, no, k.SUBMIT, at("2026-03-11", "11:00"), f"{no}-submit")
    give(database, no, k.RETURN, at("2026-03-12"), f"{no}-return")


def new_item(n: int, unit: str = "u1", kind: str = "research", key: str | None = None, **order: Any) -> batches.NewItem:
    """A draft, the n-th."""
    ref = UnitRef(id=unit, name=unit, kind=kind)
    about = order.pop("about", {"title": f"第 {n} 个问题"})
    what = Order(no="", unit=ref, **about, **order)
    return batches.NewItem(process="small", variant="one", import_key=key or f"key-{n}", order=what)


def save_batch(
    connection: Connection, batch: str, items: Sequence[batches.NewItem], *, confirmed: bool = True, now: datetime = NOW
) -> bool:
    saved = batches.save(
        connection, batch, items, filename="台账.xlsx", title="整改台账", reading={"rows": 3}, actor=SUPERVISOR, now=now
    )
    if confirmed:
        batches.confirm(connection, batch, SUPERVISOR, now)
    return saved
