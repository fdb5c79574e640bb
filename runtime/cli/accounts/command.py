"""`duban account`: who may come in. The first administrator is let in from here; the rest the administrator does,
here or on the site."""

from __future__ import annotations

import os
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import typer

from activities.delivery.answers import ChannelRefused, Down, MessageRefused, PutOff
from activities.delivery.inviting import invitation_letter
from activities.delivery.mail import MailSender
from definitions.channels import CHANNELS_FILE, load_channels
from desk.accounts import keeping
from desk.accounts.accounts_shown import accounts_as_they_are
from desk.accounts.keeping import Slip
from desk.caller import Caller
from documents.reports.slips import SlipRow, written_slips
from ledger.accounts.tokens import TokenRights, tokens_of
from ledger.directory import people
from rules.permitting import OfficeAct, roles_named
from runtime.cli.accounts.ways import key_removed, local, opened, unbound
from runtime.cli.caller import acting_as, unnamed
from runtime.cli.output import JSON_OPTION, local_minute, print_json, print_table, refusals_in_words
from runtime.ending import Problem
from runtime.entering import limits_in_force
from runtime.settings import Settings, load
from runtime.store import open_database

account = typer.Typer(help="账号：首位管理员、邀请、停用、令牌。", no_args_is_help=True)
account.add_typer(local, name="local")
_ADMINISTRATOR = acting_as("以谁的名义", more=roles_named(OfficeAct.ACCOUNTS))
_PERSON = typer.Argument(..., metavar="人员", help="人员编号，或不重名的姓名")
_NAME = typer.Option("", "--name", help="登录名；不写就用人员编号")
_SITE = typer.Option("", "--site", help="网站的地址，如 https://duban.example；不写就用 channels.yaml 里的或本机的")


@account.command()
def first(person: str = _PERSON, name: str = _NAME, site: str = _SITE, as_json: bool = JSON_OPTION) -> None:
    """让第一位管理员进来：印出一次性链接；有人设好密码以后不能再用。"""
    settings = load()
    with refusals_in_words():
        now = datetime.now(UTC)
        slip = keeping.invite_first(open_database(settings), person, name, limits_in_force(settings), unnamed(), now)
    _print_slip(slip, _site(settings, site), as_json)


@account.command()
def invite(
    person: str = _PERSON,
    name: str = _NAME,
    mail: bool = typer.Option(False, "--mail", help="发到此人的邮箱，不印出来"),
    site: str = _SITE,
    caller: Caller = _ADMINISTRATOR,
    as_json: bool = JSON_OPTION,
) -> None:
    """邀请一个人设密码（新的或忘了密码的）：一次性链接，原来的链接作废。"""
    settings = load()
    at = _site(settings, site)
    sender = _sender(settings) if mail else None
    with refusals_in_words():
        now = datetime.now(UTC)
        slip = keeping.invite(
            open_database(settings), caller, person, name, limits_in_force(settings), now, mailed=mail
        )
    if sender is None:
        _print_slip(slip, at, as_json)
        return
    _mail(sender, slip, at, now)
    typer.echo(f"已发到 {slip.name} 的邮箱，{local_minute(slip.expires)} 以前有效。")


@account.command()
def slips(
    file: Path = typer.Argument(..., metavar="文件.xlsx", help="写到哪里；不能已经有"),
    unit: str = typer.Option("", help="只给这个单位的人：编号、名称或简称"),
    site: str = _SITE,
    caller: Caller = _ADMINISTRATOR,
) -> None:
    """邀请所有有职务而没有密码的人：一份登录凭条，一人一行，打印后裁开交给本人。"""
    settings = load()
    at = _site(settings, site)
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as failure:
        raise Problem(f"{file} 不能新建：{failure.strerror}", "换一个还没有的文件名。") from failure
    made: tuple[Slip, ...] = ()
    try:
        with os.fdopen(handle, "wb") as out, refusals_in_words():
            now = datetime.now(UTC)
            made = keeping.invite_everybody(open_database(settings), caller, limits_in_force(settings), now, unit=unit)
            rows = [
                SlipRow(
                    unit=one.unit,
                    name=one.name,
                    sign_in_name=one.sign_in_name,
                    link=one.link(at),
                    expires=local_minute(one.expires),
                )
                for one in made
            ]
            out.write(written_slips(rows))
    finally:
        if not made:
            file.unlink()
    if made:
        typer.echo(f"{file}：{len(made)} 人，{local_minute(made[0].expires)} 以前有效。发完请删除这个文件。")
    else:
        typer.echo("没有要邀请的人：有职务的都有密码，或账号已停用。")


@account.command("list")
def listed(as_json: bool = JSON_OPTION) -> None:
    """谁有账号、怎样了、在几处登录着。"""
    settings = load()
    with open_database(settings).read() as connection:
        shown = accounts_as_they_are(connection, limits_in_force(settings), datetime.now(UTC))
    if as_json:
        print_json([one.model_dump(mode="json") for one in shown])
        return
    rows = [(s.unit, s.name, s.person, s.roles, s.sign_in_name, s.words, s.ways, s.sessions or "") for s in shown]
    print_table("账号", ("单位", "姓名", "编号", "职务", "登录名", "账号", "凭什么登录", "登录着"), rows)


account.command("open")(opened)
account.command("unbind")(unbound)
account.command("remove-key")(key_removed)


@account.command()
def off(
    person: str = _PERSON,
    reason: str = typer.Option(..., help="为何停用"),
    caller: Caller = _ADMINISTRATOR,
) -> None:
    """停用一个账号：不能再登录，登录着的立即结束，令牌不再有效。"""
    with refusals_in_words():
        database, now = open_database(load()), datetime.now(UTC)
        ended = keeping.switch(database, caller, person, active=False, reason=reason, now=now)
    typer.echo(f"已停用，{ended} 处登录结束。")


