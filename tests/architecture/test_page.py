"""docs/architecture.md leads to files that are there, and its picture is drawn from the imports as they stand."""

from __future__ import annotations

import re
import subprocess
import sys

from tests.architecture.test_rooms import PACKAGES, ROOT, modules, name

PAGE = ROOT / "docs" / "architecture.md"
_PLACE = re.compile(r"`?((?:docs|tests|setup|" + "|".join(PACKAGES) + r")/[a-z_/*]*(?:\.py|\.yaml|\.html)?)")


def test_every_place_that_the_page_names_is_there() -> None:
    places = set(_PLACE.findall(PAGE.read_text("utf-8")))
    assert len(places) > 60
    assert sorted(place for place in places if not list(ROOT.glob(place))) == []


def test_the_picture_is_that_of_the_imports_now() -> None:
    drawn = "import sys; sys.path.insert(0, 'setup'); import architecture; page = architecture.PAGE.read_text('utf-8')"
    check = f"{drawn}; sys.exit(page != architecture.with_picture(page))"
    done = subprocess.run([sys.executable, "-c", check], cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, f"run: .venv/bin/python setup/architecture.py\n{done.stderr}"


def test_every_room_is_named() -> None:
    said = PAGE.read_text("utf-8")
    rooms = {name(path.parent) for path in modules(*PACKAGES)} - set(PACKAGES)
    assert sorted(room for room in rooms if room.rpartition("/")[2] not in said) == []
