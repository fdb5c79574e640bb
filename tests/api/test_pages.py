"""The pages as text: cookies, ways back, what is hidden from caches, and that users' words never become markup."""

import re

import httpx2
import pytest

from api.entrance.cookies import PLAIN_COOKIE
from api.pages.render import STATIC, safe_back
from ledger.chain import pinned
from tests.support.product import LEADER, SUPERVISOR, Started
from tests.support.shipped import catalogue
from tests.support.signed import as_

OWN = {"Sec-Fetch-Site": "same-origin"}


def acting(person: str) -> dict[str, str]:
    return OWN | as_(person)


@pytest.mark.parametrize(
    "back", ["//bad.example", "/\\bad.example", "https://bad.example", "", "x", "/a\nb", "/" * 3000]
)
def test_nobody_is_led_to_another_site(back: str) -> None:
    assert safe_back(back) == "/"


@pytest.mark.parametrize("back", ["/", "/items?text=三会&after=1", "/items/ZG2026-0001#act"])
def test_the_way_back_on_this_site_is_kept(back: str) -> None:
    assert safe_back(back) == back


async def test_a_site_that_has_just_started_shows_its_first_pages(
    web: httpx2.AsyncClient, product: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A site that has just started remembers no process and no calendar, and the page is written when nothing can be
    read any longer."""
    (no,) = await product.issue("刚开机就打开台账")
    monkeypatch.setattr(pinned, "_calendars", {})
    monkeypatch.setattr(pinned, "_processes", {})
    for path, words in (("/", "等着"), (f"/items?text={no}", "项")):
        answer = await web.get(path, headers=acting(SUPERVISOR))
        assert (answer.status_code, words in answer.text) == (200, True), path


@pytest.mark.parametrize("process", [one.id for one in catalogue()])
async def test_every_shipped_process_has_its_page_to_issue_it(web: httpx2.AsyncClient, process: str) -> None:
    answer = await web.get(f"/issue?process={process}", headers=acting(SUPERVISOR))
    assert (answer.status_code, 'name="act"' in answer.text) == (200, True)


async def test_a_unit_has_a_page_found_by_its_name_with_what_it_has_open(
    web: httpx2.AsyncClient, product: Started
) -> None:
    (no,) = await product.issue("三会一课记录不全", unit="u028")  # no other test fills its page
    way = await web.get("/units?unit=县机关事务中心", headers=acting(SUPERVISOR))
    assert way.status_code == 303
    page = await web.get(way.headers["location"], headers=acting(SUPERVISOR))
    assert (page.status_code, f'href="/items/{no}"' in page.text, "单位设立" in page.text) == (200, True, True)
    listed = await web.get("/units", headers=acting(SUPERVISOR))
    assert f'href="{way.headers["location"]}"' in listed.text
    assert (await web.get("/units/nobody", headers=acting(SUPERVISOR))).status_code == 404


async def test_words_of_users_never_become_markup(web: httpx2.AsyncClient, product: Started) -> None:
    (no,) = await product.issue('<script>alert("问题")</script>')
    await product.give(no, "remark", LEADER, text="<img src=x onerror=alert(1)>")
    for path in (f"/items/{no}", f"/items?text={no}", "/items?text=%22%3E%3Cscript%3E"):
        text = (await web.get(path)).text
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert '"><script>' not in text


async def test_no_page_has_inline_scripts_styles_or_foreign_addresses(
    web: httpx2.AsyncClient, product: Started
) -> None:
    (no,) = await product.issue("页面里不该有的东西")
    for path in ("/", "/account", "/import", "/clocks", f"/items/{no}", "/nothing"):
        text = (await web.get(path, headers=acting(SUPERVISOR))).text
        assert not re.search(r"<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=|javascript:", text), path
        assert not re.search(r"(?:href|src|action)=\"(?:https?:)?//", text), path


async def test_a_form_sent_twice_is_one_command_and_changed_words_are_another(
    web: httpx2.AsyncClient, product: Started
) -> None:
    (no,) = await product.issue("退回浏览器再写一次")
    form = {"id": "the-same-key", "text": "请抓紧"}
    places = []
    for text in ("请抓紧", "请抓紧", "另外，请专题报告"):
        answer = await web.post(f"/items/{no}/remark", data=form | {"text": text}, headers=acting(LEADER))
        places.append(answer.headers["location"])
    assert places[0] == places[1] == f"/items/{no}?done=2"
    assert places[2] == f"/items/{no}?done=3"


async def test_a_cookie_that_is_nobody_s_leads_to_the_entrance_and_back(web: httpx2.AsyncClient) -> None:
    for secret in ("", "nobody", "%00", "江凤霞".encode().hex(), "%F0%9F%98%80", "x" * 5000):
        for path, back in (("/", ""), ("/items?text=a", "?back=%2Fitems%3Ftext%3Da")):
            answer = await web.get(path, headers={"Cookie": f"{PLAIN_COOKIE}={secret}"})
            assert (answer.status_code, answer.headers["location"]) == (303, f"/sign-in{back}")


async def test_a_refusal_shows_the_page_again_with_its_status(web: httpx2.AsyncClient, product: Started) -> None:
    (no,) = await product.issue("页面上的拒绝")
    form = {"reason": "写了很久的理由", "unit": "u001"}
    answer = await web.post(f"/items/{no}/approve", data=form, headers=acting(SUPERVISOR))
    assert answer.status_code in (409, 422)
    assert "没有办成" in answer.text


async def test_pages_are_kept_by_nobody(web: httpx2.AsyncClient) -> None:
    assert (await web.get("/")).headers["cache-control"] == "no-store"


@pytest.mark.parametrize("sheet", sorted(path.name for path in STATIC.glob("*.css")))
def test_the_style_sheet_asks_for_nothing_that_old_browsers_lack(sheet: str) -> None:
    text = (STATIC / sheet).read_text("utf-8")
    lacking = (":has(", ":where(", ":is(", "color-mix", "oklch", "@layer", "@container", "inset:", "@import", "url(")
    assert [name for name in lacking if name in text] == []


async def test_versions_and_one_process_are_told(web: httpx2.AsyncClient) -> None:
    versions = [v for v in (await web.get("/api/v1/definitions")).json() if v["current"]]
    (known,) = (v for v in versions if (v["process"], v["name"]) == ("rectification", "整改事项"))
    one = (await web.get("/api/v1/definitions/rectification", params={"unit_kind": "research"})).json()
    assert one["unit_kind"] == "research"
    pictures = [chapter["picture"] for chapter in one["chapters"]]
    assert pictures[0] == ""
    assert all(picture.startswith("<svg") and "<script" not in picture for picture in pictures[1:])
    page = (await web.get("/definitions/整改事项", params={"version": known["hash"]})).text
    assert page.count("<svg") == len(pictures) - 1


@pytest.mark.parametrize("process", ["nothing", "definitions/catalogue/rectification.yaml", "..%2fsecond.yaml"])
async def test_what_the_ledger_does_not_know_is_refused_and_no_file_is_read(
    web: httpx2.AsyncClient, process: str
) -> None:
    answer = await web.get(f"/api/v1/definitions/{process}")
    assert answer.status_code in (404, 422)


async def test_what_an_item_names_is_one_click_away(web: httpx2.AsyncClient, product: Started) -> None:
    (report,) = await product.issue("报上来的一张")
    named = {"process": "verification", "variant": "sample", "unit": "第一片组（党群）"}
    (no,) = await product.issue("核实", **named, matter=(("unit", "u001"), ("item", report)))  # type: ignore[arg-type]
    page = (await web.get(f"/items/{no}", headers=acting(SUPERVISOR))).text
    assert f'<dd><a href="/items/{report}">{report}</a></dd>' in page
