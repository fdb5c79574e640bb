"""Campaigns, a round and a unit's year as pages and in JSON. Without an engine: what is read, and what people do to a
round, is the ledger's."""

from __future__ import annotations

import io
import zipfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio

from api.app import create_app
from desk.intake import Intake
from desk.registers.rounds_shown import round_units
from desk.requests import Desk
from ledger.chain import batches
from ledger.chain.past.deciding import decide_here
from ledger.directory import people
from ledger.rounds.campaigns import campaign_in_force, load_campaigns
from ledger.rounds.coming import step
from ledger.rounds.counted import RoundFilters
from ledger.rounds.rounds import open_in_ledger, perform
from ledger.rounds.rows import batch_of
from ledger.store.database import Database
from ledger.store.evidence import EvidenceStore
from rules.dates.calendar import instant_of
from rules.machine.commands import SYSTEM, Actor, Command, CommandKind, Via
from rules.process import Role
from rules.rounds.campaign import DueBy
from rules.rounds.deciding import RoundCommand, RoundVerb
from rules.rounds.moment import Moment, MomentForm
from rules.rounds.periods import Rhythm, read_period
from runtime.connect import connect_later
from tests.support import witness
from tests.support.product import LEADER, SUPERVISOR, known_county
from tests.support.shipped import every_campaign
from tests.support.signed import as_, browsing, entrance_of
from workflows.gateway import Gateway

NAME = "month/2027-03"
OPENING = instant_of(date(2027, 3, 1), time(9))
AFTER_DUE = instant_of(date(2027, 3, 11), time(9))
AFTER_LOCK = instant_of(date(2027, 4, 20), time(9))
OWN = {"origin": "http://127.0.0.1"}


def working_day(nth: int, *, after: bool = False) -> Moment:
    return Moment(form=MomentForm.WORKING_DAY, nth=nth, after=after)


@dataclass(slots=True)
class Running:
    """A round of 96 units, the site over it, and what time that takes it to be."""

    database: Database
    web: httpx2.AsyncClient
    now: datetime = AFTER_DUE

    def cookie(self, person: str) -> dict[str, str]:
        return {**as_(person), **OWN}


@pytest_asyncio.fixture(loop_scope="session")
async def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Running]:
    database = known_county(tmp_path / "county", now=OPENING - timedelta(days=30))
    shipped = {one.id: one for one in every_campaign()}
    campaign = replace(
        shipped["inspections"],
        id="month",
        name="每月任务",
        process="task",
        variant="plain",
        rhythm=Rhythm.MONTH,
        opens=working_day(1),
        due=(DueBy(kind="", moment=working_day(8)),),
        locks=working_day(5, after=True),
    )
    with database.write() as connection:
        load_campaigns(connection, [campaign, *shipped.values()], OPENING - timedelta(days=60))
        open_in_ledger(connection, campaign_in_force(connection, "month"), read_period("2027-03"), SYSTEM, OPENING)
        while batches.issue_chunk(connection, batch_of(NAME), 500, OPENING):
            pass
        drop = RoundCommand(id="d", verb=RoundVerb.DROP, actor=SYSTEM, unit="u041", reason="撤销")
        perform(connection, NAME, drop, AFTER_DUE)
    files = EvidenceStore(tmp_path / "evidence")
    away = Gateway(
        await connect_later("127.0.0.1:1", "nowhere"), database, task_queue="none", patience=timedelta(seconds=1)
    )
    desk, intake = Desk(away, database, files), Intake(away, database)
    app = create_app(desk=desk, intake=intake, database=database, files=files, entrance=entrance_of(database))
    async with browsing(app) as web:
        here = Running(database, web)
        monkeypatch.setattr("api.site.Site.now", lambda _: here.now)
        yield here
    database.close()


async def test_every_campaign_shows_its_next_opening_and_its_last_rounds(running: Running) -> None:
    page = (await running.web.get("/campaigns", headers=running.cookie(SUPERVISOR))).text
    for said in ("每月任务", "2027-04-01", "片组每月走访", "由督查员开放", f'href="/rounds/{NAME}"', "开放一个轮次"):
        assert said in page
    assert "开放一个轮次" not in (await running.web.get("/campaigns", headers=running.cookie(LEADER))).text
    campaigns = {one["id"]: one for one in (await running.web.get("/api/v1/campaigns")).json()}
    assert (campaigns["month"]["opens"], campaigns["visits"]["of_areas"]) == ("2027-04-01（暂定）", True)


