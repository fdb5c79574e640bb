"""A column more of the register, and a heading more that the import knows, are each a patch of one file."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from tests.architecture.patched import Patch, output, patched

BATCH = '    batch: Annotated[str, _column("交办批次", width=20, page=8, console=8)] = Field(default="", title="批")\n'
COLUMN: Patch = {"desk/showing/register.py": [('    batch: str = ""\n', BATCH)]}
HEADING: Patch = {"definitions/catalogue/rectification.yaml": [("[具体问题, ", "[病灶, 具体问题, ")]}
READ = """
import sys
from tests.support.sheet_factory import grid
rows = [("病灶", "整改措施", "责任单位", "整改时限"), ("学习不够", "补课", "县教育局", "2036-12-31")]
sys.stdout.write(grid(rows).findings[0].title)
"""


@pytest.fixture(scope="module")
def looked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What is shown of the register in the tree with the column."""
    copy = patched(COLUMN, tmp_path_factory.mktemp("column"))
    looked: dict[str, Any] = json.loads(output(copy, "tests.architecture.looking"))
    return looked


def test_each_is_a_patch_of_one_file() -> None:
    assert len(COLUMN) == len(HEADING) == 1


def test_a_column_more_stands_on_the_page_in_json_at_the_console_and_in_the_export(looked: dict[str, Any]) -> None:
    (batch,) = {item["batch"] for item in looked["json"]}
    assert looked["described"]["batch"]["title"] == "批"
    assert '<th scope="col" class="batch">交办批次</th>' in looked["page"]
    assert looked["page"].count(f'<td class="batch">{batch}') == 2
    assert "交办批次" in looked["console"]
    assert "".join(looked["console"].split()).count(batch[:8]) == 2
    heading, *rows = csv.reader(io.StringIO(looked["export"]))
    assert {row[heading.index("交办批次")] for row in rows} == {batch}


def test_a_heading_more_is_read(tmp_path_factory: pytest.TempPathFactory) -> None:
    copy = patched(HEADING, tmp_path_factory.mktemp("heading"))
    (copy / "reading.py").write_text(READ, "utf-8")
    assert output(copy, "reading") == "学习不够"
