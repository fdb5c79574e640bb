"""Looks at a county's register on the page, in JSON, at the command line and as an export, and tells what each shows.

python -m tests.architecture.looking
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from api.app import create_app
from desk.intake import Intake
from desk.requests import Desk
from ledger.store.evidence import EvidenceStore
from tests.architecture.submitting import console
from tests.support.office import issue
from tests.support.product import AUDITOR, known_county
from tests.support.signed import as_, browsing, entrance_of


async def looked(folder: Path) -> dict[str, Any]:
    """What the register's page, its JSON, `duban items` and an export say."""
    database = known_county(folder)
    issue(database, units=2)
    files = EvidenceStore(folder / "evidence")
    gateway: Any = None
    desk = Desk(gateway, database, files)
    app = create_app(
        desk=desk, intake=Intake(gateway, database), database=database, files=files, entrance=entrance_of(database)
    )
    async with browsing(app) as web:
        page = (await web.get("/items")).text
        plain = (await web.get("/api/v1/items")).json()["items"]
        described = (await web.get("/openapi.json")).json()["components"]["schemas"]["ShownItem"]["properties"]
        export = (await web.get("/api/v1/export/register.csv", headers=as_(AUDITOR))).content
    database.close()
    os.environ["DUBAN_DATA"] = str(folder)
    shown = await asyncio.to_thread(console, "items")
    return {
        "page": page,
        "json": plain,
        "described": described,
        "console": shown,
        "export": export.decode("utf-8-sig"),
    }


if __name__ == "__main__":
    with TemporaryDirectory() as place:
        sys.stdout.write(json.dumps(asyncio.run(looked(Path(place))), ensure_ascii=False))
