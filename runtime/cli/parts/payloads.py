"""`duban payloads`: the keys of what workflows carry. No secret is ever shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import typer

from desk.acting import acting
from desk.caller import Caller
from ledger.chain import journal
from ledger.directory.joint.acts import JointWanted, carry_out
from rules.joint.acts import JointAct
from rules.joint.facts import JointDetail, PayloadKeyMade
from rules.permitting import OfficeAct
from runtime.cli.caller import acting_as
from runtime.cli.joint.guarding import asked_of_another
from runtime.cli.output import JSON_OPTION, local_minute, print_json, print_table, refusals_in_words
from runtime.ending import WRONG_USAGE, Problem
from runtime.engine.access import payload_keys
from runtime.host.folder import prepare
from runtime.payloads.ring import KeyRing, PayloadKey, add_key
from runtime.settings import Settings, load
from runtime.store import open_database

UNTIL_COPIED = timedelta(hours=1)
"""Other machines have their own copy of the file: they should have the new key before anybody encrypts with it."""

payloads = typer.Typer(help="流程内容的密钥：看有哪些，换一把新的。", no_args_is_help=True)


@payloads.command("keys")
def list_keys(as_json: bool = JSON_OPTION) -> None:
    """有哪些密钥，哪一把在加密。"""
    settings = load()
    ring, now = KeyRing(payload_keys(settings)), datetime.now(UTC)
    using = ring.encrypting(now).id if settings.payload_encryption else ""
    if as_json:
        print_json([{"id": key.id, "since": key.since.isoformat(), "encrypts": key.id == using} for key in ring.keys])
        return
    rows = [(key.id, local_minute(key.since), "加密" if key.id == using else "") for key in ring.keys]
    print_table(f"流程内容的密钥（{ring.path}）", ("编号", "何时起加密", ""), rows)
    if not using:
        typer.echo("没有设 DUBAN_PAYLOAD_ENCRYPTION：新的内容不加密，以前加密的照样能读。")


@payloads.command("new-key")
def new_key(
    hours: float = typer.Option(
        -1, "--in", min=-1, help="几小时以后才用它加密；不写时，只有一台机器的立即，否则 1 小时"
    ),
    caller: Caller = acting_as("换密钥时以谁的名义", more="管理员；第一把不用", needed=False),
) -> None:
    """换一把新的密钥：以后用它加密，以前的都留着解密。先提请，另一人复核同意以后再运行一次才换；第一把不用复核。"""
    settings = load()
    path, now = payload_keys(settings), datetime.now(UTC)
    if not settings.payload_keys:
        prepare(settings.data)
    first = not path.exists()
    usual = UNTIL_COPIED if settings.temporal_address else timedelta()
    after = usual if hours < 0 else timedelta(hours=hours)
    made = add_key(path, now, after) if first else _by_two(settings, path, caller, now, after)
    typer.echo(f"新的密钥 {made.id} 已写进 {path}，{local_minute(made.since)} 起用它加密。")
    if first and not settings.payload_encryption:
        typer.echo("再设 DUBAN_PAYLOAD_ENCRYPTION=true，重新启动各部分，新的内容就加密。")
    if settings.temporal_address:
        typer.echo("别的机器上也要有这个文件：在那以前拷过去（权限 600），不用重新启动。")
    typer.echo("马上备份一次：丢了它，加密过的流程谁也读不出来（事项都在留痕库里，不受影响）。")


def _by_two(settings: Settings, path: Path, caller: Caller, now: datetime, after: timedelta) -> PayloadKey:
    """Another key follows the last one, as two people want it; the ledger says so."""
    if not caller.person:
        raise Problem("换密钥要说以谁的名义。", "加上 --as 管理员。", WRONG_USAGE)
    previous = KeyRing(path).keys[-1].id
    told = (("接替的密钥", previous), ("何时起加密", f"{after / timedelta(hours=1):g} 小时以后" if after else "立即"))
    details = tuple(JointDetail(name=name, value=value) for name, value in told)
    wanted = JointWanted(act=JointAct.PAYLOAD_KEY, details=details)
    database = open_database(settings)
    with refusals_in_words(), asked_of_another(database), database.write() as connection:
        actor = acting(connection, caller, OfficeAct.ROTATE_KEY)
        number = carry_out(connection, wanted, actor, now).number

        def enter(key: PayloadKey) -> None:
            fact = PayloadKeyMade(key=key.id, previous=previous, since=key.since, joint=number)
            journal.note(connection, fact, actor, now)

        return add_key(path, now, after, enter)
