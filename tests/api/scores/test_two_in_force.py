"""Two assessments in force, as each January has them: every address of scores says something whichever is named or
none is, whatever stands on a page leads on within the one that is looked at, and what is sent is about that one."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from html import unescape
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
import pytest_asyncio
from fastapi.routing import APIRoute
from temporalio.client import Client

from desk.exporting import Format
from desk.intake import Intake
from desk.requests import Desk
from ledger.directory import people
from ledger.scores.in_force import assessments_in_force, put_assessments_in_force
from ledger.scores.streams import state_of
from ledger.store.database import Database
from ledger.store.evidence import EvidenceStore
from rules.process import Role
from tests.support.factories import at
from tests.support.product import LEADER, Started
from tests.support.scores.half_year import half_year
from tests.support.scores.scored import ASSESSMENT
from tests.support.signed import app_of, as_, browsing
from workflows.gateway import Gateway

NEXT = "organ_2027"
JANUARY = at("2027-01-20")
UNIT = "u001"
INTO = {"unit": UNIT, "format": "xlsx"}
Fields = dict[str, str]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def county(client: Client, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Started]:
    """A county whose half-year of 2026 was scored, and to which the assessment of 2027 has come. Nothing runs: what is
    issued waits for its worker."""
    folder = tmp_path_factory.mktemp("two") / "county"
    database, now = half_year(folder)
    with database.write() as connection:
        known = replace(assessments_in_force(connection)[ASSESSMENT], ranking=True, version="ranked")
        put_assessments_in_force(connection, [known, replace(known, id=NEXT, year=2027)], now)
    gateway, files = Gateway(client, database, task_queue="nobody-works-here"), EvidenceStore(folder / "evidence")
    yield Started(
        client=client,
        task_queue="nobody-works-here",
        folder=folder,
        database=database,
        files=files,
        gateway=gateway,
        desk=Desk(gateway, database, files),
        intake=Intake(gateway, database),
    )
    database.close()


@pytest_asyncio.fixture(loop_scope="session")
async def web(county: Started, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx2.AsyncClient]:
    """Everybody's browser at its site, in January."""
    monkeypatch.setattr("api.site.Site.now", lambda _: JANUARY)
    async with browsing(app_of(county)) as client:
        yield client


def addresses(county: Started) -> list[str]:
    """Everything that can be looked at of scores."""
    routers = [one.original_router for one in app_of(county).routes if hasattr(one, "original_router")]
    routes = [one for router in routers for one in router.routes if isinstance(one, APIRoute)]
    paths = {one.path_format for one in routes if "GET" in (one.methods or ())}
    found = sorted(path for path in paths if re.match(r"(/api/v1(/export)?)?/scores", path))
    assert len(found) > 8
    return [path.format(**INTO) for path in found]


def main_of(page: str) -> str:
    return page.partition("<main")[2]


def links_of(page: str) -> list[str]:
    found = re.findall(r'(?:href|action)="((?:/api/v1/export)?/scores[^"#]*)', main_of(page))
    return [unescape(one) for one in found]


def forms_of(page: str) -> list[tuple[str, Fields]]:
    """The addresses to which the page's forms send, each with what they say by themselves."""
    found = []
    for head, inside in re.findall(r"<form ([^>]*)>(.*?)</form>", main_of(page), re.DOTALL):
        hidden = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', inside)
        action = re.search(r'action="([^"]*)"', head)
        assert action is not None
        found.append((unescape(action[1]), {name: unescape(value) for name, value in hidden}))
    return found


async def test_every_address_answers_whichever_is_named(web: httpx2.AsyncClient, county: Started) -> None:
    for address in addresses(county):
        for named in ("", ASSESSMENT, NEXT):
            answer = await web.get(address, params={"assessment": named} if named else {})
            assert answer.status_code == 200, (address, named, answer.text[:300])
        shown = await web.get(address, params={"assessment": "another"})
        assert shown.status_code == 404, address
    for kind in ("tiers", "judging", "honours"):
        for form in Format:
            asked = {"table": kind, "assessment": ASSESSMENT}
            assert (await web.get(f"/api/v1/export/scores.{form}", params=asked)).status_code == 200


async def test_nothing_named_means_this_years_and_a_period_its_own_years(web: httpx2.AsyncClient) -> None:
    asked: tuple[tuple[Fields, str], ...] = (
        ({}, NEXT),
        ({"period": "2026-Q1"}, ASSESSMENT),
        ({"period": "2027-01"}, NEXT),
        ({"assessment": ASSESSMENT}, ASSESSMENT),
        ({"assessment": "县级机关党建目标责任制考核评估"}, NEXT),
    )
    for said, meant in asked:
        for path in ("/api/v1/scores", f"/api/v1/scores/units/{UNIT}"):
            assert (await web.get(path, params=said)).json()["assessment"] == meant, (path, said)


