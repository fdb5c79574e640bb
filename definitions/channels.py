"""Over which channels notices leave the house: data/channels.yaml, read into values. No file means the inbox alone.

Keys and passwords stand in files of their own, so that this one can be shown to anybody.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import time
from enum import StrEnum
from pathlib import Path

from definitions.directory import EMAIL, EMAIL_EXPECTED, ENTRY_ID, ENTRY_ID_EXPECTED
from definitions.fields import FileMapping
from definitions.source import Source
from rules.permitting import HELD

CHANNELS_FILE = "channels.yaml"
MAIL, FOLDER = "mail", "file"
"""The names of the channels of which there is one; robots have names of their own."""
HOST = re.compile(r"[A-Za-z0-9.:-]{1,253}")
ADDRESS = re.compile(r"https?://[^\s?#]{1,300}")
ADDRESS_EXPECTED = "http:// 或 https:// 开头的地址，不带问号"


class RobotKind(StrEnum):
    """Whose robot it is: what its address, its signature and its answers look like."""

    WECOM = "wecom"
    DINGTALK = "dingtalk"
    FEISHU = "feishu"


PUBLIC_ADDRESS = {
    RobotKind.WECOM: "https://qyapi.weixin.qq.com",
    RobotKind.DINGTALK: "https://oapi.dingtalk.com",
    RobotKind.FEISHU: "https://open.feishu.cn",
}
"""Where the public services are; a private one (政务微信, 专有钉钉) has its own address in the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """When people may be told: local times of a working day, or of every day."""

    start: time = time(9, 0)
    end: time = time(17, 30)
    every_day: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """The SMTP server. `password_file`: a path; its first line is the password of `user`."""

    host: str
    port: int
    sender: str
    starttls: bool = False
    user: str = ""
    password_file: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Robot:
    """A robot that speaks in one group. It tells what people in one of `roles` hear about items of one of `units` or
    `areas`; an empty list narrows nothing. `key_file`, `secret_file`: paths; the first line counts."""

    id: str
    kind: RobotKind
    name: str
    address: str
    key_file: Path
    secret_file: Path | None = None
    roles: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()

    def tells(self, role: str, unit: str, area: str | None) -> bool:
        """Whether the group hears a notice to somebody in that role about an item of that unit and area."""
        placed = not (self.units or self.areas) or unit in self.units or (area or "") in self.areas
        return placed and (not self.roles or role in self.roles)


