"""Nobody is told at midnight: what may not wait goes out in working hours at once, otherwise the next morning."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, time, timedelta
from functools import partial
from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from activities.delivery.hours import opening
from definitions.calendars import snapshot
from definitions.channels import Hours
from definitions.plans import IMMEDIATE as IMMEDIATE_PLAN
from definitions.plans import PLANS
from ledger.directory import people, substitutes
from rules.dates.calendar import LOCAL, local_date
from rules.dates.plans import next_time
from rules.machine.commands import Actor, Via
from rules.process import Role
from tests.support import office
from tests.support.product import Started
from tests.support.servers.smtp_server import MailServer
from tests.support.waiting import until

CALENDAR = snapshot()


def _local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL)


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-11-24 09:00", "2026-11-24 09:00"),
        ("2026-11-24 17:29", "2026-11-24 17:29"),
        ("2026-11-24 17:30", "2026-11-25 09:00"),
        ("2026-11-24 00:00", "2026-11-24 09:00"),
        ("2026-11-27 20:00", "2026-11-30 09:00"),
        ("2026-09-30 18:00", "2026-10-08 09:00"),
        ("2026-10-10 10:00", "2026-10-10 10:00"),
    ],
    ids=["opens", "last minute", "closed", "midnight", "friday evening", "before the holidays", "make-up saturday"],
)
def test_people_are_told_in_working_hours_of_working_days(now: str, opens: str) -> None:
    assert opening(Hours(), CALENDAR, _local(now)) == _local(opens)


def test_on_duty_every_day_means_weekends_too() -> None:
    saturday = _local("2026-11-28 10:00")
    assert opening(Hours(every_day=True), CALENDAR, saturday) == saturday
    assert opening(Hours(start=time(8), end=time(20), every_day=True), CALENDAR, _local("2026-11-28 21:00")) == _local(
        "2026-11-29 08:00"
    )


def _closed_now() -> tuple[str, datetime]:
    """Hours that do not hold now, as the file says them, and when they begin."""
    start = (datetime.now(LOCAL) + timedelta(hours=3)).replace(minute=0, second=0, microsecond=0)
    return f'hours: {{from: "{start:%H:%M}", to: "{start:%H}:59", every_day: true}}\n', start


def _all_sent(product: Started, count: int) -> bool:
    return office.states(product.database, "mail") == Counter(sent=count)


async def test_an_urge_in_working_hours_is_heard_at_once_and_the_rest_waits_for_the_morning(
    product: Started, server: MailServer, tmp_path: Path
) -> None:
    office.channels(tmp_path, office.mail(server.port))
    (no,) = await product.issue("记录不全")
    await product.give(no, "urge", "p0001", text="请抓紧")
    await (await office.start_immediate(product.client, product.task_queue, "mail")).result()
    await until(
        "liaison and head are told", lambda: office.states(product.database, "mail") == Counter(sent=2, pending=1)
    )
    said = [str(letter.get_body(("plain",)).get_content()) for letter in server.taken()]  # type: ignore[union-attr]
    assert len(said) == 2
    assert all("催办：请抓紧" in text and "交办给" not in text for text in said)
    await (await office.start_digest(product.client, product.task_queue, "mail")).result()
    await until("the rest is told", partial(_all_sent, product, 3))


async def test_an_urge_in_the_evening_is_heard_in_the_morning_and_by_nobody_before(
    own_client: Client, product: Started, server: MailServer, tmp_path: Path
) -> None:
    hours, start = _closed_now()
    office.channels(tmp_path, office.mail(server.port), hours=hours)
    (no,) = await product.issue("记录不全")
    await product.give(no, "urge", "p0001", text="请抓紧")
    await (await office.start_immediate(product.client, product.task_queue, "mail")).result()
    assert office.states(product.database, "mail") == Counter(pending=3)
    await (await office.start_digest(product.client, product.task_queue, "mail")).result()
    sending = own_client.get_workflow_handle("deliver/mail")

    async def waits() -> bool:
        return bool((await sending.query("progress"))["waits_until"])

    await until("it waits for the morning", waits)
    assert datetime.fromisoformat((await sending.query("progress"))["waits_until"]) == start
    assert server.count() == 0
    skipper = TimeSkipper(own_client, config=TimeSkippingConfig(enabled=False))
    await skipper.fast_forward(sending, start - datetime.now(UTC) + timedelta(seconds=30))
    await until("everybody is told", partial(_all_sent, product, 3))


async def test_who_stands_in_hears_for_whom(product: Started, server: MailServer, tmp_path: Path) -> None:
    office.channels(tmp_path, office.mail(server.port))
    today = local_date(datetime.now(UTC))
    with product.database.write() as connection:
        substitutes.name(
            connection,
            person="p2001",
            stand_in="p1001",
            first=today - timedelta(days=1),
            last=today + timedelta(days=1),
            named_by=Actor(id="p2001", role=Role.LIAISON, via=Via.SITE),
            now=datetime.now(UTC),
        )
        away = people.somebody(connection, "p2001").name
    office.issue(product.database, units=1)
    await (await office.start_digest(product.client, product.task_queue, "mail")).result()
    await until("somebody is told", partial(_all_sent, product, 1))
    (letter,) = server.taken()
    assert letter["To"].addresses[0].addr_spec == "p1001@qingxi.test"
    assert f"（代{away}）" in str(letter.get_body(("plain",)).get_content())  # type: ignore[union-attr]


async def test_a_folder_gets_one_file_for_each_message(product: Started, tmp_path: Path) -> None:
    office.channels(tmp_path, "file: {folder: out}")
    count = office.issue(product.database, 2, units=3)
    await (await office.start_digest(product.client, product.task_queue, "file")).result()
    await until("files stand there", lambda: office.states(product.database, "file") == Counter(sent=count))
    files = sorted((tmp_path / "out").rglob("*.*"))
    assert [file.parent.name for file in files] == ["p2001", "p2002", "p2003"]
    assert all(file.suffix == ".txt" and file.name.startswith(f"{local_date(datetime.now(UTC)):%Y-}") for file in files)
    assert "2 个事项" in files[0].read_text("utf-8")


async def test_without_channels_notices_stay_in_the_inbox_and_go_nowhere_later(
    product: Started, server: MailServer, tmp_path: Path
) -> None:
    office.issue(product.database, units=2)
    await (await office.start_digest(product.client, product.task_queue, "")).result()
    office.channels(tmp_path, office.mail(server.port))
    await (await office.start_digest(product.client, product.task_queue, "", day="2026-11-25")).result()

    await product.client.get_workflow_handle("digest/2026-11-25/mail").result()
    assert office.states(product.database, "mail") == Counter()
    assert office.notices(product.database) == 2


@pytest.mark.parametrize(
    "hours", [Hours(), Hours(start=time(0), end=time(23, 59), every_day=True), Hours(start=time(7), end=time(22))]
)
def test_whatever_the_hours_what_may_not_wait_is_looked_at_within_five_minutes_inside_them(hours: Hours) -> None:
    (immediate,) = (plan for plan in PLANS if plan.id == IMMEDIATE_PLAN)
    now, week = _local("2026-11-26 00:00"), timedelta(days=7)  # a Thursday, so there is a Saturday
    for minutes in range(0, int(week / timedelta(minutes=1)), 7):
        opens = opening(hours, CALENDAR, now + timedelta(minutes=minutes))
        looked = next_time(immediate, CALENDAR, opens - timedelta(microseconds=1))
        assert looked is not None
        assert looked - opens <= timedelta(minutes=5)
