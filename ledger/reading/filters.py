"""What the register can be narrowed to, each filter once: queries, the page, the JSON routes, the command line and the
exports all have it from here, with its words."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, bindparam, select

from ledger.chain.entries import ITEM
from ledger.chain.lookup import number
from ledger.directory import people
from ledger.reading import lists
from ledger.reading.extracts import clean
from ledger.reading.spoken import code_of
from rules.errors import Code, RuleViolation
from rules.names import LINK_NAMES, PARTY_NAMES, STATUS_NAMES, VARIANT_NAME, names_of
from rules.process import Role

_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PARTIES = {str(party): name for party, name in PARTY_NAMES.items()}
_LINKS = {str(link): name for link, name in LINK_NAMES.items()}
Names = Callable[[Connection], Mapping[str, str]]
_SHOWN = select(ITEM.c.no).where(ITEM.c.lamp == bindparam("lamp")).limit(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """A filter as people meet it. `heading`: what it is called beside a value; `asks`: where a value is asked for, if
    otherwise; `hint`: how the value is written; `names`: what there is to choose from, code to name; `flags`: the two
    options of the command line, of one that is yes or no; `only`: the words for yes, where the page offers it;
    `takes`: "words" or "day", where it is written on the page; `more`: asked there only by who wants more."""

    name: str
    heading: str
    asks: str
    hint: str
    names: Names | None
    flags: str
    only: str
    searched: bool
    takes: str
    more: bool

    @property
    def yes_no(self) -> bool:
        """Whether it takes no value but yes and no."""
        return bool(self.flags)

    @property
    def help(self) -> str:
        """The filter on one line."""
        return f"{self.asks}（{self.hint}）" if self.hint and not self.flags else self.hint or self.asks


def _by(
    heading: str,
    hint: str = "",
    *,
    asks: str = "",
    names: Names | None = None,
    flags: str = "",
    only: str = "",
    searched: bool = False,
    takes: str = "",
    more: bool = False,
) -> Any:
    told: dict[str, Any] = {"heading": heading, "asks": asks or heading, "hint": hint, "names": names}
    told |= {"flags": flags, "only": only, "searched": searched, "takes": takes, "more": more}
    return field(default=None, metadata=told)


def _areas(connection: Connection) -> Mapping[str, str]:
    return {area["id"]: area["name"] for area in people.all_areas(connection)}


def _statuses(connection: Connection) -> Mapping[str, str]:
    return names_of(lists.current_words(connection)).status


def _lamps(connection: Connection) -> Mapping[str, str]:
    return {lamp.id: lamp.name for process in lists.current_processes(connection) for lamp in process.lamps}


def _unit_kinds(connection: Connection) -> Mapping[str, str]:
    return {process.unit_kind: process.unit_kind_name for process in lists.current_processes(connection)}


def _variants(connection: Connection) -> Mapping[str, str]:
    return {process.variant: process.variant_name for process in lists.current_processes(connection)}


def _processes(connection: Connection) -> Mapping[str, str]:
    return {process.id: process.name for process in lists.current_processes(connection)}


def _supervisors(connection: Connection) -> Mapping[str, str]:
    everybody = people.everybody(connection)
    return {one.id: one.name for one in everybody if any(post.role is Role.SUPERVISOR for post in one.posts)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What the register is narrowed to; None and empty mean all. `unit`: what it leads and what it helps with. `text`
    is an item's number, or words looked for in the title, in either case of Latin letters. `ended`: closed, and not
    annulled; False: neither. `party`: whose turn it is. `due_from`, `due_to`: local dates, both included."""

    text: str | None = _by("编号或事由", "编号，或事由里的字", searched=True)
    area: str | None = _by("片组", "编号或名称", names=_areas)
    unit: str | None = _by("单位", "编号、名称或简称，含其协办的")
    unit_kind: str | None = _by("单位类型", "名称或代码", names=_unit_kinds)
    status: str | None = _by("状态", "、".join(STATUS_NAMES.values()), names=_statuses)
    variant: str | None = _by(VARIANT_NAME, "名称或代码", names=_variants)
    lamp: str | None = _by("灯", "绿灯、黄灯、红灯、灰灯、作废", asks="亮灯", names=_lamps)
    late: bool | None = _by(
        "逾期", "只要逾期的，或只要没有逾期的", asks="是否逾期", flags="--late/--in-time", only="只看逾期"
    )
    ended: bool | None = _by("已办结", "只要已办结的（不含作废），或只要未办结的", flags="--ended/--open")
    batch: str | None = _by("批次", "导入时给出的批次编号")
    process: str | None = _by("流程", "名称或编号", names=_processes, more=True)
    party: str | None = _by("轮到谁", "、".join(PARTY_NAMES.values()), names=lambda _: _PARTIES, more=True)
    supervisor: str | None = _by("督查员", "编号或姓名", names=_supervisors, more=True)
    category: str | None = _by("类别", "事由里写的类别", takes="words", more=True)
    source: str | None = _by("来源", "事由里写的来源", takes="words", more=True)
    parent: str | None = _by("上级事项", "编号：只要它的子项", takes="words", more=True)
    link: str | None = _by("关系", "、".join(LINK_NAMES.values()), names=lambda _: _LINKS, more=True)
    due_from: str | None = _by("到期不早于", "日期，如 2026-03-05", takes="day", more=True)
    due_to: str | None = _by("到期不晚于", "日期，如 2026-03-31", takes="day", more=True)


FILTERS = tuple(Filter(name=one.name, **one.metadata) for one in fields(Filters))


def understood(connection: Connection, filters: Filters) -> Filters:
    """The filters by code, whatever they were written as. Raises field_invalid or unknown_unit, with what there is."""
    written = {one: getattr(filters, one.name) for one in FILTERS if not one.yes_no}
    codes: dict[str, Any] = {one.name: _code(connection, one, text) for one, text in written.items() if text}
    return replace(filters, **codes)


def _code(connection: Connection, one: Filter, written: str) -> str:
    if one.name == "unit":
        return people.unit_ref(connection, written).id
    if one.name == "parent":
        return number(written)
    if one.takes == "day":
        return _day(one, written.strip())
    if one.names is None:
        return written.strip()
    names, lamp = one.names(connection), one.name == "lamp"
    if lamp and written not in names and connection.execute(_SHOWN, {"lamp": written}).first():
        return written  # of a process that is no longer in force, and still shown
    return code_of(one.asks, written, names, ending="灯" if lamp else "")


def _day(one: Filter, written: str) -> str:
    try:
        if not _ISO.fullmatch(written):
            raise ValueError(written)
        return date.fromisoformat(written).isoformat()
    except ValueError:
        actual = written[:20]
        raise RuleViolation(Code.FIELD_INVALID, field=one.asks, actual=actual, expected="日期，如 2026-03-05") from None


def in_words(connection: Connection, filters: Filters) -> tuple[tuple[str, str], ...]:
    """The filters that narrow, as (heading, words); what was looked for at the end."""
    chosen = {one: getattr(filters, one.name) for one in sorted(FILTERS, key=lambda one: one.searched)}
    return tuple((one.heading, _said(connection, one, v)) for one, v in chosen.items() if v not in (None, ""))


def _said(connection: Connection, one: Filter, value: str | bool) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    names = one.names(connection) if one.names else {}
    if one.name == "unit" and (row := lists.units_named(connection, [value]).get(value)):
        return clean(row["name"])
    return clean(names.get(value, value))
