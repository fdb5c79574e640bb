"""`duban doctor`: is everything in order; one line each."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import typer
from temporalio.client import Client

from definitions.channels import CHANNELS_FILE
from ledger.chain import deliveries, pinned
from ledger.chain.past import nudges
from ledger.directory import people
from ledger.directory.following import not_handed_on
from ledger.directory.loading import check_apart
from ledger.proof import checkpoints, outside
from ledger.proof.keys import KeyProblem
from ledger.rounds import counted
from ledger.rounds.campaigns import in_force
from ledger.rounds.coming import failing, held_up, late_openings
from ledger.store import firings, migrations
from ledger.store.database import Database
from rules.accounts.telling import way_in_words
from rules.dates.calendar import local_date
from rules.errors import RuleViolation
from rules.machine.commands import SYSTEM
from runtime.cli.caller import by_hand
from runtime.cli.clocks import clocks as compare_clocks
from runtime.cli.output import JSON_OPTION, print_json
from runtime.connect import connect
from runtime.ending import REFUSED, Problem
from runtime.engine.access import access_of, payload_keys
from runtime.engine.binary import locate
from runtime.engine.record import find
from runtime.entering import ways_in
from runtime.host.front import front_of
from runtime.host.privacy import is_open, open_files
from runtime.payloads.ring import KeyRing
from runtime.readiness import answers, polled, readable
from runtime.scheduler.trust import CLOCK_NOTE, TrustedClock, in_words
from runtime.sealing import key_folder
from runtime.settings import Settings, load
from runtime.store import open_database

ENOUGH_BYTES = 1 << 30
MISSED_LATELY = timedelta(days=31)
"""A round that was missed is spoken of for so long."""
OPENED_WITHIN = timedelta(hours=2)
"""Rounds are looked for each hour."""
UNITS_NAMED = 3
"""So many units a line names."""
BEHIND = timedelta(minutes=10)
"""A nudge is handed on within seconds; one that waits longer has nobody to hand it on, or nobody to hear it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoctorCheck:
    """One thing looked at: in order or not, and what was seen."""

    name: str
    good: bool
    seen: str


def doctor(
    clocks: bool = typer.Option(False, "--clocks", help="逐项核对时钟：每个未办结事项的下一次到点与流程引擎的定时"),
    as_json: bool = JSON_OPTION,
) -> None:
    """检查是否一切正常：每项一行；有不正常则退出码为 1。"""
    settings = load()
    if clocks:
        compare_clocks(settings, as_json=as_json)
        return
    checks: tuple[tuple[str, Callable[[Settings], str]], ...] = (
        ("数据目录", _folder),
        ("留痕库", _database),
        ("流程和日历", _definitions),
        ("计划和时钟", _plans),
        ("轮次", _rounds),
        ("单位变动", _units),
        ("通知渠道", _channels),
        ("登录方式", _ways),
        ("管理员", _administrators),
        ("封存", _seals),
        ("网站", _site),
        ("Temporal 程序", _binary),
        ("Temporal 服务器", _server),
        ("工作进程", _worker),
        ("补告流程", _nudges),
    )
    found = [_look(name, check, settings) for name, check in checks]
    if as_json:
        print_json([{"name": f.name, "good": f.good, "seen": f.seen} for f in found])
    else:
        for one in found:
            typer.echo(f"{'正常' if one.good else '异常'}  {one.name}：{one.seen}")
    if not all(f.good for f in found):
        raise typer.Exit(REFUSED)


def _look(name: str, check: Callable[[Settings], str], settings: Settings) -> DoctorCheck:
    try:
        return DoctorCheck(name=name, good=True, seen=check(settings))
    except Problem as problem:
        return DoctorCheck(name=name, good=False, seen=" ".join(problem.lines()))
    except RuleViolation as refusal:
        return DoctorCheck(name=name, good=False, seen=str(refusal))


def _folder(settings: Settings) -> str:
    if not settings.data.exists():
        raise Problem(f"{settings.data} 还不存在。", "运行 duban up。")
    free = shutil.disk_usage(settings.data).free
    if free < ENOUGH_BYTES:
        raise Problem(f"{settings.data} 只剩 {free >> 20} MB。", "腾出至少 1 GB。")
    if exposed := [
        path for path in (settings.data, *open_files(settings.data)) if is_open(path) and path != settings.seal_file
    ]:
        raise Problem(
            f"别的账号能读 {exposed[0]}{f' 等 {len(exposed)} 个' if len(exposed) > 1 else ''}。",
            f"运行 chmod -R go= {settings.data}。",
        )
    return f"{settings.data}，可用 {free >> 30} GB，别的账号读不了"


