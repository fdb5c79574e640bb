"""Who may do what, who hears of it, and by which rules: the directory, substitutions and what is in force, against the
office journal. Folds every entry that gives, changes or takes any of it, and compares the tables with the outcome."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, TypeAlias, get_args

from sqlalchemy import Connection, RowMapping, Table, select

from ledger.chain import erasable, journal, pinned
from ledger.directory import arriving, units
from ledger.proof.verifying.found import Wrong
from ledger.store.aside_tables import UnitConditionRow, UnitSpanRow
from ledger.store.tables import Area, Person, Post, Substitute, Unit, table_of
from rules.dates.calendar import local_date
from rules.errors import RuleViolation
from rules.names import ROLE_NAMES
from rules.office.facts import DirectoryLoaded, PostsEnded, PutInForce, SubstituteNamed, SubstitutionEnded
from rules.process import Role
from rules.units.facts import UnitFact
from rules.units.spans import UnitLife, after

_OF_UNITS = get_args(UnitFact)
Key: TypeAlias = tuple[str, ...]
Values: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vouched:
    """A row as the journal has it, and the entry that says so."""

    values: Values
    stream: str
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A table that the journal vouches for: its key, its columns, and what a row is called."""

    table: Table
    key: tuple[str, ...]
    columns: tuple[str, ...]
    named: Callable[[Key], str]


def _post(key: Key) -> str:
    person, role = key
    return f"人员 {person} 的职务“{ROLE_NAMES.get(Role(role), role) if role in set(Role) else role}”"


_KEPT = {
    "area": Kept(
        table=table_of(Area), key=("id",), columns=("name", "leader", "instructor"), named=lambda key: f"片组 {key[0]} "
    ),
    "unit": Kept(
        table=table_of(Unit),
        key=("id",),
        columns=("name", "kind", "area", "aliases", "ended", "parent", "size", "condition", "became"),
        named=lambda key: f"单位 {key[0]} ",
    ),
    "unit_span": Kept(
        table=table_of(UnitSpanRow),
        key=("unit", "first"),
        columns=("until", "name", "kind", "area", "aliases", "parent", "size", "became"),
        named=lambda key: f"单位 {key[0]} 自 {key[1]} 起的一段",
    ),
    "unit_condition": Kept(
        table=table_of(UnitConditionRow),
        key=("unit", "first"),
        columns=("until", "condition"),
        named=lambda key: f"单位 {key[0]} 自 {key[1]} 起的状况",
    ),
    "person": Kept(
        table=table_of(Person), key=("id",), columns=("name", "unit", "email"), named=lambda key: f"人员 {key[0]} "
    ),
    "post": Kept(table=table_of(Post), key=("person", "role"), columns=("unit", "area"), named=_post),
    "substitute": Kept(
        table=table_of(Substitute),
        key=("person", "first", "named_at"),
        columns=("last", "stand_in", "named_by", "ended_at"),
        named=lambda key: f"人员 {key[0]} 自 {key[1]} 起的委托",
    ),
}
"""The tables by name, in the order in which they are compared."""


@dataclass(slots=True)
class Journal:
    """What the entries lead to, by table and key."""

    rows: dict[str, dict[Key, Vouched]] = field(default_factory=lambda: {name: {} for name in _KEPT})
    in_force: PutInForce = field(default_factory=lambda: PutInForce(processes=(), calendar=""))
    lives: dict[str, UnitLife] = field(default_factory=dict)
    told: dict[str, tuple[str, int]] = field(default_factory=dict)
    """The entry that last said something of a unit."""
    settled: str = ""
    """When something was last written about units."""

    def add(self, entry: RowMapping, fact: journal.Note) -> None:
        """The fact counts from here on."""
        match fact:
            case DirectoryLoaded():
                for area in fact.areas:
                    self._put(entry, "area", (area.id,), name=area.name, leader=area.leader, instructor=area.instructor)
                for person in fact.people:
                    self._put(entry, "person", (person.id,), unit=person.unit, erasable=person.erasable)
                for post in fact.posts:
                    self._put(entry, "post", (post.person, post.role), unit=post.unit, area=post.area)
            case PostsEnded():
                for post in fact.posts:
                    self.rows["post"].pop((post.person, post.role), None)
            case SubstituteNamed():
                named = {"last": fact.last.isoformat(), "stand_in": fact.stand_in, "named_by": entry["actor"]}
                key = (fact.person, fact.first.isoformat(), entry["recorded_at"])
                self._put(entry, "substitute", key, **named, ended_at=None)
            case SubstitutionEnded():
                for of, known in self.rows["substitute"].items():
                    if of[0] == fact.person and known.values["ended_at"] is None:
                        self._put(entry, "substitute", of, **known.values | {"ended_at": entry["recorded_at"]})
            case PutInForce():
                self.in_force = replace(fact, joint=0)
            case _ if type(fact) in _OF_UNITS:
                self._add_units(entry, fact)  # type: ignore[arg-type]

    def _add_units(self, entry: RowMapping, fact: UnitFact) -> None:
        changed = after(self.lives, fact)
        self.lives.update(changed)
        self.told.update(dict.fromkeys(changed, (entry["stream"], entry["seq"])))
        self.settled = max(self.settled, entry["recorded_at"])

    def close(self) -> None:
        """All facts have been added: the rows of the units are those to which they lead."""
        day = local_date(datetime.fromisoformat(self.settled)) if self.settled else date.min
        for unit, life in self.lives.items():
            stream, seq = self.told[unit]
            shown = units.row_now(life, day)
            rows = [("unit", shown)] if shown else []
            rows += [("unit_span", row) for row in units.span_rows([life])]
            rows += [("unit_condition", row) for row in units.condition_rows([life])]
            for table, row in rows:
                kept = _KEPT[table]
                values = {name: row[name] for name in kept.columns}
                self.rows[table][tuple(row[name] for name in kept.key)] = Vouched(values=values, stream=stream, seq=seq)

    def _put(self, entry: RowMapping, table: str, key: Key, **values: Any) -> None:
        self.rows[table][key] = Vouched(values=values, stream=entry["stream"], seq=entry["seq"])


