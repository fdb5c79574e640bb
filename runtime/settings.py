"""The settings: one frozen class, read here only: the environment (DUBAN_...) above DATA/duban.yaml above defaults."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from ledger.store.hashing import ALGORITHMS
from rules.accounts.limits import AccessLimits, TryLimit
from runtime.ending import WRONG_USAGE, Problem
from runtime.host import exposed

PREFIX = "DUBAN_"
SETTINGS_FILE = "duban.yaml"
# What pydantic says in English, for the faults that a setting can have.
_EXPECTED = {
    "int_parsing": "应为整数",
    "int_from_float": "应为整数",
    "greater_than_equal": "不能小于 {ge}",
    "less_than_equal": "不能大于 {le}",
    "greater_than": "应大于 {gt}",
    "time_delta_parsing": "应为一段时间，如 PT60S、P30D",
    "string_pattern_mismatch": "只能用小写字母、数字和连字符，2 到 63 个",
    "string_too_short": "不能为空",
    "string_too_long": "最多 {max_length} 个字",
    "value_error": "{error}",
}
_SECRET = ("database_url", "temporal_api_key")
"""What is not said again: it is, or may hold, a password."""
_OF_THE_HOUSE = tuple(
    f"{PREFIX}{name}"
    for name in (
        "HOST",
        "PUBLIC_URL",
        "TLS_",
        "PROXIES",
        "DATABASE_URL",
        "TEMPORAL_ADDRESS",
        "TEMPORAL_TLS",
        "TEMPORAL_API_KEY",
        "PAYLOAD_",
    )
)
THIS_MACHINE_ONLY = {"host": "127.0.0.1", "public_url": "", "tls_cert": None, "tls_key": None, "proxies": ""}
"""What the demo and the bench are reached by, whatever the house's own file of settings says."""
UNGUARDED = {
    "temporal_tls": False,
    "temporal_tls_ca": None,
    "temporal_tls_cert": None,
    "temporal_tls_key": None,
    "temporal_tls_server_name": "",
    "temporal_api_key": "",
    "payload_encryption": False,
    "payload_keys": None,
}
"""How they come to an engine of their own."""
DATABASES = ("sqlite:///", "postgresql+psycopg://")