def _database(settings: Settings) -> str:
    with closing(open_database(settings)) as database:
        database.try_writing()
        return f"可写，{migrations.revision_of(database)} 版，防改触发器有效"


def _definitions(settings: Settings) -> str:
    with closing(open_database(settings)) as database, database.read() as connection:
        calendar = pinned.current_calendar(connection)
        units = len(people.all_units(connection))
    if not units:
        raise Problem("还没有载入单位名录。", "运行 duban load 名录.yaml。")
    return f"日历 {calendar.version}，{units} 个单位"


def _plans(settings: Settings) -> str:
    """No plan has been walked into the future, and the database's clock shows what ours does."""
    now = datetime.now(UTC)
    with closing(open_database(settings)) as database, database.read() as connection:
        walked, theirs = firings.cursors(connection), firings.clock_of(connection)
    if theirs is not None and abs(now - theirs) > firings.GRACE:
        raise Problem(f"本机时钟 {now:%F %T} 与数据库的 {theirs:%F %T}（UTC）相差太多。", "核对各台机器的时间同步。")
    if jump := TrustedClock(settings.data / CLOCK_NOTE).jump(now):
        raise Problem(f"本机时钟忽然往前跳了{in_words(jump)}，现在是 {now:%F %T}（UTC）。", "核对时间同步。")
    if ahead := sorted(plan for plan, at in walked.items() if at > now + firings.GRACE):
        raise Problem(
            f"计划 {'、'.join(ahead)} 已走到将来（最远 {max(walked.values()):%F %T} UTC）：时钟曾经超前。",
            "核对时间同步，然后运行 duban scheduler --back。",
        )
    return f"{len(walked)} 项计划，没有走到将来的"


def _rounds(settings: Settings) -> str:
    """No round was missed lately, and none waits to open for longer than a self-check takes."""
    now = datetime.now(UTC)
    with closing(open_database(settings)) as database, database.read() as connection:
        missed = counted.missed(connection, local_date(now - MISSED_LATELY).isoformat())
        late, campaigns = late_openings(connection, now - OPENED_WITHIN), len(in_force(connection))
        held, failed = held_up(connection), failing(connection, now)
    if failed:
        raise Problem(
            f"推算不了日子，开放不了：{'；'.join(f'周期工作 {id_}：{why}' for id_, why in failed.items())}。",
            "改文件里的 opens、due、locks，再运行 duban load。",
        )
    if held:
        said = "；".join(f"{fact.title} {fact.units} 个单位{'、'.join(fact.over)}" for fact in held.values())
        raise Problem(
            f"超出减负预算，没有开放：{said}。",
            f"由分管领导在减负月账里同意，或 duban burden allow {next(iter(held.values())).batch}；一小时以内开放。",
        )
    if late:
        raise Problem(
            f"轮次 {'、'.join(late)} 该开放了还没有开放。", "看调度和工作进程是否在运行；或运行 duban round open。"
        )
    if missed:
        raise Problem(
            f"轮次 {'、'.join(missed)} 到锁定日还没有开放，错过了。",
            "要补的由督查员运行 duban round open 周期工作 --period 期。",
        )
    return f"{campaigns} 项周期工作，没有错过的轮次"


def _units(settings: Settings) -> str:
    """Nothing is open any more at a unit that is no more."""
    with closing(open_database(settings)) as database, database.read() as connection:
        found = not_handed_on(connection)
        names = people.names_of_units(connection, list(found)[:UNITS_NAMED])
    if not found:
        return "没有撤销了还有未办结事项的单位"
    more = f"等 {len(found)} 个单位" if len(found) > UNITS_NAMED else ""
    raise Problem(
        f"{'、'.join(names.values())}{more}已经撤销或合并，还有 {sum(found.values())} 个未办结事项没有移交。",
        "先看 duban directory hand-on --as 督查员 --dry-run，再去掉 --dry-run。",
    )