async def test_a_round_is_opened_on_the_page_for_named_units_by_who_may(running: Running) -> None:
    sent = {"units": "县教育局\nu001\n"}
    refused = await running.web.post("/campaigns/inspections/open", data=sent, headers=running.cookie(LEADER))
    assert refused.status_code == 403
    assert "没有办成" in refused.text
    opened = await running.web.post("/campaigns/inspections/open", data=sent, headers=running.cookie(SUPERVISOR))
    assert opened.status_code == 303, opened.text
    assert opened.headers["location"] == "/rounds/inspections/2027-03-11?done=opened&later=1"
    page = (await running.web.get(opened.headers["location"], headers=running.cookie(SUPERVISOR))).text
    assert "已办理并留痕" in page
    assert "流程引擎没有应答：记下了" in page
    same = await running.web.post("/campaigns/inspections/open", data=sent, headers=running.cookie(SUPERVISOR))
    assert (same.status_code, "都已经问了" in same.text) == (409, True)
    more = {"units": "u001\nu005\n"}
    further = await running.web.post("/campaigns/inspections/open", data=more, headers=running.cookie(SUPERVISOR))
    page = (await running.web.get(further.headers["location"], headers=running.cookie(SUPERVISOR))).text
    assert "还没有问的加入了这一轮" in page
    assert "期中加入 1 个" in page
    again = await running.web.post(
        "/campaigns/inspections/open", data={"units": "没有的单位"}, headers=running.cookie(SUPERVISOR)
    )
    assert (again.status_code, "没有“没有的单位”这个单位" in again.text) == (404, True)


async def test_a_round_shows_who_owes_what_by_area_and_kind_and_whom_to_call(running: Running) -> None:
    whole = (await running.web.get(f"/api/v1/rounds/{NAME}")).json()
    assert (whole["round"]["owed"], whole["round"]["overdue"], whole["round"]["dropped"]) == (95, 95, 1)
    assert sum(one["owed"] for one in whole["areas"]) == sum(one["owed"] for one in whole["kinds"]) == 95
    page = (await running.web.get(f"/rounds/{NAME}", headers=running.cookie(SUPERVISOR))).text
    assert "要催的" in page
    assert "全部 95 个" in page
    assert "%" not in page.partition("<main")[2].partition("</main>")[0].replace("%2F", ""), "never by percent"
    with running.database.read() as connection:
        (liaison,) = people.holders(connection, Role.LIAISON, unit="u001")[:1]
        name = people.somebody(connection, liaison).name
    assert name in page
    one_area = (await running.web.get(f"/api/v1/rounds/{NAME}/units", params={"area": whole["areas"][0]["id"]})).json()
    assert len(one_area) == whole["areas"][0]["owed"]
    dropped = (await running.web.get(f"/rounds/{NAME}", params={"state": "dropped"})).text
    assert dropped.count('class="unit"') == 1
    called = (await running.web.get(f"/api/v1/rounds/{NAME}/units", params={"overdue": True, "after": "u090"})).json()
    assert [one["unit"] for one in called] == ["u091", "u092", "u093", "u094", "u095", "u096"]
    assert (await running.web.get("/rounds/month/2030-01")).status_code == 404
    assert (await running.web.get("/api/v1/rounds/month/2030-01")).json()["code"] == "unknown_round"


async def test_an_instructor_sees_the_own_area_first_and_calls_its_units_only(running: Running) -> None:
    page = (await running.web.get(f"/rounds/{NAME}", headers=running.cookie("p0026"))).text
    assert "我的片组" in page
    assert "全部 16 个" in page
    assert "给一个单位解锁" not in page
    listed = (await running.web.get(f"/rounds/{NAME}", params={"overdue": True, "area": "a6"})).text
    assert listed.count('class="unit"') == 16


async def test_who_opens_an_item_of_a_locked_round_is_told_so_until_somebody_unlocks_the_unit(
    running: Running,
) -> None:
    running.now = AFTER_LOCK
    with running.database.write() as connection:
        step(connection, NAME, AFTER_LOCK)
        (no,) = (one.no for one in round_units(connection, NAME, RoundFilters(), AFTER_LOCK) if one.unit == "u001")
        liaison = running.cookie(people.holders(connection, Role.LIAISON, unit="u001")[0])
    locked = (await running.web.get(f"/items/{no}", headers=liaison)).text
    assert 'id="do-submit"' not in locked
    assert "请督查员解锁本单位" in locked
    called = (await running.web.get(f"/rounds/{NAME}", headers=running.cookie(SUPERVISOR))).text
    assert "给它解锁" in called
    said = {"unit": "u001", "days": "3", "reason": "停电"}
    await running.web.post(f"/rounds/{NAME}/unlock", data=said, headers=running.cookie(SUPERVISOR))
    unlocked = (await running.web.get(f"/items/{no}", headers=liaison)).text
    assert 'id="do-submit"' in unlocked
    assert "督查员给本单位解锁到" in unlocked


