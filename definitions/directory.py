"""Who there is: areas, units and people, read from a directory file. Values and their loader; nothing is stored."""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

from definitions.fields import FileMapping, listed, suggestion
from definitions.process import digest
from definitions.source import Keys, Source
from rules.names import CONDITION_NAMES
from rules.permitting import HELD, OF_AREA, OF_UNIT
from rules.process import Role
from rules.units.checking import DEEPEST

UNIT_KINDS = {
    "organ": "机关",
    "institution": "事业单位",
    "research": "科研院所",
    "enterprise": "国有企业",
    "social": "社会组织",
}
"""The kinds of unit that the program's words know; a process file says which of them it has windows for."""

SIZES = {"committee": "党委", "general_branch": "党总支", "branch": "党支部"}
"""How large a unit's party organisation is."""

CONDITIONS = CONDITION_NAMES
"""In which condition a unit is: by what an assessment found."""

ENTRY_ID = re.compile(r"[a-z][a-z0-9_-]{0,31}")
ENTRY_ID_EXPECTED = "小写英文字母开头，由小写字母、数字、连字符、下划线组成的编号，如 u001"
_PERSON = re.compile(r"(\S+)\s+(\S.{0,38})")
EMAIL = re.compile(r"[A-Za-z0-9._%+'-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){0,8}")
EMAIL_EXPECTED = "邮箱地址，形如 zhangsan@qingxi.gov.cn"
_NAME_LIMIT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaDefinition:
    """A group of units; `leader` and `instructor` are ids of people."""

    id: str
    name: str
    leader: str
    instructor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitDefinition:
    """An organisation. `aliases` are the other names under which registers call it; no two units share one. `parent`:
    the unit above it; none: the body itself. `size`: of SIZES, or empty. `condition`: of CONDITIONS; empty: the file
    says nothing of it, and it stays. `merged`: the ids of units that are part of it from now on, and no more by
    themselves; the file names them nowhere else."""

    id: str
    name: str
    kind: str
    area: str
    aliases: tuple[str, ...] = ()
    parent: str | None = None
    size: str = ""
    condition: str = ""
    merged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonDefinition:
    """Somebody with one or more roles, in at most one unit and one area."""

    id: str
    name: str
    unit: str | None = None
    roles: tuple[str, ...] = ()
    area: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryDefinition:
    """One directory file. `version` is a hash of what it says."""

    file: str
    name: str
    version: str
    areas: tuple[AreaDefinition, ...]
    units: tuple[UnitDefinition, ...]
    people: tuple[PersonDefinition, ...]


def load_directory(path: Path, kinds: Collection[str] = tuple(UNIT_KINDS)) -> DirectoryDefinition:
    """The directory that a file describes. Raises definition_invalid with every mistake of the file."""
    source = Source(path)
    if source.root is None:
        source.refuse()
    top = FileMapping(source, (), source.root)
    people = _People(source)
    name = top.text("name", "名称，如某某县")
    if top.has("people"):
        for person_id, table in _entries(top, "people", "人员"):
            people.read(person_id, table)
    areas = [_area(area_id, table, people) for area_id, table in _entries(top, "areas", "片组")]
    area_ids = [area.id for area in areas]
    entries = _entries(top, "units", "单位")
    known = _KnownSoFar(kinds=kinds, areas=area_ids, units=[unit_id for unit_id, _ in entries])
    units = [_unit(unit_id, table, known, people) for unit_id, table in entries]
    top.done()
    _check_names(source, units)
    _check_parents(source, units)
    _check_merged(source, units)
    people.check({unit.id for unit in units}, set(area_ids))
    source.refuse()
    return DirectoryDefinition(
        file=source.file,
        name=name,
        version=digest(source.canonical()),
        areas=tuple(areas),
        units=tuple(units),
        people=people.all(),
    )


def _entries(top: FileMapping, key: str, what: str) -> list[tuple[str, FileMapping]]:
    return top.tables(key, f"{what}：每行“编号: {{…}}”", ENTRY_ID, ENTRY_ID_EXPECTED)