class Settings(BaseSettings):
    """Every setting with its default; a field's description is its line in the README's table."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid", validate_default=True)

    data: Path = Field(default=Path("data"), description="数据目录：数据库、佐证材料、日志、运行信息")
    database_url: str = Field(
        default="", description="留痕库；留空为数据目录里的 SQLite，或 `postgresql+psycopg://用户:口令@主机/库`"
    )
    temporal_address: str = Field(
        default="", description="已有 Temporal 服务器的 `主机:端口`；留空则在本机起一个内嵌的"
    )
    temporal_tls: bool = Field(default=False, description="到那个服务器用 TLS；设了下面任何一项也用")
    temporal_tls_ca: Path | None = Field(
        default=None, description="签发它的证书的机构（PEM）；留空用系统信任的，单位自己的 CA 要写明"
    )
    temporal_tls_cert: Path | None = Field(default=None, description="它要求客户端证书时，我们的证书（PEM）")
    temporal_tls_key: Path | None = Field(default=None, description="我们的私钥（PEM）")
    temporal_tls_server_name: str = Field(default="", description="它的证书上的名字，与地址不同时写")
    temporal_api_key: str = Field(default="", repr=False, description="它要求的 API 密钥；只随 TLS 送出")
    payload_encryption: bool = Field(
        default=False, description="流程的内容加密后才交给 Temporal（AES-256-GCM，docs/encryption.md）"
    )
    payload_keys: Path | None = Field(
        default=None,
        description="加密用的密钥文件；留空为数据目录的 `keys/payload.keys`，先运行 `duban payloads new-key`",
    )
    temporal_namespace: str = Field(default="duban", pattern=r"^[a-z0-9][a-z0-9-]{1,62}$", description="命名空间")
    temporal_retention: timedelta = Field(
        default=timedelta(days=30), ge=timedelta(days=1), description="办结流程在 Temporal 里保留多久（留痕库永久保留）"
    )
    temporal_binary: Path | None = Field(default=None, description="内嵌服务器的程序文件；留空用 `.tools/` 里编译好的")
    task_queue: str = Field(default="duban", min_length=1, max_length=200, description="任务队列")
    host: str = Field(
        default="127.0.0.1",
        description="网站监听的地址；本机以外的，要有证书或代理（docs/deploy.md），并已有设了密码的账号",
    )
    port: int = Field(
        default=8350, ge=0, le=65535, description="网站端口；只在本机用时，0 或被占用就另选一个空闲的并说明"
    )
    public_url: str = Field(
        default="", description="浏览器里打开网站的地址，如 `https://duban.example.gov.cn`；别的名字一概不应答"
    )
    tls_cert: Path | None = Field(default=None, description="网站自己做 HTTPS 时的证书（PEM，连同中间证书）")
    tls_key: Path | None = Field(default=None, description="它的私钥（PEM，不带口令），只有运行督办的账号能读")
    proxies: str = Field(
        default="",
        description="由代理做 HTTPS 时，代理的地址或网段，逗号分隔；来访者的地址只听它们说，没有证书时别处来的不应答",
    )
    start_timeout: timedelta = Field(
        default=timedelta(seconds=60), gt=timedelta(0), description="等 Temporal 服务器应答的最长时间"
    )
    patience: timedelta = Field(
        default=timedelta(seconds=2),
        gt=timedelta(0),
        description="一项操作等流程引擎应答多久；过了就由留痕库直接办，恢复以后补告流程",
    )

    administrators_apart: bool = Field(
        default=False, description="三员分立：载入名录时，管理员、安全保密管理员、审计不许是同一个人"
    )
    hash: str = Field(default="", description="新建留痕库用的哈希算法：`sha256`（默认）或 `sm3`；建好以后不能换")
    seal_file: Path | None = Field(
        default=None, description="封存点在数据库以外的副本：只增不改的文件，宜放在另一块盘或审计部门的共享目录"
    )
    seal_mail: str = Field(default="", description="每个封存点另用邮件发给谁，逗号分隔；邮件服务器写在 `channels.yaml`")

    password_length: int = Field(default=12, ge=8, le=64, description="密码至少几个字")
    lock_tries: int = Field(default=5, ge=3, le=100, description="一个账号连续几次登录未成就锁定")
    lock_window: timedelta = Field(
        default=timedelta(minutes=15), ge=timedelta(minutes=1), description="多长时间以内的未成算连续，账号、地址都是"
    )
    lock_for: timedelta = Field(default=timedelta(minutes=15), ge=timedelta(minutes=1), description="账号锁定多久")
    address_tries: int = Field(
        default=100, ge=5, description="一个网络地址登录未成几次就暂停；经同一出口上来的人共用一个地址"
    )
    address_hold: timedelta = Field(default=timedelta(minutes=5), ge=timedelta(minutes=1), description="地址暂停多久")
    session_idle: timedelta = Field(
        default=timedelta(minutes=60), ge=timedelta(minutes=2), description="登录后多久不用就要重新登录"
    )
    session_life: timedelta = Field(
        default=timedelta(hours=12), ge=timedelta(minutes=10), description="一次登录最多多久"
    )
    link_life: timedelta = Field(
        default=timedelta(days=7), ge=timedelta(minutes=10), le=timedelta(days=60), description="邀请的链接多久有效"
    )
    token_life: timedelta = Field(default=timedelta(days=365), ge=timedelta(days=1), description="令牌最多多久有效")

    @field_validator("data")
    @classmethod
    def make_absolute(cls, value: Path) -> Path:
        """A relative folder means below the folder in which the command was called, for good."""
        return value.expanduser().absolute()

    @field_validator("host")
    @classmethod
    def know_the_address(cls, value: str) -> str:
        """An address, not a name that somebody else says what it means."""
        return exposed.listening(value)

    @field_validator("public_url")
    @classmethod
    def know_the_origin(cls, value: str) -> str:
        """The origin alone, as a browser says it: HTTPS, a name, the port where it is not the usual one."""
        return exposed.public_origin(value) if value else ""

    @field_validator("proxies")
    @classmethod
    def know_the_proxies(cls, value: str) -> str:
        """Addresses or networks, none of which is everybody."""
        exposed.networks_of(value)
        return value

    @field_validator("hash")
    @classmethod
    def know_the_algorithm(cls, value: str) -> str:
        """One of the two that a ledger can be made with."""
        if value and value not in ALGORITHMS:
            raise ValueError(f"只能是 {' 或 '.join(ALGORITHMS)}")
        return value

    @field_validator("database_url")
    @classmethod
    def know_the_database(cls, value: str) -> str:
        """Only the two databases that the ledger's suite runs on."""
        if value and not value.startswith(DATABASES):
            raise ValueError(f"只支持以 {' 或 '.join(DATABASES)} 开头的地址")
        return value

    @property
    def database(self) -> str:
        """The ledger's database, spelled out."""
        return self.database_url or f"sqlite:///{self.data / 'duban.db'}"

    @property
    def temporal_by_tls(self) -> bool:
        """Whether the given Temporal server is spoken to over TLS."""
        files = (self.temporal_tls_ca, self.temporal_tls_cert, self.temporal_tls_key)
        return self.temporal_tls or any(files) or bool(self.temporal_tls_server_name)

    @property
    def on_the_network(self) -> bool:
        """Whether others than this machine reach the site."""
        return bool(self.public_url)

    @property
    def proxy_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """Where the proxies are whose word is taken on who comes."""
        return exposed.networks_of(self.proxies)

    @property
    def access_limits(self) -> AccessLimits:
        """The limits of passwords, failures, sessions, links and tokens."""
        return AccessLimits(
            length=self.password_length,
            account=TryLimit(tries=self.lock_tries, window=self.lock_window, hold=self.lock_for),
            address=TryLimit(tries=self.address_tries, window=self.lock_window, hold=self.address_hold),
            idle=self.session_idle,
            life=self.session_life,
            link=self.link_life,
            token=self.token_life,
        )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then the environment, then the file, then defaults."""
        folder = init_settings().get("data") or env_settings().get("data") or cls.model_fields["data"].default
        return (
            init_settings,
            env_settings,
            InitSettingsSource(settings_cls, from_file(Path(folder).expanduser() / SETTINGS_FILE)),
        )


def from_file(path: Path) -> dict[str, Any]:
    """What the file says; nothing when there is none. The folder is chosen outside the file that lies in it."""
    try:
        content = YAML(typ="safe").load(path.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError, YAMLError) as failure:
        reason = " ".join(str(failure).split())
        raise Problem(f"读不懂设置文件 {path}：{reason}", "按 README 的“设置”一节改正它。", WRONG_USAGE) from failure
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise Problem(f"设置文件 {path} 应当是“名称: 值”的列表。", "按 README 的“设置”一节改正它。", WRONG_USAGE)
    if "data" in content:
        raise Problem(f"设置文件 {path} 里不能再写 data。", f"用环境变量 {PREFIX}DATA 指定数据目录。", WRONG_USAGE)
    return {str(name): value for name, value in content.items()}


def forget_the_house() -> None:
    """This process and those that it starts are told nothing of where the house's own site, ledger and engine are."""
    for name in [name for name in os.environ if name.startswith(_OF_THE_HOUSE)]:
        del os.environ[name]


