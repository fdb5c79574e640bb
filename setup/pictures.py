"""Draws the shipped processes into docs/definitions/, one picture for each variant.

    .venv/bin/python setup/pictures.py

Drawn from the definitions as they stand; a test fails when a picture is out of date.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from definitions.catalogue import load_catalogue  # noqa: E402
from documents.reports.picture import picture  # noqa: E402

FOLDER = ROOT / "docs" / "definitions"


def pictures() -> dict[str, str]:
    """What each file of the folder holds."""
    return {
        f"{definition.id}-{variant.id}.svg": picture(
            [definition.resolve(kind.id, variant.id) for kind in definition.unit_kinds]
        )
        for definition in load_catalogue()
        for variant in definition.variants
    }


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    drawn = pictures()
    for path in FOLDER.glob("*.svg"):
        if path.name not in drawn:
            path.unlink()
    for name, content in drawn.items():
        (FOLDER / name).write_text(content, encoding="utf-8")
