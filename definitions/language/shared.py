"""Tables that several process files share: where one of them writes a name, the shared file's table stands instead.

So a lamp's colour or the usual ladder is said once. A process holds what it was loaded with: when a shared table is
changed, every process that uses it is a new version.
"""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from definitions.fields import listed, suggestion
from definitions.source import Keys, Source, type_of

SHARED_FILE = "common.yaml"
"""What the file is called, beside the processes that use it."""
SHARED = ("unit_kinds", "lamps", "ladder", "extension", "urge", "pause")
"""Outermost keys of a process file whose table can be a shared one."""
_OPTIONS = "options"
"""The same of a field, wherever it stands."""
_DEFAULTS = "defaults"
"""Plain values that a file need not write which has its lamps from here."""

_Tables = dict[str, dict[str, Node]]


def use_shared(source: Source, otherwise: Path) -> None:
    """Put shared tables where the file names them: those of the shared file beside it, else of that in the
    folder `otherwise`. What is
    wrong with them is added to the source's mistakes."""
    named = list(_named(source.root, ()))
    if not named:
        return
    beside = Path(source.file).parent / SHARED_FILE
    path = beside if beside.exists() else otherwise / SHARED_FILE
    tables = _tables(path, path.stat().st_mtime_ns) if path.exists() else {}
    for keys, name in named:
        found = tables.get(str(keys[-1]), {})
        if name in found:
            source.put(keys, found[name])
        elif found or keys[-1] != _OPTIONS:
            what = f"没有名为“{name}”的共用表{suggestion(name, found)}"
            source.add(keys, what, f"{path.name} 里的一张：{listed(found)}；或把表直接写在这里")
    if ("lamps",) in source.shared:
        for key, node in tables.get(_DEFAULTS, {}).items():
            source.put_default(key, node)


def _named(node: Node | None, path: Keys) -> Iterator[tuple[Keys, str]]:
    """Where a name stands in place of a table that can be shared. What is anchored is refused, and may hold itself."""
    if node is None or node.anchor is not None:
        return
    if isinstance(node, SequenceNode):
        for place, one in enumerate(node.value):
            yield from _named(one, (*path, place))
    if not isinstance(node, MappingNode):
        return
    for key, value in node.value:
        if not isinstance(key, ScalarNode):
            continue
        keys = (*path, key.value)
        if not isinstance(value, ScalarNode):
            yield from _named(value, keys)
        elif type_of(value) == "str" and (key.value == _OPTIONS or (not path and key.value in SHARED)):
            yield keys, value.value


@lru_cache(maxsize=16)
def _tables(path: Path, changed: int) -> _Tables:
    """The tables of a shared file, by the key that they stand for and their name. Raises definition_invalid."""
    source = Source(path)
    source.refuse()
    assert source.root is not None, "a file without mistakes has a table"
    tables: _Tables = {}
    for key, value in source.root.value:
        if key.value == "common":
            continue
        if key.value not in (*SHARED, _OPTIONS, _DEFAULTS):
            source.add((key.value,), f"不认识的键“{key.value}”", listed(("common", *SHARED, _OPTIONS, _DEFAULTS)))
        elif not isinstance(value, MappingNode):
            source.add((key.value,), f"“{key.value}”下面不是表", "每张共用的表一个名字")
        else:
            tables[key.value] = {name.value: table for name, table in value.value}
    source.refuse()
    return tables