async def test_unlocking_and_correcting_leave_every_revision_and_who_saw_it(running: Running) -> None:
    running.now = AFTER_LOCK
    with running.database.write() as connection:
        step(connection, NAME, AFTER_LOCK)
    at, supervisor, leader = f"/rounds/{NAME}", running.cookie(SUPERVISOR), running.cookie(LEADER)
    first = await running.web.get(f"{at}/reports/1", headers={**supervisor, "sec-fetch-site": "same-origin"})
    assert first.status_code == 200
    assert "未报的" in first.text

    async def post(verb: str, who: dict[str, str], **said: str) -> httpx2.Response:
        return await running.web.post(f"{at}/{verb}", data=said, headers=who)

    silent = await post("unlock", supervisor, unit="县教育局", days="3", reason=" ")
    assert (silent.status_code, "必须填写“理由”" in silent.text, 'value="县教育局"' in silent.text) == (422, True, True)
    assert (await post("unlock", leader, unit="县教育局", days="3", reason="停电")).status_code == 403
    assert (await post("unlock", supervisor, unit="县教育局", days="3", reason="停电")).status_code == 303
    assert "解锁至" in (await running.web.get(at, params={"unlocked": True})).text
    assert (await post("correct", supervisor, reason="有误", id="c")).status_code == 303
    assert "有人申请更正：有误" in (await running.web.get(at)).text
    own = await post("agree", supervisor)
    assert (own.status_code, "自己的事不能由自己" in own.text) == (403, True)
    nothing = await post("agree", leader)
    assert (nothing.status_code, "与第 1 版没有不同" in nothing.text) == (409, True)
    with running.database.read() as connection:
        (no,) = (one.no for one in round_units(connection, NAME, RoundFilters(), AFTER_LOCK) if one.unit == "u001")
    boss = Actor(id=SUPERVISOR, role=Role.SUPERVISOR, via=Via.SITE)
    void = Command(kind=CommandKind.ANNUL, id="v", actor=boss, reason="问错了")
    decide_here(running.database, no, void, AFTER_LOCK, away=False)
    assert (await post("agree", leader)).status_code == 303
    assert (await post("nonsense", supervisor)).status_code == 404

    reports = (await running.web.get(f"/api/v1{at}")).json()["reports"]
    assert [one["revision"] for one in reports] == [1, 2]
    second = (await running.web.get(f"/api/v1{at}/reports/2", headers=as_(LEADER))).json()
    assert [(one["unit"]["id"], one["before"]) for one in second["differences"]] == [("u001", "未报")]
    assert [one["person"] for one in second["readers"]] == [LEADER]
    old = await running.web.get(f"{at}/reports/1", headers={**leader, "sec-fetch-site": "same-origin"})
    assert "这是旧的一版" in old.text
    page = (await running.web.get(at)).text
    assert page.index("第 2 版") < page.index("第 1 版")
    assert witness.wrong(running.database) == []
    assert (await running.web.get(f"/api/v1{at}/reports/9", headers=as_(LEADER))).status_code == 409


async def test_a_units_year_says_what_is_asked_when_and_what_has_come_already(running: Running) -> None:
    asked = (await running.web.get("/api/v1/units/县教育局/year", params={"year": 2027})).json()
    by_round = {one["round"]: one for one in asked}
    assert (by_round[NAME]["state_name"], by_round[NAME]["due"]) == ("未报", "2027-03-10")
    assert by_round["month/2027-12"]["state"] == ""
    assert [one["due"] for one in asked] == sorted(one["due"] for one in asked)
    page = (await running.web.get("/units/县教育局/year", params={"year": 2027})).text
    assert page.count("每月任务") == 10
    assert "这个月没有到期的" in page
    assert (await running.web.get("/units/没有/year")).status_code == 404


async def test_a_rounds_forms_are_taken_and_brought_back_on_its_page(running: Running) -> None:
    answer = await running.web.get(f"/api/v1/rounds/{NAME}/sheets.zip", headers=as_(SUPERVISOR))
    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        names = archive.namelist()
    assert len(names) == 96
    with running.database.read() as connection:
        liaison = people.holders(connection, Role.LIAISON, unit="u001")[0]
    few = io.BytesIO()
    with zipfile.ZipFile(few, "w") as archive, zipfile.ZipFile(io.BytesIO(answer.content)) as whole:
        for name in names[:2]:
            archive.writestr(name, whole.read(name))
    sent = {"zip": ("填好.zip", few.getvalue(), "application/zip")}
    page = await running.web.post(f"/rounds/{NAME}/sheets", files=sent, headers=running.cookie(liaison))
    assert page.status_code == 200, page.text
    assert "收到 2 份表" in page.text
    assert "成为草稿 1 份，未收 1 份" in page.text
    nothing = await running.web.post(
        f"/rounds/{NAME}/sheets", files={"zip": ("a.zip", b"no")}, headers=running.cookie(liaison)
    )
    assert "这不是完整的 zip 文件" in nothing.text