@account.command()
def on(person: str = _PERSON, caller: Caller = _ADMINISTRATOR) -> None:
    """重新启用一个账号；密码还是原来的。"""
    with refusals_in_words():
        keeping.switch(open_database(load()), caller, person, active=True, reason="", now=datetime.now(UTC))
    typer.echo("已启用。")


@account.command()
def withdraw(person: str = _PERSON, caller: Caller = _ADMINISTRATOR) -> None:
    """作废给此人的链接。"""
    with refusals_in_words():
        done = keeping.withdraw(open_database(load()), caller, person, datetime.now(UTC))
    typer.echo("已作废。" if done else "没有可用的链接。")


@account.command()
def out(person: str = _PERSON, caller: Caller = _ADMINISTRATOR) -> None:
    """让此人从各处退出登录。"""
    with refusals_in_words():
        ended = keeping.sign_out_other(open_database(load()), caller, person, datetime.now(UTC))
    typer.echo(f"{ended} 处登录结束。")


@account.command()
def token(
    name: str = typer.Argument(..., metavar="名称", help="用来做什么"),
    days: int = typer.Option(90, min=1, help="多少天有效"),
    writes: bool = typer.Option(False, "--writes", help="也能办理；不写就只读"),
    units: list[str] = typer.Option(None, "--unit", help="只限这个单位，可多次"),
    scopes: list[str] = typer.Option(None, "--scope", help="只限接口的这一部分，如 items，可多次"),
    caller: Caller = acting_as("给谁"),
    as_json: bool = JSON_OPTION,
) -> None:
    """发一个令牌给程序用：只印这一次，权限只是本人的一部分。"""
    settings, now = load(), datetime.now(UTC)
    rights = TokenRights(reads_only=not writes, units=tuple(units or ()), scopes=tuple(scopes or ()))
    with refusals_in_words():
        secret, known = keeping.issue_token(
            open_database(settings), caller, name, rights, now + timedelta(days=days), limits_in_force(settings), now
        )
    if as_json:
        print_json({"id": known.id, "token": secret, "expires_at": known.expires_at})
        return
    typer.echo(f"{secret}\n编号 {known.id}，{known.expires_at[:10]} 以前有效。只显示这一次，请妥善保存。")


@account.command()
def tokens(person: str = typer.Option("", "--person", help="只看此人的"), as_json: bool = JSON_OPTION) -> None:
    """令牌：谁的、做什么、几时到期、最近一次用在几时。"""
    with refusals_in_words(), open_database(load()).read() as connection:
        of = people.somebody(connection, person).id if person else None
        found = tokens_of(connection, of)
        names = people.names_of(connection, {one.person for one in found})
    if as_json:
        print_json([asdict(one) for one in found])
        return
    rows = [
        (
            one.id,
            names.get(one.person, one.person),
            one.name,
            "只读" if one.rights.reads_only else "可办理",
            one.expires_at[:10],
            "已吊销" if one.revoked_at else "",
            (one.used_at or "")[:16],
        )
        for one in found
    ]
    print_table("令牌", ("编号", "谁的", "名称", "权限", "到期", "", "最近一次"), rows)


@account.command()
def revoke(
    token_id: str = typer.Argument(..., metavar="编号", help="令牌的编号"), caller: Caller = acting_as()
) -> None:
    """吊销一个令牌：本人的，或由管理员。"""
    with refusals_in_words():
        done = keeping.revoke_token(open_database(load()), caller, token_id, datetime.now(UTC))
    typer.echo(f"令牌“{done.name}”已吊销。")


def _site(settings: Settings, said: str) -> str:
    """Where the site is, for links."""
    with refusals_in_words():
        known = said or load_channels(settings.data / CHANNELS_FILE).site
    return known or settings.public_url or f"http://{settings.host}:{settings.port}"


def _sender(settings: Settings) -> MailSender:
    with refusals_in_words():
        mail = load_channels(settings.data / CHANNELS_FILE).mail
    if mail is None:
        raise Problem("没有设邮件服务器。", f"写在数据目录的 {CHANNELS_FILE} 里，或不带 --mail 印出来。")
    return MailSender(mail)


def _mail(sender: MailSender, slip: Slip, site: str, now: datetime) -> None:
    """The letter is with the mail server; where it is not, the link stands good and is printed by inviting again."""
    letter = invitation_letter(
        invitation=slip.invitation,
        person=slip.person,
        to=slip.name,
        address=slip.email,
        sign_in_name=slip.sign_in_name,
        link=slip.link(site),
        expires=slip.expires,
        now=now,
    )
    try:
        with sender:
            sender.send(letter)
    except (Down, PutOff, MessageRefused, ChannelRefused) as failure:
        raise Problem(f"邮件没有发出：{failure}", "过一会再邀请一次，或不带 --mail 印出来交给本人。") from failure


def _print_slip(slip: Slip, site: str, as_json: bool) -> None:
    said = {"person": slip.person, "name": slip.name, "sign_in_name": slip.sign_in_name, "link": slip.link(site)}
    if as_json:
        print_json({**said, "expires_at": slip.expires.isoformat()})
        return
    typer.echo(f"{slip.name}，登录名 {slip.sign_in_name}，用这个链接设密码（只能用一次）：")
    typer.echo(said["link"])
    typer.echo(f"{local_minute(slip.expires)} 以前有效；请只交给本人。")
