"""What a search for entries can be narrowed to, each filter once: the auditor's pages, the JSON routes and the command
line all have it from here, with its words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, get_type_hints

from sqlalchemy import Connection

from ledger.chain import lookup
from ledger.directory import people
from ledger.reading.audit import EntryFilters
from ledger.reading.entry_words import ENTRY_NAMES
from ledger.reading.spoken import spoken
from rules.dates.moments import begins, ends
from rules.errors import Code, RuleViolation
from rules.machine.commands import Via
from rules.names import VIA_NAMES


class Takes(StrEnum):
    """What a filter takes: one word, one of a few, kinds of entries, a local day."""

    WORD = "word"
    CHOICE = "choice"
    KINDS = "kinds"
    DAY = "day"


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryFilter:
    """A filter as people meet it. `key`: what it is called in addresses and options; `heading`: where a value is asked
    for; `help`: how it is written and what it means; `example`: shown where nothing is written yet;
    `choices`: code to name, where it is one of a few."""

    name: str
    key: str
    heading: str
    help: str
    takes: Takes
    example: str
    choices: Mapping[str, str] | None = None


_ALIKE: Mapping[str, Any] = {}


def _by(
    heading: str,
    help: str,
    *,
    key: str = "",
    takes: Takes = Takes.WORD,
    example: str = "",
    choices: Mapping[str, str] | None = None,
    reads: Mapping[str, Any] | None = _ALIKE,
) -> Callable[[str], tuple[EntryFilter, EntryFilter | None]]:
    """The filter of that name, and the one that is offered where only the access journals are searched: with what
    `reads` says otherwise; None: it is not."""

    def named(name: str) -> tuple[EntryFilter, EntryFilter | None]:
        one = EntryFilter(
            name=name, key=key or name, heading=heading, help=help, takes=takes, example=example, choices=choices
        )
        return one, None if reads is None else replace(one, **reads)

    return named


@dataclass(frozen=True, slots=True, kw_only=True)
class EntrySearch:
    """What entries are narrowed to, in the words of whoever asks: names or ids, local days, both included."""

    text: Annotated[
        str,
        _by(
            "内容",
            "在记录的内容里找",
            example="如 限期、会议纪要",
            reads={"heading": "条件或内容", "help": "在记录的内容里找，如文件名", "example": ""},
        ),
    ] = ""
    item: Annotated[
        str,
        _by(
            "事项编号",
            "事项编号，或一本日志，如 ~access/2026-11",
            example="ZG2026-0001",
            reads={"help": "查阅、证明所针对的事项"},
        ),
    ] = ""
    unit: Annotated[
        str, _by("单位", "事项现在的单位，或办理人的单位：编号、名称或简称", example="名称或简称", reads=None)
    ] = ""
    person: Annotated[str, _by("人员", "谁办的，或代谁办的：人员编号，或不重名的姓名", example="姓名或编号")] = ""
    kinds: Annotated[tuple[str, ...], _by("种类", "种类，如 closed；可以给几个", key="kind", takes=Takes.KINDS)] = ()
    via: Annotated[
        str,
        _by(
            "来路",
            "经什么来的：site 网站，token 接口令牌，console 终端（终端代办），system 系统",
            takes=Takes.CHOICE,
            choices=VIA_NAMES,
        ),
    ] = ""
    first: Annotated[date | None, _by("从", "从这一天（含），如 2026-03-01", key="from", takes=Takes.DAY)] = None
    last: Annotated[date | None, _by("到", "到这一天（含）", key="to", takes=Takes.DAY)] = None

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> "EntrySearch":
        """The search for what was filled in, by name; blanks at the ends and empty kinds count for nothing."""
        kinds = tuple(kind for kind in said.get("kinds", ()) if kind)
        words = {name: value.strip() for name, value in said.items() if isinstance(value, str)}
        return cls(**{**said, **words, "kinds": kinds})


_BOTH = tuple(hint.__metadata__[0](name) for name, hint in get_type_hints(EntrySearch, include_extras=True).items())
ENTRY_FILTERS: tuple[EntryFilter, ...] = tuple(one for one, _ in _BOTH)
READ_FILTERS: tuple[EntryFilter, ...] = tuple(one for _, one in _BOTH if one)
"""The same, where it is searched who saw or took away what."""

ACCESS_FILTERS: tuple[EntryFilter, ...] = tuple(
    replace(one, help="谁办的，或记的是谁：人员编号，或不重名的姓名") if one.name == "person" else one
    for one in ENTRY_FILTERS
    if one.name in ("person", "kinds", "first", "last")
)
"""The same, where it is searched who came in, and who let whom in."""


def narrowed(connection: Connection, asked: EntrySearch) -> EntryFilters:
    """The search by code, whatever it was written as. Raises unknown_unit, unknown_person, field_invalid."""
    by_name = {spoken(word): kind for kind, name in ENTRY_NAMES.items() for word in (name, kind)}
    kinds = tuple(by_name.get(spoken(kind), kind) for kind in asked.kinds)
    unknown = [kind for kind in kinds if kind not in ENTRY_NAMES]
    if unknown:
        expected = "、".join(f"{kind}（{name}）" for kind, name in ENTRY_NAMES.items())
        raise RuleViolation(Code.FIELD_INVALID, field="种类", actual=unknown[0][:40], expected=f"其中之一：{expected}")
    by_via = {spoken(word): Via(code) for code, name in VIA_NAMES.items() for word in (name, code, f"{name}代办")}
    if asked.via and spoken(asked.via) not in by_via:
        expected = "、".join(f"{code}（{name}）" for code, name in VIA_NAMES.items())
        raise RuleViolation(Code.FIELD_INVALID, field="来路", actual=asked.via[:40], expected=f"其中之一：{expected}")
    if asked.first and asked.last and asked.first > asked.last:
        expected = f"{asked.first.isoformat()} 或以后的日期（“从”的那一天）"
        raise RuleViolation(Code.FIELD_INVALID, field="到", actual=asked.last.isoformat(), expected=expected)
    return EntryFilters(
        unit=people.unit_ref(connection, asked.unit).id if asked.unit else None,
        person=people.somebody(connection, asked.person).id if asked.person else None,
        kinds=kinds,
        via=by_via[spoken(asked.via)] if asked.via else None,
        begin=begins(asked.first) if asked.first else None,
        end=ends(asked.last) if asked.last else None,
        stream=lookup.number(asked.item) or None,
        text=asked.text or None,
    )
