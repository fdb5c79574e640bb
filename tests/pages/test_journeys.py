"""What people do on the pages, in a real browser, with scripts and without."""

from pathlib import Path
from uuid import uuid4

from playwright.async_api import Page, expect

from ledger.chain import lookup
from ledger.reading import queries
from tests.pages.conftest import Site, act_as
from tests.support.product import LEADER, SUPERVISOR


async def test_the_register_is_narrowed_by_text_and_lamp(page: Page, site: Site) -> None:
    mark = uuid4().hex[:8]
    first, _ = await site.product.issue(f"记录不全{mark}", f"方案照抄{mark}")
    await page.goto("/items")
    await page.get_by_label("编号或事由").fill(f"记录不全{mark}")
    await page.get_by_role("button", name="查询").click()
    await expect(page.locator("table.rows tbody tr")).to_have_count(1)
    await expect(page.locator("table.rows")).to_contain_text(first)
    await page.locator(".chips a", has_text="红灯").click()
    await expect(page.locator("#rows")).to_contain_text("没有符合条件的事项")


async def test_pages_of_the_register_lead_there_and_back(page: Page, site: Site) -> None:
    mark = uuid4().hex[:8]
    await site.product.issue(*[f"{mark}第{n}个问题" for n in range(55)])
    await page.goto(f"/items?text={mark}")
    first = await page.locator("td.no a").all_inner_texts()
    await page.get_by_role("link", name="下一页").click()
    await expect(page.locator(".sum")).to_contain_text("第 2 页")
    second = await page.locator("td.no a").all_inner_texts()
    assert (len(first), len(second)) == (50, 5)
    assert not set(first) & set(second)
    await page.get_by_role("link", name="上一页").click()
    await expect(page.locator(".sum")).to_contain_text("第 1 页")
    assert await page.locator("td.no a").all_inner_texts() == first


async def test_a_liaison_signs_and_submits_with_evidence(page: Page, site: Site, tmp_path: Path) -> None:
    (no,) = await site.product.issue("党员活动室被挪作他用")
    await act_as(page.context, site, site.product.liaison(no))
    await page.goto(f"/items/{no}")
    await page.get_by_role("button", name="签收").click()
    await expect(page.get_by_role("status")).to_contain_text("签收")
    await expect(page.locator("[aria-current=step]")).to_contain_text("制定整改方案")
    minutes = tmp_path / "党组会议纪要（第18次）.pdf"
    minutes.write_bytes(b"%PDF-1.4 " + no.encode())
    await page.get_by_label("办理情况").fill("方案已经党组会审定\n附会议纪要")
    await page.get_by_label("整改措施").fill("腾退\n重新挂牌")
    await page.locator("#submit-evidence").set_input_files(minutes)
    await page.get_by_role("button", name="上报").click()
    await expect(page.get_by_role("status")).to_contain_text("佐证 1 份，填报 1 项")
    async with page.expect_download() as download:
        await page.get_by_role("link", name=minutes.name).click()
    assert (await download.value).suggested_filename == minutes.name


async def test_a_refusal_stays_on_the_page_with_everything_that_was_written(page: Page, site: Site) -> None:
    (no,) = await site.product.issue("发展党员程序不规范")
    liaison = site.product.liaison(no)
    await act_as(page.context, site, liaison)
    await page.goto(f"/items/{no}")
    await page.locator("summary", has_text="退回").click()
    await page.get_by_label("理由").fill("不是本单位的职责，\n应由县档案馆办理")
    await site.product.give(no, "sign", liaison)  # meanwhile somebody else signs
    await page.get_by_role("button", name="退回").click()
    await expect(page.get_by_role("alert")).to_contain_text("现在不能退回")
    await page.goto(page.url.partition("#")[0])  # the form's own address, typed or kept as a bookmark
    await expect(page).to_have_url(f"/items/{no}")
    with site.product.database.read() as connection:
        assert lookup.item_row(connection, no)["status"] == "working"


async def test_what_was_written_is_kept_when_a_field_is_wrong(page: Page, site: Site) -> None:
    (no,) = await site.product.issue("谈心谈话不深入", variant="staged")
    liaison = site.product.liaison(no)
    await site.product.give(no, "sign", liaison)
    await act_as(page.context, site, liaison)
    await page.goto(f"/items/{no}")
    await page.locator("summary", has_text="申请延期").click()
    form = page.locator(f"form[action^='/items/{no}/ask_extension']")
    await form.get_by_label("理由").fill("经费下达较晚")
    await form.get_by_label("目前进展").fill("已完成三分之二")
    date = form.get_by_label("申请延至")
    limit = await date.get_attribute("max")
    assert limit
    await form.evaluate("form => { form.noValidate = true }")  # the browser would not even send it
    await date.fill("2032-01-05")
    await form.locator("button").click()
    await expect(page.get_by_role("alert")).to_contain_text("延期累计不得超过")
    await expect(form.get_by_label("理由")).to_have_value("经费下达较晚")
    await expect(form.get_by_label("目前进展")).to_have_value("已完成三分之二")
    await form.get_by_label("申请延至").fill(limit)
    await form.locator("button").click()
    await expect(page.get_by_role("status")).to_contain_text("申请延期")
    await expect(page.locator("#h-due + .due-line ~ .ext.asked")).to_contain_text("待督查员批复")


