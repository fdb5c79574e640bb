"""How people come in besides by a password kept here: data/sign_in.yaml, read into values. No file: by that alone.

A secret stands in the file or in one that it names. None is ever repeated: no mistake, no value's text holds it.
"""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit

from definitions.channels import PUBLIC_ADDRESS, RobotKind, first_line
from definitions.fields import FileMapping
from definitions.source import Source

SIGN_IN_FILE = "sign_in.yaml"
WAY_ID = re.compile(r"[a-z][a-z0-9_]{0,19}")
WAY_ID_EXPECTED = "小写英文字母开头，由小写字母、数字、下划线组成，最多 20 个"
_PLAIN = re.compile(r"[!-~]{1,300}")
_ADDRESS = re.compile(r"https?://[^\s?#@\\]{1,300}")
_ADDRESS_EXPECTED = "https:// 开头的地址，不带问号（http:// 只许本机）"
_CLAIM = re.compile(r"[A-Za-z][A-Za-z0-9_.:/-]{0,99}")
_CLAIM_EXPECTED = "对方给出的一项的名字，如 employee_number"
_OWN_WORDS = {"name", "given_name", "family_name", "nickname", "profile", "picture", "website", "email", "phone_number"}
"""What people can often change themselves, or share with others: nobody is found by it."""
_SCOPE_WORD = re.compile(r"[!#-\[\]-~]{1,80}")
_LOOPBACK_NAMES = ("127.0.0.1", "localhost", "::1")
_SECRET_LENGTH = 300


class WayKind(StrEnum):
    """By whose protocol a way in speaks."""

    OIDC = "oidc"
    CAS = "cas"
    WECOM = "wecom"
    DINGTALK = "dingtalk"


@dataclass(frozen=True, slots=True, kw_only=True)
class WayIn:
    """What all ways in have. `id`: what addresses and entries call it; `name`: what people read. `ca_file`: by which
    authorities its server is known; none: those of the machine."""

    kind: ClassVar[WayKind]
    id: str
    name: str
    ca_file: Path | None = None

    @property
    def how(self) -> str:
        """As sessions and entries have it."""
        return f"{self.kind}:{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcWay(WayIn):
    """OpenID Connect. `claim`: by whose value a person is found the first time; `scopes`: asked for besides openid."""

    kind: ClassVar[WayKind] = WayKind.OIDC
    issuer: str
    client_id: str
    secret: str = field(repr=False)
    claim: str
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CasWay(WayIn):
    """CAS 3. `claim`: the attribute by which a person is found the first time; empty: the user's name there."""

    kind: ClassVar[WayKind] = WayKind.CAS
    address: str
    claim: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WecomWay(WayIn):
    """WeCom (企业微信, 政务微信). `page`: where people are sent to scan; `address`: whom the site asks who it was."""

    kind: ClassVar[WayKind] = WayKind.WECOM
    corp: str
    agent: str
    secret: str = field(repr=False)
    page: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DingtalkWay(WayIn):
    """DingTalk (钉钉, 专有钉钉). `page`: where people are sent; `address`: whom the site asks who it was, `directory`:
    whether they belong to the organisation."""

    kind: ClassVar[WayKind] = WayKind.DINGTALK
    client_id: str
    secret: str = field(repr=False)
    page: str
    address: str
    directory: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WaysIn:
    """Everything that the file says. `local`: people may come in by passwords kept here; `second_factor`: whoever holds
    an administrator's post shows a security key besides."""

    local: bool = True
    second_factor: bool = False
    ways: tuple[WayIn, ...] = ()


def load_ways_in(path: Path) -> WaysIn:
    """What the file says; nothing but defaults when there is none. Relative paths in it start from its own folder.

    Raises definition_invalid with every mistake of the file.
    """
    if not path.is_file():
        return WaysIn()
    source = Source(path)
    if source.root is None:
        source.refuse()
    top = FileMapping(source, (), source.root)
    local = top.flag("local") if top.has("local") else True
    second_factor = top.flag("second_factor")
    ways = _ways(top, path.parent) if top.has("ways") else ()
    if not local and not ways:
        top.mistake("local", "本地密码关了，又没有别的登录方式：谁也进不来", "写上 ways，或去掉 local: false")
    top.done()
    source.refuse()
    return WaysIn(local=local, second_factor=second_factor, ways=ways)


def _ways(top: FileMapping, folder: Path) -> tuple[WayIn, ...]:
    ways: list[WayIn] = []
    for id_, table in top.tables("ways", "登录方式：每行“名字: {…}”", WAY_ID, WAY_ID_EXPECTED):
        kind = table.choice("kind", WayKind)
        name = table.text("name", "登录页上写的名称", 20)
        ca = _beside(table, "ca_file", folder, "一个 PEM 文件") if table.has("ca_file") else None
        ways.append(_READ[kind](table, folder, id_, name, ca))
        table.done()
    return tuple(ways)


