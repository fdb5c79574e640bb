"""The example county's register: built, read and issued, by the demo and by `duban up --example`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from desk.caller import on_site
from documents.sheets.reading import Reading
from ledger.chain.batches import Progress
from ledger.directory import people
from rules.dates.calendar import local_date
from runtime.demo.sheet import build
from runtime.product import Product

_SUPERVISOR = "p0001"
SHEET = "问题整改台账.xlsx"


def example_sheet(product: Product) -> Path:
    """The messy spreadsheet stands in the data folder; it is written once."""
    path = product.settings.data / SHEET
    if not path.exists():
        with product.database.read() as connection:
            units = [(u["name"], u["kind"]) for u in people.all_units(connection)]
        build(path, local_date(datetime.now(UTC)), units)
    return path


async def issue_example(product: Product, understood: Callable[[Reading], None] = lambda reading: None) -> Progress:
    """The findings of the example sheet that are not wrong are issued. `understood` hears the reading before."""
    path = await asyncio.to_thread(example_sheet, product)
    reading = product.intake.read(await asyncio.to_thread(path.read_bytes), path.name)
    understood(reading)
    proposal = product.intake.propose(reading, filename=path.name, caller=on_site(_SUPERVISOR), now=datetime.now(UTC))
    return await product.intake.confirm(proposal.batch, caller=on_site(_SUPERVISOR))