async def test_whatever_leads_on_stays_with_the_one_that_is_looked_at(web: httpx2.AsyncClient, county: Started) -> None:
    pages = [one for one in addresses(county) if not one.startswith("/api/")]
    pages += ["/scores?area=a1", "/scores/judging?indicator=own", f"/scores/units/{UNIT}?period=2026"]
    for page in pages:
        for person in (None, LEADER, liaison(county.database)):
            headers = as_(person) if person else {}
            joined = f"{page}{'&' if '?' in page else '?'}assessment={ASSESSMENT}"
            answer = await web.get(joined, headers=headers)
            if answer.status_code == 403:
                continue
            assert f'href="{urlsplit(page).path}?assessment={NEXT}"' in answer.text, f"{page}: the other can be chosen"
            sent = dict(forms_of(answer.text))
            for link in links_of(answer.text):
                of = parse_qs(urlsplit(link).query).get("assessment") or [sent.get(link, {}).get("assessment", "")]
                assert of[0] in (ASSESSMENT, NEXT), (page, link)
                assert of[0] == ASSESSMENT or urlsplit(link).path == urlsplit(page).path, (page, link)


async def test_what_is_sent_by_a_page_is_about_its_own_assessment(web: httpx2.AsyncClient, county: Started) -> None:
    """One of each form, as it stands on the page of last year's."""
    database, sheet = county.database, f"/scores/units/{UNIT}"
    told: tuple[tuple[str, str, str, Fields], ...] = (
        (
            "",
            f"{sheet}/credit",
            sheet,
            {"merit": "performance/award_city", "day": "2026-05-07", "document": "县委〔2026〕9号"},
        ),
        ("", f"{sheet}/excuse", sheet, {"indicator": "open", "of_period": "2026-Q2", "reason": "无可公开事项"}),
        ("", f"{sheet}/use", sheet, {"use": "honour", "what": "先进基层党组织", "document": "县委〔2026〕10号"}),
        ("", "/scores/judging/integrity/u005", "/scores/judging?indicator=integrity&period=2026-H1", {"points": "5"}),
        (LEADER, "/scores/tiers/u002", "/scores/tiers", {"answer": "yes"}),
        (LEADER, "/scores/compare", "/scores", {"document": "县发〔2026〕3号"}),
        (LEADER, "/scores/tiers", "/scores/tiers", {}),
    )
    for person, action, page, filled in told:
        headers = as_(person) if person else {}
        before = seqs(database)
        shown = await web.get(f"{page}{'&' if '?' in page else '?'}assessment={ASSESSMENT}", headers=headers)
        hidden = next(said for to, said in forms_of(shown.text) if to == action)
        answer = await web.post(action, data={**hidden, **filled}, headers=headers)
        assert answer.status_code == 303, (action, answer.text)
        assert f"assessment={ASSESSMENT}" in answer.headers["location"], action
        after = seqs(database)
        assert (after[ASSESSMENT] > before[ASSESSMENT]) == (action != "/scores/compare"), action
        assert after[NEXT] == before[NEXT] == 0, action
    for path, compared in ((ASSESSMENT, True), (NEXT, False)):
        assert (await web.get("/api/v1/scores", params={"assessment": path})).json()["ranked"] is compared


async def test_what_last_year_no_longer_takes_is_refused_by_last_years_word(
    web: httpx2.AsyncClient, county: Started
) -> None:
    """Of this year's it would be refused for another reason."""
    headers = as_(liaison(county.database))
    said = {"indicator": "study", "of_period": "2026-06", "assessment": ASSESSMENT}
    answer = await web.post(f"/scores/units/{UNIT}/appeal", data=said, headers=headers)
    assert "锁定已过" in answer.text
    answer = await web.post(f"/scores/own/{UNIT}", data={"1.name": "读书", "assessment": ASSESSMENT}, headers=headers)
    assert answer.status_code == 409
    assert f'name="assessment" value="{NEXT}"' not in answer.text
    answer = await web.post(
        "/scores/judging/integrity/u005", data={"period": "2026-H1", "points": "5", "assessment": NEXT}
    )
    assert "2027 年" in answer.text
    assert seqs(county.database)[NEXT] == 0


def seqs(database: Database) -> dict[str, int]:
    """So many entries the units of the forms have in each assessment."""
    with database.read() as connection:
        return {
            one: sum(state_of(connection, one, unit).seq for unit in (UNIT, "u002", "u005"))
            for one in (ASSESSMENT, NEXT)
        }


def liaison(database: Database) -> str:
    with database.read() as connection:
        return people.holders(connection, Role.LIAISON, unit=UNIT)[0]
