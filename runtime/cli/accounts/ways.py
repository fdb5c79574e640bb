"""`duban account local`, `open` and `unbind`: whom other ways let in, and whom no password kept here."""

from __future__ import annotations

from datetime import UTC, datetime

import typer

from desk.accounts import keeping
from desk.caller import Caller
from rules.permitting import OfficeAct, roles_named
from runtime.cli.caller import acting_as
from runtime.cli.output import refusals_in_words
from runtime.settings import load
from runtime.store import open_database

local = typer.Typer(help="本地密码：对一个人停用、重新启用。", no_args_is_help=True)
_BY_ADMINISTRATOR = acting_as("以谁的名义", more=roles_named(OfficeAct.ACCOUNTS))
_WHOM = typer.Argument(..., metavar="人员", help="人员编号，或不重名的姓名")


@local.command("off")
def local_off(
    person: str = _WHOM,
    reason: str = typer.Option(..., help="为何停用"),
    caller: Caller = _BY_ADMINISTRATOR,
) -> None:
    """此人不能再用本地密码登录，只能走别的登录方式；登录着的立即结束。"""
    with refusals_in_words():
        database, now = open_database(load()), datetime.now(UTC)
        ended = keeping.switch_local(database, caller, person, active=False, reason=reason, now=now)
    typer.echo(f"已停用本地密码，{ended} 处登录结束。")


@local.command("on")
def local_on(person: str = _WHOM, caller: Caller = _BY_ADMINISTRATOR) -> None:
    """此人又可以用本地密码登录；密码还是原来的。"""
    with refusals_in_words():
        database, now = open_database(load()), datetime.now(UTC)
        keeping.switch_local(database, caller, person, active=True, reason="", now=now)
    typer.echo("已启用本地密码。")


def opened(
    person: str = typer.Argument("", metavar="人员", help="人员编号，或不重名的姓名；不写就是有职务而没有账号的全部"),
    name: str = typer.Option("", "--name", help="登录名；不写就用人员编号"),
    unit: str = typer.Option("", help="只给这个单位的人：编号、名称或简称"),
    caller: Caller = _BY_ADMINISTRATOR,
) -> None:
    """开立账号而不发链接：走统一认证等别的登录方式进来的人用。"""
    with refusals_in_words():
        made = keeping.open_for(open_database(load()), caller, person, name, datetime.now(UTC), unit=unit)
    typer.echo(f"开立 {len(made)} 个账号。" if made else "没有要开立的：有职务的都有账号。")


def key_removed(
    person: str = _WHOM,
    key: str = typer.Argument("", metavar="密钥", help="编号或名称；不写就是全部"),
    reason: str = typer.Option(..., help="为何移除"),
    caller: Caller = _BY_ADMINISTRATOR,
) -> None:
    """移除此人的安全密钥（丢了的）：登录着的立即结束，没有密钥的下次登录时登记一把。"""
    with refusals_in_words():
        ended = keeping.remove_key(open_database(load()), caller, person, key, reason, datetime.now(UTC))
    typer.echo(f"已移除，{ended} 处登录结束。")


def unbound(
    person: str = _WHOM,
    way: str = typer.Argument(..., metavar="登录方式", help="sign_in.yaml 里的名字"),
    caller: Caller = _BY_ADMINISTRATOR,
) -> None:
    """解除此人与一种登录方式的绑定，下次登录时重新认人；登录着的立即结束。"""
    with refusals_in_words():
        ended = keeping.unbind(open_database(load()), caller, person, way, datetime.now(UTC))
    typer.echo(f"已解除绑定，{ended} 处登录结束。")