class _People:
    """The people named so far: by themselves, or beside the unit or area that they answer for."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._found: dict[str, tuple[PersonDefinition, Keys]] = {}

    def all(self) -> tuple[PersonDefinition, ...]:
        """Everybody, in the order of the file."""
        return tuple(person for person, _ in self._found.values())

    def read(self, person_id: str, table: FileMapping) -> None:
        """An entry of `people`; who also stands beside a unit or area needs no roles here, only the address."""
        addressed = table.has("email")
        person = PersonDefinition(
            id=person_id,
            name=table.text("name", "姓名", 40),
            unit=table.word("unit", ENTRY_ID, "单位编号") if table.has("unit") else None,
            roles=table.words("roles", HELD) if table.has("roles") or not addressed else (),
            area=table.word("area", ENTRY_ID, "片组编号") if table.has("area") else None,
            email=table.word("email", EMAIL, EMAIL_EXPECTED) if addressed else None,
        )
        table.done()
        self._add(person, table.path)

    def inline(
        self, table: FileMapping, key: str, role: Role, *, unit: str | None = None, area: str | None = None
    ) -> str:
        """A person written as `p0001 陈思远` in a table; the id."""
        expected = "人员编号和姓名，形如 p0001 陈思远"
        value = table.scalar(key, expected, ("str",))
        found = _PERSON.fullmatch(value or "")
        if found is None or not ENTRY_ID.fullmatch(found[1]):
            if value is not None:
                table.mistake(key, f"“{key}”写的是“{value}”", expected)
            return ""
        person = PersonDefinition(id=found[1], name=found[2].strip(), unit=unit, roles=(role.value,), area=area)
        self._add(person, (*table.path, key))
        return person.id

    def _add(self, person: PersonDefinition, keys: Keys) -> None:
        if person.id not in self._found:
            self._found[person.id] = (person, keys)
            return
        known, first = self._found[person.id]
        where = f"第 {self._source.line(first)} 行"
        for name, had, has in (
            ("姓名", known.name, person.name),
            ("单位", known.unit, person.unit),
            ("片组", known.area, person.area),
            ("邮箱", known.email, person.email),
        ):
            if had and has and had != has:
                what = f"{person.id} 的{name}是“{has}”，而{where}写的是“{had}”"
                self._source.add(keys, what, f"同一编号是同一人，只有一个{name}")
        roles = (*known.roles, *(role for role in person.roles if role not in known.roles))
        merged = replace(
            known,
            unit=known.unit or person.unit,
            area=known.area or person.area,
            email=known.email or person.email,
            roles=roles,
        )
        self._found[person.id] = (merged, first)

    def check(self, units: Collection[str], areas: Collection[str]) -> None:
        """Everybody's unit and area exist, and are there where a role needs them."""
        for person, keys in self._found.values():
            for key, value, known, roles in (
                ("unit", person.unit, units, OF_UNIT),
                ("area", person.area, areas, OF_AREA),
            ):
                if value is not None and value not in known:
                    self._source.add((*keys, key), f"没有“{value}”{suggestion(value, known)}", f"已写明的 {key} 编号")
                if value is None and roles & set(person.roles):
                    what = f"{person.id}（{person.name}）是 {listed(sorted(roles & set(person.roles)))}，没有 {key}"
                    self._source.add(keys, what, f"写明 {key}")


def _area(area_id: str, table: FileMapping, people: _People) -> AreaDefinition:
    area = AreaDefinition(
        id=area_id,
        name=table.text("name", "片组名称"),
        leader=people.inline(table, "leader", Role.AREA_LEADER, area=area_id),
        instructor=people.inline(table, "instructor", Role.INSTRUCTOR, area=area_id),
    )
    table.done()
    return area


@dataclass(frozen=True, slots=True, kw_only=True)
class _KnownSoFar:
    """What a unit may name."""

    kinds: Collection[str]
    areas: Collection[str]
    units: Collection[str]


def _unit(unit_id: str, table: FileMapping, known: _KnownSoFar, people: _People) -> UnitDefinition:
    unit = UnitDefinition(
        id=unit_id,
        name=table.text("name", "单位全称", _NAME_LIMIT),
        aliases=table.words("aliases", least=0) if table.has("aliases") else (),
        kind=table.reference("kind", known.kinds),
        area=table.reference("area", known.areas),
        parent=table.reference("parent", known.units) if table.has("parent") else None,
        size=table.reference("size", SIZES) if table.has("size") else "",
        condition=table.reference("condition", CONDITIONS) if table.has("condition") else "",
        merged=table.words("merged") if table.has("merged") else (),
    )
    people.inline(table, "head", Role.UNIT_HEAD, unit=unit_id)
    people.inline(table, "liaison", Role.LIAISON, unit=unit_id)
    table.done()
    return unit


def _check_names(source: Source, units: list[UnitDefinition]) -> None:
    """No name or alias means two units: a register that uses it could not be read."""
    owners: dict[str, UnitDefinition] = {}
    for unit in units:
        names: list[tuple[str, Keys]] = [(unit.name, ("units", unit.id, "name"))]
        names += [(alias, ("units", unit.id, "aliases", n)) for n, alias in enumerate(unit.aliases)]
        for name, keys in names:
            key = "".join(unicodedata.normalize("NFKC", name).split())
            owner = owners.setdefault(key, unit) if key else unit
            if owner is not unit:
                source.add(keys, f"“{name}”也是 {owner.id}（{owner.name}）的名称", "只指一个单位的名称")


def _check_merged(source: Source, units: list[UnitDefinition]) -> None:
    """What is part of another unit is no unit of the file, and part of one."""
    into: dict[str, str] = {}
    there = {unit.id for unit in units}
    for unit in units:
        for n, part in enumerate(unit.merged):
            keys = ("units", unit.id, "merged", n)
            if part in there:
                source.add(keys, f"{part} 也在这份文件的单位里", "并入的单位不再另列；分开的，从 merged 里去掉")
            elif (owner := into.setdefault(part, unit.id)) != unit.id:
                source.add(keys, f"{part} 已写在 {owner} 的 merged 里", "一个单位只并入一个")


def _check_parents(source: Source, units: list[UnitDefinition]) -> None:
    """No unit stands above itself, and none too deep below the body."""
    parents = {unit.id: unit.parent for unit in units}
    for unit in units:
        keys = ("units", unit.id, "parent")
        line = [unit.id]
        while (above := parents.get(line[-1])) and above not in line:
            line.append(above)
        if above == unit.id:
            source.add(keys, f"上级绕回了自己（{' → '.join([*line, above])}）", "不归它管的单位，或去掉 parent")
        elif not above and len(line) > DEEPEST:
            what = f"到最上级有 {len(line)} 层（{' → '.join(line)}）"
            source.add(keys, what, f"最多 {DEEPEST} 层")
