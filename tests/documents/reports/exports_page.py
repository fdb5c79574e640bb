"""The tables of docs/exports.md as the code has them. `python -m tests.documents.reports.exports_page` writes them."""

import re
from collections.abc import Iterable
from pathlib import Path

from desk.register_extract import TOLD_COLUMNS
from desk.showing.register import REGISTER_COLUMNS, SORTS
from documents.reports.particulars import KIND_WORDS
from ledger.reading.entries_extract import ENTRY_COLUMNS
from ledger.reading.extracts import Column
from ledger.reading.filters import FILTERS, Filter

PAGE = Path(__file__).parents[3] / "docs" / "exports.md"


def tables() -> dict[str, str]:
    """What stands after each marker `<!-- name -->` of the page."""
    return {
        "register filters": _table("条件|命令行|接口|怎样写", map(_filter, FILTERS)),
        "register sorting": "、".join(f"{heading}（`{name}`）" for name, heading in SORTS.items()) + "。",
        "register columns": _table("表头|名称|内容", map(_column, REGISTER_COLUMNS)),
        "told columns": _table("表头|名称|内容", map(_column, TOLD_COLUMNS)),
        "entries columns": _table("表头|名称|内容", map(_column, ENTRY_COLUMNS)),
    }


def _filter(one: Filter) -> str:
    option = one.flags or f"--{one.name.replace('_', '-')}"
    return f"{one.heading} | `{option}` | `{one.name}` | {one.hint}"


def _column(column: Column) -> str:
    return f"{column.heading} | `{column.name}` | {KIND_WORDS[column.kind]}"


def _table(heads: str, rows: Iterable[str]) -> str:
    names = heads.split("|")
    return "\n".join([f"| {' | '.join(names)} |", "|---" * len(names) + "|", *(f"| {row} |" for row in rows)])


def written(page: str) -> str:
    """The page with the tables as they are now."""
    for name, table in tables().items():
        page = re.sub(rf"(<!-- {name} -->\n).*?(?=\n\n)", lambda m, table=table: m[1] + table, page, flags=re.DOTALL)  # type: ignore[misc]
    return page


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text("utf-8")), "utf-8")
