"""The inbox as a person sees it: nobody chosen, nothing there, long names, read one by one; and a mail."""

from datetime import UTC, datetime
from pathlib import Path

from playwright.async_api import Page, expect
from sqlalchemy import text

from activities.delivery.letter import letters
from definitions.channels import Channels
from ledger.chain import deliveries
from ledger.directory.substitutes import hearing
from rules.dates.calendar import local_date
from tests.pages.conftest import Site, act_as

LONG = "中共青溪县委宣传思想文化和精神文明建设工作领导小组成员单位联席会议机制运行不规范，" * 6


async def test_an_empty_inbox_says_so(page: Page, site: Site) -> None:
    await act_as(page.context, site, "p0005")
    await page.goto("/inbox")
    await expect(page.get_by_text("没有通知。")).to_be_visible()


async def test_a_notice_is_read_and_moves_down(page: Page, site: Site) -> None:
    (no, other) = await site.product.issue(LONG, "另一个问题", unit="县公共资源交易中心")
    liaison = site.product.liaison(no)
    await act_as(page.context, site, liaison)
    await page.goto("/inbox")
    unread = page.locator("#unread")
    await expect(unread.get_by_role("link", name=no)).to_be_visible()
    width = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert width <= 0, "a long name must not push the page aside"
    item = unread.get_by_role("listitem").filter(has=page.get_by_role("link", name=no))
    await item.get_by_role("button", name="已读").click()
    await expect(page.locator("#read").get_by_role("link", name=no)).to_be_visible()
    await expect(unread.get_by_role("link", name=other)).to_be_visible()
    await page.get_by_role("button", name="全部标为已读").click()
    await expect(page.locator("#unread")).to_have_count(0)


async def test_a_mail_reads_like_the_page_and_fits_a_narrow_window(page: Page, site: Site, tmp_path: Path) -> None:
    numbers = await site.product.issue(LONG, "另一个问题", "第三个问题", unit="县志愿者联合会")
    database = site.product.database
    channels = Channels(site="http://duban.test", folder=tmp_path)
    now = datetime.now(UTC)
    with database.write() as connection:
        while deliveries.route(connection, channels, 500, hearing(connection, local_date(now))):
            pass
        deliveries.assemble(connection, "file", after=None, people=500, limit=200, immediate=False)
        query = "SELECT DISTINCT message FROM delivery WHERE notice LIKE :no AND channel = 'file'"
        message = connection.execute(text(query), {"no": f"{numbers[0]}/%"}).scalar_one()
        person = site.product.liaison(numbers[0])
        one = deliveries.Message(id=message, person=person, attempts=0)
        (letter,) = letters(connection, channels, [one], "", now)
    (tmp_path / "mail.html").write_text(letter.page, encoding="utf-8")
    await page.set_viewport_size({"width": 420, "height": 800})
    await page.set_content(letter.page)
    for no in numbers:
        await expect(page.get_by_role("link", name=no)).to_be_visible()
        assert no in letter.text
    assert await page.evaluate("document.documentElement.scrollWidth") <= 420
