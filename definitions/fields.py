"""Reading one table of a file key by key: types, ranges, choices, unknown keys. A wrong value becomes a mistake and a
stand-in, so that reading goes on and finds the rest; the caller builds nothing from a source that is not sound.
"""

import re
from collections.abc import Collection, Iterator
from datetime import date, time
from difflib import get_close_matches
from enum import StrEnum
from typing import TypeVar

from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from definitions.source import NODE_NAMES, Keys, Source, type_of

E = TypeVar("E", bound=StrEnum)

ID = re.compile(r"[a-z][a-z0-9_]{0,39}")
ID_EXPECTED = "小写英文字母开头，由小写字母、数字、下划线组成的名字"
_NAME_LIMIT = 60


def listed(choices: Collection[str]) -> str:
    """Choices as a sentence part."""
    return "、".join(choices) if choices else "（没有可选的）"


def suggestion(word: str, choices: Collection[str]) -> str:
    """ "Did you mean", or nothing when no choice is close."""
    close = get_close_matches(word, choices, n=1, cutoff=0.6)
    return f"（是不是“{close[0]}”？）" if close else ""


class FileMapping:
    """One mapping of a file. Every key that is asked for is known; `done` reports all the others.

    What is no mapping, or missing, has been reported once, and is not reported again for each key that it lacks.
    """

    def __init__(self, source: Source, path: Keys, node: Node | None) -> None:
        self.source = source
        self.path = path
        self._void = not isinstance(node, MappingNode)
        self._asked: list[str] = []
        self._values: dict[str, Node] = {}
        if isinstance(node, MappingNode):
            for key, value in node.value:
                if isinstance(key, ScalarNode):
                    self._values.setdefault(key.value, value)
        elif node is not None:
            source.add(path, f"写的是{NODE_NAMES[type(node)]}", NODE_NAMES[MappingNode])

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def has(self, key: str) -> bool:
        """Whether an optional key is written, and not as nothing (`~`)."""
        if key not in self._asked:
            self._asked.append(key)
        node = self._values.get(key)
        return node is not None and not (isinstance(node, ScalarNode) and type_of(node) == "null")

    def done(self) -> None:
        """Report every key that nobody asked for."""
        for key in self._values:
            if key not in self._asked:
                hint = self.source.elsewhere(key) or suggestion(key, self._asked)
                self.source.add((*self.path, key), f"不认识的键“{key}”{hint}", listed(self._asked))

    def mistake(self, key: str, what: str, expected: str) -> None:
        """Note a mistake with the value of a key."""
        self.source.add((*self.path, key), what, expected)

    def node(self, key: str, expected: str) -> Node | None:
        """The node of a required key; None, reported, when it is missing."""
        if self.has(key):
            return self._values[key]
        if self._void:
            return None
        if isinstance(self._values.get(key), ScalarNode):
            self.mistake(key, f"“{key}”没有值", expected)
        else:
            self.mistake(key, f"缺少“{key}”", expected)
        return None

    def scalar(self, key: str, expected: str, tags: Collection[str]) -> str | None:
        """The text of a required plain value of one of the YAML types `tags`."""
        node = self.node(key, expected)
        if node is None:
            return None
        if isinstance(node, ScalarNode) and type_of(node) in tags:
            return node.value if isinstance(node.value, str) else None
        self.mistake(key, f"“{key}”写的是{_shown(node)}", expected)
        return None

    def text(self, key: str, expected: str = "一段文字", limit: int = _NAME_LIMIT) -> str:
        """A required text that is not empty, at most `limit` characters, without control characters."""
        value = self.scalar(key, expected, ("str",))
        if value is None:
            return ""
        if not value.strip() or any(ord(c) < 32 and c != "\n" for c in value):
            self.mistake(key, f"“{key}”是空的或带有控制字符", expected)
        if len(value) > limit:
            self.mistake(key, f"“{key}”有 {len(value)} 个字", f"最多 {limit} 个字")
        return value.strip()

    def word(self, key: str, pattern: re.Pattern[str] = ID, expected: str = ID_EXPECTED) -> str:
        """A required word of a given form."""
        value = self.scalar(key, expected, ("str", "int", "float", "timestamp"))
        if value is not None and not pattern.fullmatch(value):
            self.mistake(key, f"“{key}”写的是“{value}”", expected)
        return value or ""

    def integer(self, key: str, low: int, high: int) -> int:
        """A required whole number in [low, high]."""
        expected = f"{low} 至 {high} 的整数"
        value = self.scalar(key, expected, ("int",))
        if value is None:
            return low
        if not re.fullmatch(r"[+-]?[0-9]{1,9}", value) or not low <= int(value) <= high:
            self.mistake(key, f"“{key}”写的是 {value}", expected)
            return low
        return int(value)

    def flag(self, key: str) -> bool:
        """An optional true or false; false when it is not written."""
        return self.has(key) and self.scalar(key, "true 或 false", ("bool",)) in ("true", "True", "TRUE")

    def day(self, key: str) -> date:
        """A required date."""
        expected = "日期，形如 2026-10-01"
        value = self.scalar(key, expected, ("timestamp", "str"))
        try:
            return date.fromisoformat(value or "")
        except ValueError:
            if value is not None:
                self.mistake(key, f"“{key}”写的是“{value}”", expected)
            return date.min

    def clock_time(self, key: str) -> time:
        """A required time of day, to the minute."""
        expected = "时刻，形如 17:30"
        value = self.scalar(key, expected, ("str",))
        found = re.fullmatch(r"([01]?[0-9]|2[0-3]):([0-5][0-9])", value or "")
        if found:
            return time(int(found[1]), int(found[2]))
        if value is not None:
            self.mistake(key, f"“{key}”写的是“{value}”", expected)
        return time()

    def choice(self, key: str, kind: type[E]) -> E:
        """A required member of an enumeration, by its value."""
        first, *_ = kind
        value = self.reference(key, [member.value for member in kind])
        return kind(value) if value in set(kind) else first

    def reference(self, key: str, known: Collection[str]) -> str:
        """A required name out of those that are known."""
        value = self.scalar(key, listed(known), ("str",))
        if value is not None and value not in known:
            self.mistake(key, f"“{key}”写的是“{value}”，没有这一项{suggestion(value, known)}", listed(known))
        return value or ""

    def words(self, key: str, known: Collection[str] | None = None, least: int = 1) -> tuple[str, ...]:
        """A required list of different texts, at least `least`; each one known, where a collection is given."""
        expected = f"由这些组成的列表：{listed(known)}" if known is not None else "文字的列表，形如 [甲, 乙]"
        node = self.node(key, expected)
        if node is None:
            return ()
        if not isinstance(node, SequenceNode):
            self.mistake(key, f"“{key}”写的是{_shown(node)}", expected)
            return ()
        if len(node.value) < least:
            self.mistake(key, f"“{key}”只有 {len(node.value)} 项", f"至少 {least} 项")
        found: list[str] = []
        for position, item in enumerate(node.value):
            self._word_of_list(key, position, item, known, found)
        return tuple(found)

    def _word_of_list(
        self, key: str, position: int, item: Node, known: Collection[str] | None, found: list[str]
    ) -> None:
        path = (*self.path, key, position)
        if not isinstance(item, ScalarNode) or type_of(item) != "str" or not item.value.strip():
            self.source.add(path, f"写的是{_shown(item)}", "一段文字")
        elif known is not None and item.value not in known:
            self.source.add(path, f"没有“{item.value}”{suggestion(item.value, known)}", listed(known))
        elif item.value in found:
            self.source.add(path, f"“{item.value}”重复", "每项只写一次")
        else:
            found.append(item.value.strip())

    def table(self, key: str, expected: str = NODE_NAMES[MappingNode]) -> "FileMapping":
        """A required inner table; an empty one, reported, when it is missing."""
        return FileMapping(self.source, (*self.path, key), self.node(key, expected))

    def tables(
        self,
        key: str,
        expected: str = NODE_NAMES[MappingNode],
        form: re.Pattern[str] = ID,
        form_name: str = ID_EXPECTED,
    ) -> "list[tuple[str, FileMapping]]":
        """A required table of named tables, in the order of the file; at least one, every name of that form."""
        outer = self.table(key, expected)
        if self.has(key) and not outer._values and self.source.sound(outer.path):
            self.mistake(key, f"“{key}”是空的", expected)
        found = []
        for name, node in outer._values.items():
            if not form.fullmatch(name):
                self.source.add((*outer.path, name), f"名字“{name}”", form_name)
            found.append((name, FileMapping(self.source, (*outer.path, name), node)))
        return found

    def rows(self, key: str, expected: str = "一个列表") -> "list[FileMapping]":
        """A required list of tables."""
        node = self.node(key, expected)
        if node is None:
            return []
        if not isinstance(node, SequenceNode):
            self.mistake(key, f"“{key}”写的是{_shown(node)}", expected)
            return []
        return [FileMapping(self.source, (*self.path, key, i), item) for i, item in enumerate(node.value)]


def _shown(node: Node) -> str:
    if isinstance(node, ScalarNode):
        return f"“{node.value[:40]}”" if node.value else "空值"
    return NODE_NAMES[type(node)]