def _oidc(table: FileMapping, folder: Path, id_: str, name: str, ca: Path | None) -> WayIn:
    scopes = table.words("scopes") if table.has("scopes") else ()
    if wrong := [scope for scope in scopes if not _SCOPE_WORD.fullmatch(scope)]:
        table.mistake("scopes", f"“{wrong[0]}”不是一个 scope", "不带空格的英文，如 profile")
    return OidcWay(
        id=id_,
        name=name,
        ca_file=ca,
        issuer=_address(table, "issuer"),  # exactly as written: an issuer may end with a slash
        client_id=table.word("client_id", _PLAIN, "在统一认证登记的客户端编号"),
        secret=_secret(table, folder),
        claim=_claim(table),
        scopes=tuple(scope for scope in scopes if scope != "openid"),
    )


def _cas(table: FileMapping, _folder: Path, id_: str, name: str, ca: Path | None) -> WayIn:
    claim = _claim(table) if table.has("claim") else ""
    return CasWay(id=id_, name=name, ca_file=ca, address=_address(table, "address").rstrip("/"), claim=claim)


def _wecom(table: FileMapping, folder: Path, id_: str, name: str, ca: Path | None) -> WayIn:
    return WecomWay(
        id=id_,
        name=name,
        ca_file=ca,
        corp=table.word("corp", _PLAIN, "企业编号（CorpID）"),
        agent=table.word("agent", _PLAIN, "应用编号（AgentID）"),
        secret=_secret(table, folder),
        page=_address(table, "page", "https://login.work.weixin.qq.com/wwlogin/sso/login"),
        address=_address(table, "address", PUBLIC_ADDRESS[RobotKind.WECOM]).rstrip("/"),
    )


def _dingtalk(table: FileMapping, folder: Path, id_: str, name: str, ca: Path | None) -> WayIn:
    return DingtalkWay(
        id=id_,
        name=name,
        ca_file=ca,
        client_id=table.word("client_id", _PLAIN, "应用编号（Client ID，旧称 AppKey）"),
        secret=_secret(table, folder),
        page=_address(table, "page", "https://login.dingtalk.com/oauth2/auth"),
        address=_address(table, "address", "https://api.dingtalk.com").rstrip("/"),
        directory=_address(table, "directory", PUBLIC_ADDRESS[RobotKind.DINGTALK]).rstrip("/"),
    )


_READ = {WayKind.OIDC: _oidc, WayKind.CAS: _cas, WayKind.WECOM: _wecom, WayKind.DINGTALK: _dingtalk}


def _claim(table: FileMapping) -> str:
    claim = table.word("claim", _CLAIM, _CLAIM_EXPECTED)
    if claim.lower() in _OWN_WORDS:
        table.mistake("claim", f"“{claim}”本人往往能改，也会重复：不能凭它认人", "单位给的编号，如工号 employee_number")
    return claim


def _address(table: FileMapping, key: str, otherwise: str = "") -> str:
    if otherwise and not table.has(key):
        return otherwise
    address = table.word(key, _ADDRESS, _ADDRESS_EXPECTED)
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        table.mistake(key, f"“{key}”写的是“{address}”", _ADDRESS_EXPECTED)
        return address
    if parts.scheme == "http" and host not in _LOOPBACK_NAMES:
        table.mistake(key, f"“{key}”不加密：途中谁都能冒充任何人", _ADDRESS_EXPECTED)
    return address


def _secret(table: FileMapping, folder: Path) -> str:
    """The secret itself. No mistake repeats it."""
    expected = "密钥写在 secret，或写在 secret_file 指的文件的第一行，只写一处"
    if table.has("secret_file"):
        if table.has("secret"):
            table.mistake("secret", "“secret”和“secret_file”都写了", expected)
        path = _beside(table, "secret_file", folder, "一个文件，第一行是密钥")
        secret = first_line(path) if path.is_file() else "-"
        key = "secret_file"
    else:
        secret = table.scalar("secret", expected, ("str", "int", "float", "bool", "timestamp")) or ""
        key = "secret"
    if table.has(key) and not 0 < len(secret) <= _SECRET_LENGTH:
        table.mistake(key, "密钥是空的，或太长", f"1 至 {_SECRET_LENGTH} 个字")
    return secret


def _beside(table: FileMapping, key: str, folder: Path, expected: str) -> Path:
    path = folder / Path(table.text(key, expected, 300)).expanduser()
    if table.has(key) and not path.is_file():
        table.mistake(key, f"没有文件“{path.name}”", f"{expected}，放在 {SIGN_IN_FILE} 旁边")
    return path