@dataclass(frozen=True, slots=True, kw_only=True)
class Channels:
    """Everything that the file says. `site`: where the pages are, for links in messages; empty for none."""

    hours: Hours = field(default_factory=Hours)
    site: str = ""
    mail: Mail | None = None
    folder: Path | None = None
    robots: tuple[Robot, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The channels' names, in the order of the file's kinds."""
        named = ((MAIL, self.mail), (FOLDER, self.folder))
        return (*(name for name, there in named if there), *(robot.id for robot in self.robots))

    def robot(self, name: str) -> Robot | None:
        """The robot of that name."""
        return next((robot for robot in self.robots if robot.id == name), None)


def load_channels(path: Path) -> Channels:
    """What the file says; nothing but defaults when there is none. Relative paths in it start from its own folder.

    Raises definition_invalid with every mistake of the file.
    """
    if not path.is_file():
        return Channels()
    source = Source(path)
    if source.root is None:
        source.refuse()
    top = FileMapping(source, (), source.root)
    channels = Channels(
        hours=_hours(top.table("hours")) if top.has("hours") else Hours(),
        site=top.word("site", ADDRESS, ADDRESS_EXPECTED).rstrip("/") if top.has("site") else "",
        mail=_mail(top.table("mail"), path.parent) if top.has("mail") else None,
        folder=_folder(top.table("file"), path.parent) if top.has("file") else None,
        robots=_robots(top, path.parent) if top.has("robots") else (),
    )
    top.done()
    source.refuse()
    return channels


def _hours(table: FileMapping) -> Hours:
    hours = Hours(start=table.clock_time("from"), end=table.clock_time("to"), every_day=table.flag("every_day"))
    if hours.start >= hours.end and table.has("from") and table.has("to"):
        table.mistake("to", f"“to”（{hours.end:%H:%M}）不晚于“from”（{hours.start:%H:%M}）", "同一天里更晚的时刻")
    table.done()
    return hours


def _mail(table: FileMapping, folder: Path) -> Mail:
    mail = Mail(
        host=table.word("host", HOST, "邮件服务器的主机名或地址"),
        port=table.integer("port", 1, 65535),
        sender=table.word("from", EMAIL, f"发件{EMAIL_EXPECTED}"),
        starttls=table.flag("starttls"),
        user=table.text("user", "登录邮件服务器的用户名", 200) if table.has("user") else "",
        password_file=_kept(table, "password_file", folder) if table.has("password_file") else None,
    )
    if bool(mail.user) is not bool(mail.password_file):
        lacking = "password_file" if mail.user else "user"
        table.mistake(lacking, f"写了“{'user' if mail.user else 'password_file'}”，缺少“{lacking}”", "两者都写或都不写")
    table.done()
    return mail


def _folder(table: FileMapping, folder: Path) -> Path:
    path = _path(table, "folder", folder, "存放通知文件的文件夹")
    table.done()
    return path


def _robots(top: FileMapping, folder: Path) -> tuple[Robot, ...]:
    robots = []
    for name, table in top.tables("robots", "机器人：每行“名字: {…}”", ENTRY_ID, ENTRY_ID_EXPECTED):
        if name in (MAIL, FOLDER):
            top.source.add(table.path, f"机器人叫“{name}”", f"{MAIL}、{FOLDER} 以外的名字")
        robots.append(_robot(name, table, folder))
    return tuple(robots)


def _robot(name: str, table: FileMapping, folder: Path) -> Robot:
    kind = table.choice("kind", RobotKind)
    robot = Robot(
        id=name,
        kind=kind,
        name=table.text("name", "群的名称"),
        address=_address(table, kind),
        key_file=_kept(table, "key_file", folder),
        secret_file=_kept(table, "secret_file", folder) if table.has("secret_file") else None,
        roles=_listed(table, "roles", HELD),
        units=_listed(table, "units"),
        areas=_listed(table, "areas"),
    )
    if robot.secret_file and kind is RobotKind.WECOM:
        table.mistake("secret_file", "企业微信的机器人不签名", "去掉 secret_file")
    if not any(table.has(key) for key in ("roles", "units", "areas")):
        table.source.add(table.path, "没有说通知哪些人的事", "至少写 roles、units、areas 之一")
    table.done()
    return robot


def _address(table: FileMapping, kind: RobotKind) -> str:
    if not table.has("address"):
        return PUBLIC_ADDRESS[kind]
    return table.word("address", ADDRESS, ADDRESS_EXPECTED).rstrip("/")


def _listed(table: FileMapping, key: str, known: Collection[str] | None = None) -> tuple[str, ...]:
    return table.words(key, known) if table.has(key) else ()


def _path(table: FileMapping, key: str, folder: Path, expected: str) -> Path:
    return folder / Path(table.text(key, expected, 300)).expanduser()


def _kept(table: FileMapping, key: str, folder: Path) -> Path:
    """A file that is there and readable, now: a channel that could never work is refused when it is written down."""
    path = _path(table, key, folder, "一个文件，第一行是口令或密钥")
    if table.has(key) and not path.is_file():
        table.mistake(key, f"没有文件“{path.name}”", f"放在 {CHANNELS_FILE} 旁边的一个文件，第一行是口令或密钥")
    return path


def first_line(path: Path | None) -> str:
    """The secret that a file holds."""
    if path is None:
        return ""
    return (path.read_text("utf-8").splitlines() or [""])[0].strip()