def _channels(settings: Settings) -> str:
    """A worker here could send what the house has channels for."""
    with closing(open_database(settings)) as database, database.read() as connection:
        known = sorted(deliveries.of_the_house(connection))
    if known and not (settings.data / CHANNELS_FILE).is_file():
        raise Problem(
            f"别处的工作进程有渠道 {'、'.join(known)}，这台机器没有 {CHANNELS_FILE}：通知都留给别处发。",
            f"把 {CHANNELS_FILE} 和它的密钥文件放进 {settings.data}；渠道不用了，写一个只有 hours 的 {CHANNELS_FILE}。",
        )
    return "、".join(known) or "只有收件箱"


def _ways(settings: Settings) -> str:
    """By what people come in, and that the file which says so can be read."""
    ways = ways_in(settings)
    said = [*(["本地密码"] if ways.local else []), *(way_in_words(way.how) for way in ways.ways)]
    return "、".join(said) + ("；管理员另出示安全密钥" if ways.second_factor else "")


def _administrators(settings: Settings) -> str:
    """Where the site says so, the three administrators are three people."""
    if not settings.administrators_apart:
        return "没有设三员分立"
    with closing(open_database(settings)) as database, database.read() as connection:
        try:
            check_apart(connection)
        except RuleViolation as together:
            raise Problem(str(together), "改好名录，再 duban load 名录.yaml。") from together
    return "系统、安全保密、审计由不同的人担任"


def _seals(settings: Settings) -> str:
    """The key can be used, and the file outside be read; what is sealed so far."""
    with closing(open_database(settings)) as database:
        return _seals_of(settings, database)


def _seals_of(settings: Settings, database: Database) -> str:
    with database.read() as connection:
        last, size = checkpoints.latest(connection), checkpoints.size_now(connection)
    copy = "没有设库外的副本（DUBAN_SEAL_FILE）"
    if settings.seal_file:
        try:
            copy = f"库外的副本到 #{number}" if (number := _last_outside(settings.seal_file)) else "库外还没有副本"
        except OSError as failure:
            raise Problem(
                f"库外的封存文件 {settings.seal_file} 读不了：{failure.strerror}。", "检查它所在的盘。"
            ) from failure
    if last is None:
        return f"还没有封存点，{copy}"
    try:
        key_folder(settings).signer(by_hand(database), datetime.now(UTC), SYSTEM)
    except KeyProblem as problem:
        raise Problem(str(problem)) from problem
    return f"封存点 #{last.number}，以后又有 {size - last.size} 条，{copy}"


def _last_outside(path: Path) -> int:
    last = outside.read(path).last
    return last.number if last else 0


def _site(settings: Settings) -> str:
    """The site may stand where the settings put it, and for a while to come."""
    front = front_of(settings)
    if soon := front.ends_soon(datetime.now(UTC)):
        raise Problem(soon)
    if not front.reached.origin:
        return "只在本机"
    ends = f"，证书到 {front.ends:%F}" if front.ends else "，由代理做 HTTPS"
    return f"{front.reached.origin}{ends}"


def _binary(settings: Settings) -> str:
    if settings.temporal_address:
        return "用已有的服务器，不需要"
    return locate(settings).path.name


def _server(settings: Settings) -> str:
    address = find(settings)
    asyncio.run(_reach(address, settings, partial(_answers_readably, task_queue=settings.task_queue)))
    if not settings.payload_encryption:
        return f"{address} 有应答"
    using = KeyRing(payload_keys(settings)).encrypting(datetime.now(UTC))
    return f"{address} 有应答，流程内容用密钥 {using.id} 加密"


async def _answers_readably(client: Client, task_queue: str) -> None:
    await answers(client)
    await readable(client, task_queue)


def _worker(settings: Settings) -> str:
    asyncio.run(_reach(find(settings), settings, partial(polled, task_queue=settings.task_queue)))
    return "在领任务"


def _nudges(settings: Settings) -> str:
    """What was decided at the ledger while the engine did not answer is handed to the workflows soon after it does."""
    with closing(open_database(settings)) as database, database.read() as connection:
        found = nudges.waits(connection)
    if found.since is None:
        return "没有等着补告的"
    said = f"{found.items} 个事项有操作由留痕库直接办了，等着补告流程，最早的在 {found.since:%F %T}（UTC）"
    if datetime.now(UTC) - found.since > BEHIND:
        raise Problem(f"{said}。", "确认 Temporal 服务器和 duban worker 在运行：恢复以后几秒内自动补上。")
    return said


async def _reach(address: str, settings: Settings, asks: Callable[[Client], Awaitable[None]]) -> None:
    await asks(await connect(address, settings.temporal_namespace, access=access_of(settings)))