def verify_authority(connection: Connection) -> Iterator[Wrong]:
    """What is wrong with the directory, with substitutions, and with what is in force."""
    told = Journal()
    folded = (DirectoryLoaded, PostsEnded, SubstituteNamed, SubstitutionEnded, PutInForce, *_OF_UNITS)
    for entry, fact in journal.facts(connection, *folded):
        told.add(entry, fact)
    told.close()
    _open_names(connection, told.rows["person"])
    for name, kept in _KEPT.items():
        yield from _verify_table(connection, kept, told.rows[name])
    yield from _verify_in_force(connection, told.in_force)


def _open_names(connection: Connection, people: dict[Key, Vouched]) -> None:
    """Names and addresses take the place of their hashes. One that cannot be read is said elsewhere (names.py)."""
    gone = erasable.erased_refs(connection, erasable.SOMEBODY)
    values = erasable.values(connection, {known.values["erasable"] for known in people.values()} - {""})
    for (person,), known in people.items():
        ref = known.values.pop("erasable")
        if person in gone:
            known.values.update(name=erasable.nobody(person), email=None)
            continue
        try:
            name, email = arriving.name_and_address(values[ref] or "")
        except (LookupError, TypeError, ValueError):
            continue
        known.values.update(name=name, email=email)


def _verify_table(connection: Connection, kept: Kept, told: Mapping[Key, Vouched]) -> Iterator[Wrong]:
    left = dict(told)
    for row in connection.execute(select(kept.table).order_by(*(kept.table.c[name] for name in kept.key))).mappings():
        key = tuple(str(row[name]) for name in kept.key)
        known = left.pop(key, None)
        if known is None:
            what = (
                f"{kept.named(key)}登记着，却没有给出或任命的记录（或记录已终止）：是绕过程序加上的，请查是谁改了数据库"
            )
            yield Wrong(stream="", seq=0, what=what)
            continue
        # An address is personal: that it differs is said, and not how.
        changed = [name for name in kept.columns if name in known.values and row[name] != known.values[name]]
        if changed:
            what = f"{kept.named(key)}与这一条不一致（{'、'.join(changed)}）：登记被绕过程序改动，重新载入名录可改回"
            yield Wrong(stream=known.stream, seq=known.seq, what=what)
    for key, known in left.items():
        what = f"{kept.named(key)}不见了：这一条说有，没有终止的记录，登记被绕过程序删除，重新载入名录可补回"
        yield Wrong(stream=known.stream, seq=known.seq, what=what)


def _verify_in_force(connection: Connection, told: PutInForce) -> Iterator[Wrong]:
    """New items are made by the processes and the calendar that an entry put in force, each for what it says it is
    for."""
    found = pinned.in_force(connection)
    for ref in sorted(set(found.processes) - set(told.processes)):
        yield Wrong(stream="", seq=0, what=f"流程 {ref} 标为现行，却没有启用它的记录：是绕过程序换上的")
    for ref in sorted(set(told.processes) - set(found.processes)):
        yield Wrong(stream="", seq=0, what=f"流程 {ref} 按记录是现行的，登记里不是：被绕过程序停用或删除")
    if found.calendar != told.calendar:
        words = f"登记的是 {found.calendar or '（没有）'}，记录启用的是 {told.calendar or '（没有）'}"
        yield Wrong(stream="", seq=0, what=f"现行的工作日历被绕过程序换过：{words}")
    for row in connection.execute(select(pinned.PROCESS).order_by(pinned.PROCESS.c.ref)).mappings():
        try:
            process = pinned.process(connection, row["ref"])
        except (RuleViolation, LookupError, TypeError, ValueError):
            continue  # altered: said elsewhere
        if (row["process"], row["variant"], row["unit_kind"]) != (process.id, process.variant, process.unit_kind):
            words = f"{row['process']}/{row['variant']}，{row['unit_kind']}"
            what = f"流程 {row['ref']} 登记为用于别的事项或单位类型（{words}）：登记被绕过程序改动"
            yield Wrong(stream="", seq=0, what=what)
