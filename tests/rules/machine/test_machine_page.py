"""docs/machine.md says what the rules do: it is the page that its script writes today."""

import re
import runpy
from pathlib import Path

from rules.machine.commands import TABLE, CommandKind, Status

ROOT = Path(__file__).parents[3]
SCRIPT = ROOT / "setup" / "machine.py"
PAGE = ROOT / "docs" / "machine.md"


def test_the_page_is_up_to_date() -> None:
    written = runpy.run_path(str(SCRIPT))["page"]()
    assert PAGE.read_text(encoding="utf-8") == written, "run: .venv/bin/python setup/machine.py"


def test_the_page_shows_every_pair_of_the_table_and_no_other() -> None:
    rows = re.findall(r"^\| \S+ `(\w+)` \|(.*)\|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    shown = {
        (status, CommandKind(kind))
        for kind, cells in rows
        if cells.count("|") == len(Status) - 1
        for status, cell in zip(Status, cells.split("|"), strict=True)
        if cell.strip()
    }
    assert shown == {(status, kind) for status, kinds in TABLE.items() for kind in kinds}
