"""Writes the reference parts of docs/campaigns.md, docs/figures.md and docs/assessments.md: every key of a campaign
file, of the file of figures and of an assessment's file, from the keys.py of definitions/campaigns, figures,
assessments.

.venv/bin/python setup/campaigns.py
"""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from definitions.assessments.keys import ASSESSMENT_KEYS, ASSESSMENT_TABLES  # noqa: E402
from definitions.campaigns.keys import CAMPAIGN_KEYS, CAMPAIGN_TABLES  # noqa: E402
from definitions.figures.keys import FIGURE_KEYS, FIGURE_TABLES  # noqa: E402

PAGE = ROOT / "docs" / "campaigns.md"
FIGURES_PAGE = ROOT / "docs" / "figures.md"
ASSESSMENTS_PAGE = ROOT / "docs" / "assessments.md"
BEGIN, END = "<!-- reference: setup/campaigns.py -->\n", "<!-- end of reference -->\n"


def with_reference(page: str) -> str:
    """The page of campaigns with the reference as it is now."""
    return _filled(page, reference(CAMPAIGN_TABLES, CAMPAIGN_KEYS))


def with_figures(page: str) -> str:
    """The same of the page of figures."""
    return _filled(page, reference(FIGURE_TABLES, FIGURE_KEYS))


def with_assessments(page: str) -> str:
    """The same of the page of assessments."""
    return _filled(page, reference(ASSESSMENT_TABLES, ASSESSMENT_KEYS))


def _filled(page, tables):
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + tables + END + after


def reference(tables, keys) -> str:
    """A table of keys for each table of the file."""
    parts = []
    for table, name in tables.items():
        parts.append(f"\n### {name}\n\n| 键 | 意思 | 不写是 | 例 |\n|---|---|---|---|\n")
        for row in (row for row in keys if row.table == table):
            example = row.example if isinstance(row.example, str) else json.dumps(row.example, ensure_ascii=False)
            parts.append(f"| `{row.key}` | {row.about} | {row.without or '必须写'} | `{example}` |\n")
    return "".join(parts) + "\n"


if __name__ == "__main__":
    PAGE.write_text(with_reference(PAGE.read_text("utf-8")), "utf-8")
    FIGURES_PAGE.write_text(with_figures(FIGURES_PAGE.read_text("utf-8")), "utf-8")
    ASSESSMENTS_PAGE.write_text(with_assessments(ASSESSMENTS_PAGE.read_text("utf-8")), "utf-8")
