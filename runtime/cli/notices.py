"""`duban notices`: what goes out over which channel, what was given up and why; a person's inbox."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import typer

from definitions.channels import CHANNELS_FILE, FOLDER, MAIL, Channels, load_channels
from desk.caller import Caller
from desk.personal.inbox import show_inbox
from ledger.chain import deliveries
from rules.dates.calendar import LOCAL
from rules.telling.posts import on_behalf
from runtime.cli.caller import acting_as
from runtime.cli.output import JSON_OPTION, print_json, print_table, refusals_in_words, short
from runtime.ending import REFUSED
from runtime.settings import Settings, load
from runtime.store import open_database

_STATES = {"pending": "等下一次汇总", "ready": "等待发送", "sending": "正在发送", "sent": "已发出", "failed": "已放弃"}


def notices(
    failed: bool = typer.Option(False, "--failed", help="放弃了的：给谁的、为什么；有则退出码为 1"),
    again: bool = typer.Option(False, "--again", help="把放弃了的再发一次（改正原因之后）"),
    caller: Caller = acting_as("某人的收件箱", needed=False, option="--person"),
    check: bool = typer.Option(False, "--check", help=f"只检查数据目录里的 {CHANNELS_FILE}"),
    as_json: bool = JSON_OPTION,
) -> None:
    """通知发到哪里、发得怎样。"""
    settings = load()
    with refusals_in_words():
        channels = load_channels(settings.data / CHANNELS_FILE)
        if check:
            _show_channels(channels, as_json)
        elif caller.person:
            _show_inbox(settings, caller, as_json)
        elif again:
            _again(settings, as_json)
        elif failed:
            _show_failed(settings, as_json)
        else:
            _show_counts(settings, as_json)


def _show_channels(channels: Channels, as_json: bool) -> None:
    hours = channels.hours
    days = "每天" if hours.every_day else "工作日"
    rows = [("收件箱", "每个人", "网站")]
    if channels.mail:
        rows.append((MAIL, "有邮箱的人", f"{channels.mail.host}:{channels.mail.port}"))
    if channels.folder:
        rows.append((FOLDER, "每个人", str(channels.folder)))
    for robot in channels.robots:
        told = "、".join((*robot.roles, *robot.units, *robot.areas))
        rows.append((robot.id, f"{robot.name}：{told}", robot.address))
    if as_json:
        print_json({"hours": [f"{hours.start:%H:%M}", f"{hours.end:%H:%M}", days], "channels": rows})
        return
    print_table(f"通知渠道（{days} {hours.start:%H:%M} 至 {hours.end:%H:%M}）", ("渠道", "通知谁", "发到"), rows)


def _show_counts(settings: Settings, as_json: bool) -> None:
    database = open_database(settings)
    with database.read() as connection:
        rows = deliveries.counts(connection)
    if as_json:
        print_json([dict(row) for row in rows])
        return
    shown = [
        (row["channel"], _STATES[row["state"]], row["notices"], row["messages"], short(row["reason"], 60))
        for row in rows
    ]
    print_table("通知", ("渠道", "状态", "通知", "消息", "原因"), shown)


def _show_failed(settings: Settings, as_json: bool) -> None:
    database = open_database(settings)
    with database.read() as connection:
        rows = deliveries.failed(connection)
    if as_json:
        print_json([dict(row) for row in rows])
    else:
        shown = [
            (row["channel"], row["name"] or "（群）", row["notices"], row["attempts"], row["reason"]) for row in rows
        ]
        print_table("放弃了的通知", ("渠道", "给谁", "通知", "试过几次", "原因"), shown)
    if rows:
        raise typer.Exit(REFUSED)


def _again(settings: Settings, as_json: bool) -> None:
    from activities.delivery.waking import wake  # here and not above: only this needs Temporal's client
    from runtime.reach import reach

    async def send() -> list[str]:
        client = await reach(settings)  # before anything is changed: without it nobody would send
        with database.write() as connection:
            channels = deliveries.again(connection)
        for channel in channels:
            await wake(client, settings.task_queue, channel)
        return channels

    database = open_database(settings)
    channels = asyncio.run(send())
    if as_json:
        print_json({"channels": channels})
    else:
        typer.echo(f"重新发送：{'、'.join(channels)}。" if channels else "没有放弃了的通知。")


def _show_inbox(settings: Settings, caller: Caller, as_json: bool) -> None:
    database = open_database(settings)
    with database.read() as connection:
        shown = show_inbox(connection, caller, datetime.now(UTC))
    if as_json:
        print_json(shown.model_dump(mode="json"))
        return
    rows = [
        (
            "" if n.read_at else "●",
            f"{datetime.fromisoformat(n.at).astimezone(LOCAL):%m-%d %H:%M}",
            n.no,
            on_behalf(short(n.sentence, 60), (n.behalf_name,)),
            short(n.title, 30),
        )
        for n in shown.notices
    ]
    title = f"{shown.person_name}的收件箱：{shown.unread} 条未读，共 {shown.total} 条"
    print_table(title, ("未读", "时间", "事项", "内容", "事由"), rows)
