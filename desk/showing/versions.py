"""Processes and their versions as they are shown: which there are, one in words and as a picture, two compared."""

from collections.abc import Sequence

from sqlalchemy import Connection

from desk.showing.values import Shown
from documents.reports.picture import picture
from ledger.reading.versions import KnownVersion, version_of, versions
from rules.errors import Code, RuleViolation
from rules.telling.process_words import PART_NAMES, ProcessChapter, RuleChange, rule_changes, tell_process


class ShownVersion(Shown):
    """一个流程的一个版本；`current`：新交办的事项用它；`open_items`：还有几项未办结的按它办理。"""

    process: str
    name: str
    edition: str
    hash: str
    variants: dict[str, str]
    unit_kinds: dict[str, str]
    current: bool
    open_items: int


class ShownLine(Shown):
    """流程说的一件事。"""

    about: str
    words: str


class ShownProcessPart(Shown):
    """一个环节、一级督办、一种认定、一盏灯，或流程的其余部分。"""

    kind: str
    kind_name: str
    id: str
    name: str
    lines: tuple[ShownLine, ...]


class ShownChapter(Shown):
    """一种走法；编号为空的是各种走法都一样的部分。`picture`：这种走法的图（SVG）。"""

    id: str
    name: str
    parts: tuple[ShownProcessPart, ...]
    picture: str = ""


class ShownProcess(Shown):
    """一个流程的一个版本，全文；`unit_kind` 不为空时只说这一类单位。"""

    version: ShownVersion
    unit_kind: str
    chapters: tuple[ShownChapter, ...]


class ShownChange(Shown):
    """两个版本说得不同的一处；`before` 为空是新增，`after` 为空是去掉了，`about` 为空说的是整个部分。"""

    chapter: str
    part: str
    about: str
    before: str
    after: str


class ShownComparison(Shown):
    """两个版本有哪些不同。在办的事项不受影响：按交办时的版本办理。"""

    before: ShownVersion
    after: ShownVersion
    changes: tuple[ShownChange, ...]


def show_versions(connection: Connection) -> tuple[ShownVersion, ...]:
    """Every version that the ledger knows, the current one of a process first."""
    return tuple(_version(one) for one in versions(connection))


def show_process(connection: Connection, process: str, *, version: str = "", unit_kind: str = "") -> ShownProcess:
    """A version of the process in pictures and words: the current one, or that of an edition or hash.

    Raises field_invalid."""
    known = version_of(versions(connection), f"{process}@{version}" if version else process)
    return shown_process(known, unit_kind=unit_kind)


def shown_process(known: KnownVersion, *, unit_kind: str = "", drawn: bool = True) -> ShownProcess:
    """The version in words, for one kind of unit (id or name) or for all. Raises field_invalid."""
    processes = [p for p in known.processes if not unit_kind or unit_kind in (p.unit_kind, p.unit_kind_name)]
    if not processes:
        expected = "、".join(f"{kind}（{name}）" for kind, name in known.unit_kinds.items())
        raise RuleViolation(Code.FIELD_INVALID, field="单位类别", actual=unit_kind, expected=expected)
    chapters = [
        _chapter(c, picture([p for p in processes if p.variant == c.id]) if drawn and c.id else "")
        for c in tell_process(processes)
    ]
    kind = processes[0].unit_kind if unit_kind else ""
    return ShownProcess(version=_version(known), unit_kind=kind, chapters=tuple(chapters))


def shown_comparison(before: KnownVersion, after: KnownVersion) -> ShownComparison:
    """What the second says differently from the first."""
    changes = rule_changes(tell_process(before.processes), tell_process(after.processes))
    return ShownComparison(
        before=_version(before), after=_version(after), changes=tuple(_changed(change) for change in changes)
    )


def _version(known: KnownVersion) -> ShownVersion:
    return ShownVersion(
        process=known.process,
        name=known.name,
        edition=known.edition,
        hash=known.hash,
        variants=known.variants,
        unit_kinds=known.unit_kinds,
        current=known.current,
        open_items=known.open_items,
    )


def _chapter(chapter: ProcessChapter, drawn: str) -> ShownChapter:
    parts = tuple(
        ShownProcessPart(
            kind=part.kind,
            kind_name=PART_NAMES[part.kind],
            id=part.id,
            name=part.name,
            lines=tuple(ShownLine(about=about, words=words) for about, words in part.said),
        )
        for part in chapter.parts
    )
    return ShownChapter(id=chapter.id, name=chapter.name, parts=parts, picture=drawn)


def _changed(change: RuleChange) -> ShownChange:
    return ShownChange(
        chapter=change.chapter, part=change.part, about=change.about, before=change.before, after=change.after
    )


def old_words(known: Sequence[ShownVersion]) -> str:
    """Which versions are no longer current and still have items, in words; empty when there are none."""
    old = [v for v in known if not v.current and v.open_items]
    said = "；".join(f"{v.name} {v.edition}（{v.hash}）{v.open_items} 项" for v in old)
    return f"按以前的版本在办的：{said}。它们仍按交办时的版本走。" if old else ""
