"""A YAML file as it was written: its nodes, the line of every path, and the mistakes found in it. Knows no definition.

Nothing is constructed from the nodes: values are read as text by `definitions.fields`, so a file can do nothing but be
read.
"""

import json
from collections.abc import Callable, Collection
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from definitions.mistakes import SHOWN_AT_MOST, DefinitionErrors, Mistake

NODE_NAMES = {MappingNode: "一组“键: 值”", SequenceNode: "一个列表", ScalarNode: "一个值"}

_SIZE_LIMIT = 16 * 1024 * 1024
"""Bytes of one file; a county's directory has 20 thousand."""

Keys = tuple[str | int, ...]
"""The keys and list positions that lead to a value."""


class Source:
    """One file: `root` is its outermost table, `mistakes` what was found wrong so far. `elsewhere` says of a key that
    is not known where it stands, where it would be. `shared`: where tables stand that the file only names."""

    elsewhere: Callable[[str], str] = staticmethod(lambda key: "")

    def __init__(self, file: Path) -> None:
        self.file = str(file)
        self.mistakes: list[Mistake] = []
        self.shared: set[Keys] = set()
        self._found_at: list[Keys] = []
        self._lines: dict[Keys, int] = {(): 1}
        self.root = self._read(file)
        if self.root is not None:
            self._index(self.root, ())

    def add(self, path: Keys, what: str, expected: str) -> None:
        """Note a mistake at a path; a path that the file does not have gets the line of what contains it."""
        self._add(self.line(path), path, what, expected)

    def line(self, path: Keys) -> int:
        """The line of a path, from 1."""
        while path not in self._lines:
            path = path[:-1]
        return self._lines[path]

    def sound(self, path: Keys = (), besides: Collection[str] = ()) -> bool:
        """Whether nothing has been found wrong at the path or below it, besides what lies below keys of these names."""
        depth = len(path)
        return not any(
            keys[:depth] == path and not any(key in besides for key in keys[depth:]) for keys in self._found_at
        )

    def refuse(self) -> None:
        """Raise definition_invalid with all mistakes, if there are any."""
        if self.mistakes:
            raise DefinitionErrors(self.mistakes)

    def put(self, path: Keys, node: Node) -> None:
        """A table of another file in place of its name; a mistake in it has the line of that name."""
        outer: Node | None = self.root
        for key in path[:-1]:
            outer = _inner(outer, key)
        assert isinstance(outer, MappingNode), "something stands at that path"
        outer.value = [(key, node if key.value == path[-1] else value) for key, value in outer.value]
        self.shared.add(path)
        self._spread(node, path, self.line(path))

    def put_default(self, key: str, node: Node) -> None:
        """A value of another file under an outermost key that this one does not write."""
        assert self.root is not None, "a file with a table"
        if key not in {name.value for name, _ in self.root.value}:
            self.root.value.append((ScalarNode("tag:yaml.org,2002:str", key), node))

    def canonical(self) -> str:
        """The content as JSON, without comments and layout: equal for files that say the same in the same order.

        Only of a file without mistakes: an alias could stand for anything, itself included.
        """
        self.refuse()
        return json.dumps(_plain(self.root), ensure_ascii=False, separators=(",", ":"))

    def _add(self, line: int, path: Keys, what: str, expected: str) -> None:
        self._found_at.append(path)
        if len(self.mistakes) < SHOWN_AT_MOST:
            self.mistakes.append(Mistake(file=self.file, line=line, path=path_text(path), what=what, expected=expected))

    def _read(self, file: Path) -> MappingNode | None:
        text = self._text(file)
        if text is None:
            return None
        try:
            reader = YAML()
            reader.composer.warn_double_anchors = False  # anchors are refused below, each with its line
            root = reader.compose(text)
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            self._add(mark.line + 1 if mark else 1, (), f"YAML 写法有误（{error.problem}）", "合乎 YAML 1.2 的写法")
            return None
        except RecursionError:
            self._add(1, (), "嵌套太深", "不超过十几层的写法")
            return None
        except YAMLError as error:
            self._add(1, (), f"YAML 写法有误（{error}）".replace("\n", " "), "合乎 YAML 1.2 的写法")
            return None
        if not isinstance(root, MappingNode):
            found = "文件是空的" if root is None else f"文件的最外层是{NODE_NAMES[type(root)]}"
            self._add(1, (), found, NODE_NAMES[MappingNode])
            return None
        return root

    def _text(self, file: Path) -> str | None:
        try:
            with file.open("rb") as stream:
                data = stream.read(_SIZE_LIMIT + 1)
        except OSError as error:
            self._add(1, (), f"读不到文件（{error.strerror}）", "一个可读的 YAML 文件")
            return None
        if len(data) > _SIZE_LIMIT:
            self._add(1, (), "文件太大", f"不超过 {_SIZE_LIMIT // 1024 // 1024} MB")
            return None
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            self._add(data.count(b"\n", 0, error.start) + 1, (), "文字不是 UTF-8 编码", "用 UTF-8 编码保存的文件")
            return None

    def _index(self, node: Node, path: Keys) -> None:
        if node.anchor is not None:
            self.add(path, f"用了锚点“&{node.anchor}”", "把内容直接写出，不用锚点和别名")
            return
        if isinstance(node, SequenceNode):
            for position, item in enumerate(node.value):
                self._lines[(*path, position)] = item.start_mark.line + 1
                self._index(item, (*path, position))
        elif isinstance(node, MappingNode):
            self._index_keys(node, path)

    def _spread(self, node: Node, path: Keys, line: int) -> None:
        self._lines[path] = line
        if isinstance(node, SequenceNode):
            for position, item in enumerate(node.value):
                self._spread(item, (*path, position), line)
        elif isinstance(node, MappingNode):
            for key, value in node.value:
                self._spread(value, (*path, key.value), line)

    def _index_keys(self, node: MappingNode, path: Keys) -> None:
        seen: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, ScalarNode):
                self._add(line, path, f"键是{NODE_NAMES[type(key)]}", "一个词作键")
                continue
            if key.value in seen:
                self._add(
                    line, (*path, key.value), f"键“{key.value}”重复", f"每个键只写一次（已写在第 {seen[key.value]} 行）"
                )
                continue
            seen[key.value] = line
            self._lines[(*path, key.value)] = line
            self._index(value, (*path, key.value))


def _inner(node: Node | None, key: str | int) -> Node | None:
    if isinstance(node, SequenceNode) and isinstance(key, int):
        return node.value[key]  # type: ignore[no-any-return]
    if isinstance(node, MappingNode):
        return next((value for name, value in node.value if name.value == key), None)
    return None


def path_text(path: Keys) -> str:
    """A path as people write it: `variants.staged.steps.plan`, `rest[2].day`."""
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _plain(node: Node | None) -> object:
    if isinstance(node, MappingNode):
        return {key.value: _plain(value) for key, value in node.value}
    if isinstance(node, SequenceNode):
        return [_plain(item) for item in node.value]
    if isinstance(node, ScalarNode):
        return node.value if type_of(node) == "str" else {type_of(node): node.value}
    return None


def type_of(node: Node) -> str:
    """The YAML type of a plain value: str, int, float, bool, null, timestamp."""
    return (node.tag or "").rpartition(":")[2]