def load(**chosen: Any) -> Settings:
    """The settings in force; `chosen` wins over everything. Raises Problem that names the setting."""
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    unknown = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)
    if unknown:
        raise Problem(f"不认识的设置：{'、'.join(unknown)}。", f"可用的有：{'、'.join(sorted(known))}。", WRONG_USAGE)
    try:
        settings = Settings(**chosen)
    except ValidationError as failure:
        said = "；".join(explain(dict(error)) for error in failure.errors())
        raise Problem(said, "改正后再运行；各项设置见 README 的“设置”一节。", WRONG_USAGE) from failure
    exposed.refuse_half_open(settings)
    exposed.refuse_half_guarded(settings)
    return settings


def _in_words(value: object) -> object:
    """A length of time as people say it; anything else as it is."""
    if not isinstance(value, timedelta):
        return value
    return f"{value.days} 天" if value.days else f"{value.total_seconds():g} 秒"


def explain(error: Mapping[str, Any]) -> str:
    """One setting's fault in words, with the name by which a person set it."""
    name = str(error["loc"][0]) if error["loc"] else ""
    if error["type"] == "extra_forbidden":
        return f"设置文件里有不认识的设置：{name}"
    context = {name: _in_words(value) for name, value in error.get("ctx", {}).items()}
    reason = _EXPECTED.get(error["type"], "写法不对").format(**context)
    value = "" if name in _SECRET else f" {error['input']!r} "
    return f"设置 {PREFIX}{name.upper()} 的值{value}不能用：{reason}"