async def test_a_double_click_is_one_command(page: Page, site: Site) -> None:
    (no,) = await site.product.issue("民主生活会材料不全")
    await act_as(page.context, site, LEADER)
    await page.goto(f"/items/{no}")
    await page.locator("summary", has_text="批示").click()
    await page.get_by_label("批示内容").fill("一周内整改到位")
    await page.get_by_role("button", name="批示").dblclick()
    await expect(page.get_by_role("status")).to_contain_text("批示：一周内整改到位")
    with site.product.database.read() as connection:
        assert [event.kind for event in queries.item(connection, no).events] == ["issued", "remarked"]


async def test_a_supervisor_imports_a_register(page: Page, site: Site, tmp_path: Path) -> None:
    mark = uuid4().hex[:8]
    register = tmp_path / "整改台账.csv"
    lines = (
        "序号,存在问题,整改措施,责任单位,整改时限",
        f"1,学习不深入{mark},制定计划,县科技局、县文旅局,12月底前",
        f"2,走访不到位{mark},补走访,没有这个单位,立行立改",
    )
    register.write_bytes("\n".join(lines).encode("gb18030"))
    await act_as(page.context, site, SUPERVISOR)
    await page.goto("/import")
    await page.get_by_label("台账文件").set_input_files(register)
    await page.get_by_role("button", name="读取并核对").click()
    await expect(page.locator("tr.wrong")).to_contain_text("D3")
    await expect(page.locator(".decide")).to_contain_text("还没有交办")
    await page.get_by_role("button", name="确认交办 2 项").click()
    await expect(page.locator("#progress")).to_contain_text("交办完毕")
    await page.get_by_role("link", name="在台账里看这一批").click()
    await expect(page.locator("table.rows tbody tr")).to_have_count(3)  # the item over the two, and each unit's
    await expect(page.locator("table.rows")).to_contain_text("子项 2 项中 0 项办结")


async def test_a_file_that_is_no_register_is_refused_in_words(page: Page, site: Site, tmp_path: Path) -> None:
    picture = tmp_path / "照片.xlsx"
    picture.write_bytes(b"\x89PNG not a workbook")
    await act_as(page.context, site, SUPERVISOR)
    await page.goto("/import")
    await page.get_by_label("台账文件").set_input_files(picture)
    await page.get_by_role("button", name="读取并核对").click()
    await expect(page.get_by_role("alert")).to_contain_text("这不是可以读取的表格文件")


async def test_an_unknown_address_is_a_page_with_a_way_back(page: Page) -> None:
    answer = await page.goto("/items/ZG2026-404")
    assert answer
    assert answer.status == 404
    await expect(page.locator("main")).to_contain_text("没有编号为“ZG2026-404”的事项")
    await page.get_by_role("link", name="回到首页").click()
    await expect(page).to_have_url("/")


async def test_a_wrong_entry_is_corrected_by_two_people_and_shows_it(page: Page, site: Site) -> None:
    (no,) = await site.product.issue("集体学习次数不足")
    liaison = site.product.liaison(no)
    await site.product.give(no, "sign", liaison, text="收到两份材料")
    await act_as(page.context, site, liaison)
    await page.goto(f"/items/{no}")
    await page.locator("#e2").get_by_role("link", name="申请更正").click()
    form = page.locator("#do-correct form")
    await expect(form.get_by_label("有误的记录")).to_have_value("2")
    await form.get_by_label("应当怎样写").fill("收到三份材料")
    await form.get_by_label("理由").fill("清点时少数了一份")
    await form.locator("button").click()
    await expect(page.locator("#e2 .correction")).to_contain_text("待督查员批复")
    await act_as(page.context, site, SUPERVISOR)
    await page.goto(f"/items/{no}")
    await page.locator("summary", has_text="批复更正").click()
    decide = page.locator("#do-decide_correction")
    await expect(decide.locator(".correction")).to_contain_text("收到三份材料")
    await decide.get_by_label("同意", exact=True).check()
    await decide.locator("button").click()
    await expect(page.locator("#e2 .was")).to_contain_text("收到两份材料")
    await expect(page.locator("#e2 .correction")).to_contain_text("收到三份材料")
    await page.locator("#e2 .correction").get_by_role("link", name="第 4 条").click()
    await expect(page).to_have_url(f"/items/{no}?done=4#e4")
