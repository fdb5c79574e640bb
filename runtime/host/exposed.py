"""What the settings may say of the network, and which of them go together: no password and no key goes over it in the
clear. No setting is read here."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from runtime.ending import WRONG_USAGE, Problem

if TYPE_CHECKING:
    from runtime.settings import Settings

_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_ORIGIN = "应为浏览器里打开网站的地址，以 https:// 开头，只到名字和端口，如 https://duban.example.gov.cn"


def refuse_half_open(settings: Settings) -> None:
    """What the settings say of the network goes together: no password goes over it in the clear. Raises Problem."""
    certificate, key = settings.tls_cert, settings.tls_key
    if (certificate is None) != (key is None):
        missing = "TLS_KEY" if key is None else "TLS_CERT"
        raise Problem(
            f"证书和私钥要一起设：没有设 DUBAN_{missing}。", f"设上 DUBAN_{missing}，或两个都不设。", WRONG_USAGE
        )
    guarded = certificate is not None or bool(settings.proxies)
    if settings.host not in _LOOPBACK and not guarded:
        raise Problem(
            f"监听 {settings.host} 要先有 HTTPS：现在密码会在网上明着走。",
            "设 DUBAN_TLS_CERT 和 DUBAN_TLS_KEY，或由代理做 HTTPS、设 DUBAN_PROXIES（docs/deploy.md）；"
            "只在本机用，就去掉 DUBAN_HOST。",
            WRONG_USAGE,
        )
    if guarded and not settings.public_url:
        raise Problem(
            "设了证书或代理，还没有说浏览器里用什么地址打开网站。",
            "设 DUBAN_PUBLIC_URL，如 https://duban.example.gov.cn。",
            WRONG_USAGE,
        )
    if settings.public_url and not guarded:
        raise Problem(
            "设了 DUBAN_PUBLIC_URL，还没有说谁来做 HTTPS。",
            "设 DUBAN_TLS_CERT 和 DUBAN_TLS_KEY，或由代理做 HTTPS、设 DUBAN_PROXIES（docs/deploy.md）。",
            WRONG_USAGE,
        )


def refuse_half_guarded(settings: Settings) -> None:
    """What the settings say of the Temporal server goes together. Raises Problem."""
    name = "DUBAN_TEMPORAL_"
    if (settings.temporal_tls_cert is None) != (settings.temporal_tls_key is None):
        missing = "TLS_KEY" if settings.temporal_tls_key is None else "TLS_CERT"
        raise Problem(f"客户端的证书和私钥要一起设：没有设 {name}{missing}。", f"设上 {name}{missing}。", WRONG_USAGE)
    guarded = settings.temporal_by_tls or settings.temporal_api_key
    if guarded and not settings.temporal_address:
        raise Problem(
            f"设了 {name}TLS_… 或 {name}API_KEY，没有设 {name}ADDRESS：内嵌的服务器只在本机，用不着。",
            f"设 {name}ADDRESS，或去掉它们。",
            WRONG_USAGE,
        )
    if settings.temporal_api_key and not settings.temporal_by_tls:
        raise Problem(
            f"{name}API_KEY 不能明着送出去。",
            f"设 {name}TLS=true；单位自己的 CA 签发的，设 {name}TLS_CA。",
            WRONG_USAGE,
        )


def public_origin(value: str) -> str:
    """The origin that an address is of. Raises ValueError unless it is that of a whole site, by HTTPS."""
    try:
        parts = urlsplit(value)
        name, port = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError(_ORIGIN) from None
    whole = not (parts.query or parts.fragment or "@" in parts.netloc or parts.path.strip("/"))
    if parts.scheme != "https" or not name or not whole or not name.isascii() or any(c.isspace() for c in value):
        raise ValueError(_ORIGIN)
    shown = f"[{name}]" if ":" in name else name
    return f"https://{shown}" + (f":{port}" if port not in (None, 443) else "")


def networks_of(value: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """The networks that are listed, by commas. Raises ValueError."""
    networks = []
    for one in filter(None, (part.strip() for part in value.split(","))):
        try:
            network = ip_network(one)
        except ValueError:
            raise ValueError(f"“{one}”不是网络地址或网段，如 10.1.2.3、10.1.2.0/28") from None
        if network.prefixlen == 0:
            raise ValueError(f"“{one}”是所有人：代理要一个一个写明")
        networks.append(network)
    return tuple(networks)


def listening(value: str) -> str:
    """An address of this machine. Raises ValueError."""
    try:
        if value not in _LOOPBACK:
            ip_address(value)
    except ValueError:
        raise ValueError("应为本机的一个网络地址，如 127.0.0.1、192.168.1.5、0.0.0.0（全部地址）") from None
    return value
