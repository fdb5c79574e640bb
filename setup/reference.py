"""Writes the reference part of docs/definitions.md: every key of a process file.

    .venv/bin/python setup/reference.py

From the rows of definitions/language/keys.py and from the loader: what may be written is asked of it, in its words, by
writing nonsense. A test fails when the part is out of date, or when the loader asks for a key that has no row.
"""

import copy
import io
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from definitions.catalogue import load_process  # noqa: E402
from definitions.language.keys import KEYS, TABLES, DefinitionKey  # noqa: E402
from definitions.mistakes import DefinitionErrors  # noqa: E402
from definitions.source import Keys, path_text  # noqa: E402

PAGE = ROOT / "docs" / "definitions.md"
BEGIN, END = "<!-- reference: setup/reference.py -->\n", "<!-- end of reference -->\n"
APART = ("party", "wait_to", "kind")
"""Keys by which it depends which others are asked for."""
NONSENSE: tuple[Any, ...] = ([[]], {"?": [[]]})
"""A list and a table that nobody writes: one of them is no value of any key."""


def sample() -> Any:
    """The file that the page itself shows, which has every table but the seldom ones; those are added. One's own."""
    return copy.deepcopy(_sample())


@cache
def _sample() -> Any:
    blocks = dict(re.findall(r"```yaml (process|forms)\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL))
    plain = YAML(typ="safe").load(blocks["process"]) | YAML(typ="safe").load(blocks["forms"])
    plain["pause"], plain["veil"] = {"times": 2, "days": 20}, "check"
    (variant,) = plain["variants"].values()
    first, *_ = variant["steps"].values()
    first["submit_to"] = [{"when": "ballot.valid > 1", "to": first["submit_to"]}, {"to": first["submit_to"]}]
    first["publish"] = {"scope": "public", "days": 1, "what": "名单"}
    variant["outcomes"] = {name: {"then": then} for name, then in variant["outcomes"].items()}
    columns = {"what": {"kind": "text", "name": "任务", "need": True}, "unit": {"kind": "unit", "name": "单位"}}
    columns |= {"by": {"kind": "date", "name": "日期"}, "after": {"kind": "numbers", "name": "之后"}}
    (form, fields), *_ = plain["forms"].items()
    fields["tasks"] = {"name": "任务", "kind": "rows", "rows": "0-20", "columns": columns}
    plain["issues"] = {"tasks": {key.key: key.example for key in KEYS if key.table == "issues.*"}}
    plain["issues"]["tasks"]["from"] = f"{form}.tasks"
    first["issues"] = ["tasks"]
    plain["tallies"] = {"talk": {"name": "谈心谈话", "step": next(iter(variant["steps"])), "least": 2}}
    plain["parties"] = {"panel": {"least": 2, "of": ["supervisor@site", "leader@site"]}}
    next(step for step in variant["steps"].values() if step["party"] == "reviewer")["party"] = "panel"
    return plain


def tables(plain: Any, pattern: str) -> Iterator[tuple[Keys, Any]]:
    """Every table of the file whose path is of that pattern, with its path."""
    found: list[tuple[Keys, Any]] = [((), plain)]
    for part in pattern.split(".") if pattern else ():
        found = [((*path, name), value[name]) for path, value in found for name in _names(value, part)]
    yield from found


def _names(value: Any, part: str) -> list[str] | list[int]:
    if isinstance(value, list):
        return list(range(len(value)))
    return [name for name in value if part in ("*", name)] if isinstance(value, dict) else []


def said_of(plain: Any) -> list[tuple[str, str, str]]:
    """What the loader finds wrong with a file: path, what, what was expected."""
    text = io.StringIO()
    YAML(typ="safe").dump(plain, text)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "asked.yaml"
        path.write_text(text.getvalue(), "utf-8")
        try:
            load_process(path)
        except DefinitionErrors as errors:
            return [(m.path, m.what, m.expected) for m in errors.mistakes]
    return []


def minded(rows: Sequence[DefinitionKey], nonsense: Any) -> dict[DefinitionKey, str]:
    """What the loader says was expected under these keys, as far as it minds the nonsense that is written there."""
    plain = sample()
    places: dict[Keys, DefinitionKey] = {(*path, row.key): row for row in rows for path, _ in tables(plain, row.table)}
    for *path, key in places:
        table = plain
        for name in path:
            table = table[name]
        table[key] = copy.deepcopy(nonsense)
    rows_at = {path_text(place): row for place, row in places.items()}
    said: dict[DefinitionKey, str] = {}
    for at, what, expected in said_of(plain):
        if at in rows_at and "不能写" not in what:
            said.setdefault(rows_at[at], expected)
    return said


def expected_of() -> dict[DefinitionKey, str]:
    """What the loader says may be written under each key that does not say so itself: of most of them at once, of those
    that have others below them, or of which others depend, one by one."""
    left = [row for row in KEYS if not row.form]
    said = minded([row for row in left if not isinstance(row.example, dict) and row.key not in APART], NONSENSE[0])
    for nonsense in NONSENSE:
        for row in left:
            if row not in said:
                said |= minded([row], nonsense)
    missing = [row.path for row in left if row not in said]
    assert not missing, f"the loader does not mind what is written under {missing}"
    return said


def written() -> str:
    """The part: a table of keys for each table of the file."""
    lines: list[str] = []
    expected = expected_of()
    for table, called in TABLES.items():
        lines += [f"**{called}**", "", "| 键 | 可以写 | 不写 | 含义 |", "|---|---|---|---|"]
        for row in (row for row in KEYS if row.table == table):
            without = "必填" if row.without is None else row.without
            lines.append(f"| `{row.key}` | {row.form or expected[row]} | {without} | {row.about} |")
        lines.append("")
    return "\n".join(lines)


def with_reference(page: str) -> str:
    """The page with the part as it is now."""
    begin, end = page.index(BEGIN) + len(BEGIN), page.index(END)
    return page[:begin] + written() + page[end:]


if __name__ == "__main__":
    PAGE.write_text(with_reference(PAGE.read_text("utf-8")), "utf-8")
