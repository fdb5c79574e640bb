"""Each shipped process is issued and carried to its end in the browser, by clicks, by those whose move it is."""

import os
from pathlib import Path

import pytest
from playwright.async_api import Page, expect
from temporalio.testing import TimeSkipper

from ledger.directory import people
from ledger.reading import queries
from ledger.reading.filters import Filters
from rules.figures.asking import takes_asks
from rules.forms.answers import Pairs
from rules.forms.samples import samples
from rules.machine.commands import ENDED, Status
from rules.process import Holder
from tests.pages.clicking import Clicker, fill
from tests.pages.conftest import Site, act_as
from tests.support import witness
from tests.support.product import SUPERVISOR
from tests.support.shipped import catalogue

VARIANTS = [
    (one.id, variant.id)
    for one in catalogue()
    for variant in one.variants
    if not takes_asks(one.resolve(one.unit_kinds[0].id, variant.id))
]
"""What rounds ask is issued on no page: tests/pages/rounds carries the month's round through."""
SHOTS = "PHOTOGRAPHS"
"""Where to photograph what is filled in, if anywhere."""


@pytest.mark.soak
@pytest.mark.parametrize(("process", "variant"), VARIANTS, ids=["-".join(one) for one in VARIANTS])
async def test_a_shipped_process_is_carried_through_by_clicks(
    page: Page,
    site: Site,
    skipper: TimeSkipper,
    process: str,
    variant: str,
    scripts: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if scripts:
        pytest.skip("everything works without scripts; with them the journeys are walked elsewhere")
    folder = Path(os.environ[SHOTS]) / f"{process}-{variant}" if SHOTS in os.environ else None
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
    no = await _issued(page, site, process, variant, folder)
    clicker = Clicker(site=site, skipper=skipper, page=page, shots=folder)
    monkeypatch.setattr("api.site.Site.now", lambda _: clicker.now)
    await clicker.to_its_end(no)
    state = witness.state(site.product.database, no)
    assert state.status in ENDED | {Status.WATCHING}
    await page.goto(f"/items/{no}")
    await expect(page.locator(".state")).not_to_be_empty()
    if folder:
        await page.screenshot(path=folder / "end.png", full_page=True)


async def _issued(page: Page, site: Site, process: str, variant: str, folder: Path | None) -> str:
    """Issued on the page, as the supervisor does it; returns its number."""
    definition = next(one for one in catalogue() if one.id == process)
    matter = definition.matter
    said: Pairs = next(samples(matter))
    with site.product.database.read() as connection:
        unit = people.unit_ref(connection, "县教育局").id
        before = {row["no"] for row in queries.register(connection, Filters(process=process), size=500).rows}
    await act_as(page.context, site, SUPERVISOR)
    await page.goto(f"/issue?process={process}")
    form = page.locator("form[action='/issue#result']")
    if await form.locator("[name=variant]").count():
        await form.locator(f"[name=variant][value={variant}]").check()
    await fill(
        form,
        {at: f"{definition.name}（{variant}）" if at == "title" else text for at, text in said if at != "year"},
        {},
    )
    if definition.holder is Holder.AREA:
        await form.locator("[name=area]").first.check()
    else:
        await form.locator("[name=unit]").select_option(unit)
    if folder:
        await page.screenshot(path=folder / "000-issue.png", full_page=True)
    await form.locator("[name=act][value=plan]").click()
    await page.locator("#result [name=act][value=confirm] ~ button, #result button[type=submit]").first.click()
    with site.product.database.read() as connection:
        after = [row["no"] for row in queries.register(connection, Filters(process=process), size=500).rows]
    (no,) = [one for one in after if one not in before]
    return str(no)
