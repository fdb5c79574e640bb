"""How the site stands towards the network, made of the settings: the certificate looked at, the proxies named, and the
value that the pages go by. What cannot be is refused before anything listens."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import ExtensionOID

from api.reached import LOOPBACK_NAMES, THIS_MACHINE, Reached
from runtime.ending import Problem
from runtime.host.bounded import BoundedHttp
from runtime.host.proxied import Network, Proxied
from runtime.host.secured import BoundedHttps

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp

    from runtime.settings import Settings

ENDS_SOON = timedelta(days=14)
"""A certificate that ends sooner is spoken of at every start and by the doctor: a new one takes an internal authority
days."""
OTHERS_READ = 0o004


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """The site towards the network. `context`: it speaks TLS itself; `ends`: until when its certificate holds."""

    reached: Reached = THIS_MACHINE
    context: ssl.SSLContext | None = None
    ends: datetime | None = None
    proxies: tuple[Network, ...] = ()

    def protocol(self, plain: type[BoundedHttp] = BoundedHttp) -> Callable[..., Any]:
        """What serves a connection. Named proxies bring everybody's connections, and have no bound of their own."""
        made: type[BoundedHttp] = BoundedHttps if self.context else plain
        kind = type(made.__name__, (made,), {"unbounded": self.proxies}) if self.proxies else made
        return partial(kind, context=self.context) if self.context else kind

    def over(self, app: ASGIApp) -> ASGIApp:
        """The application as it is served."""
        if not self.reached.origin:
            return app
        return Proxied(app=app, proxies=self.proxies, origin=self.reached.origin, direct=self.context is not None)

    def ends_soon(self, now: datetime) -> str:
        """A word about the certificate where it ends soon; empty where it does not."""
        if self.ends is None or self.ends - now > ENDS_SOON:
            return ""
        return f"网站的证书 {self.ends:%F} 到期，还有 {(self.ends - now).days} 天：请尽快换新，换好后重新启动网站。"


def front_of(settings: Settings, now: datetime | None = None) -> Front:
    """How the site stands towards the network. Raises Problem for a certificate that browsers would not take."""
    if not settings.on_the_network:
        return Front()
    reached = Reached(origin=settings.public_url, here=settings.host in LOOPBACK_NAMES)
    if settings.tls_cert is None or settings.tls_key is None:
        return Front(reached=reached, proxies=settings.proxy_networks)
    ends = check_certificate(settings.tls_cert, settings.tls_key, reached.name, now or datetime.now(UTC))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(settings.tls_cert, settings.tls_key)
    except (ssl.SSLError, OSError) as failure:
        raise Problem(
            f"证书 {settings.tls_cert} 和私钥 {settings.tls_key} 不能一起用（{failure.strerror or failure}）。",
            "换成同一次签发的证书和私钥。",
        ) from failure
    return Front(reached=reached, context=context, ends=ends, proxies=settings.proxy_networks)


def check_certificate(certificate: Path, key: Path, name: str, now: datetime) -> datetime:
    """The certificate is for that name and holds now, and the key is its own and nobody else's to read; returns until
    when it holds. Raises Problem that says which of these is not so."""
    found = _certificate(certificate)
    private = _private(key)
    if private.public_key() != found.public_key():
        raise Problem(
            f"私钥 {key} 不是证书 {certificate} 的那一把。",
            "换成同一次签发的证书和私钥；文件里网站自己的证书排在最前。",
        )
    begins, ends = found.not_valid_before_utc, found.not_valid_after_utc
    if now >= ends:
        raise Problem(f"证书 {certificate} 已在 {ends:%F %H:%M}（UTC）到期。", "换上新签发的证书，再启动。")
    if now < begins:
        raise Problem(
            f"证书 {certificate} 要到 {begins:%F %H:%M}（UTC）才生效。", "核对本机时间；时间对的，等它生效再启动。"
        )
    if not _is_for(found, name):
        raise Problem(
            f"证书 {certificate} 不是签给 {name} 的，浏览器不会认。",
            "请签发机构把这个名字写进“使用者可选名称”（SAN），或改 DUBAN_PUBLIC_URL。",
        )
    return ends


def _certificate(path: Path) -> x509.Certificate:
    content = _content(path, "证书")
    try:
        return x509.load_pem_x509_certificates(content)[0]
    except (ValueError, IndexError) as failure:
        raise Problem(f"证书 {path} 读不懂。", "要 PEM 格式，以 -----BEGIN CERTIFICATE----- 开头。") from failure


def _private(path: Path) -> Any:
    content = _content(path, "私钥")
    if path.stat().st_mode & OTHERS_READ:
        raise Problem(f"私钥 {path} 人人能读。", f"运行 chmod o= {path}，再启动；可能已被人读过的，请重新签发。")
    try:
        return load_pem_private_key(content, password=None)
    except TypeError as failure:
        raise Problem(
            f"私钥 {path} 带口令，开机时没有人能输。", f"去掉口令：openssl pkey -in {path} -out 新文件，权限设为 600。"
        ) from failure
    except Exception as failure:  # what a file that is no key makes of the parser differs by its content
        raise Problem(f"私钥 {path} 读不懂。", "要 PEM 格式，以 -----BEGIN PRIVATE KEY----- 开头。") from failure


def _content(path: Path, what: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as failure:
        raise Problem(
            f"{what} {path} 读不了（{failure.strerror}）。", "核对路径，和运行督办的账号能不能读它。"
        ) from failure


def _is_for(certificate: x509.Certificate, name: str) -> bool:
    try:
        names = certificate.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME).value
    except x509.ExtensionNotFound:
        return False
    if not isinstance(names, x509.SubjectAlternativeName):
        return False
    try:
        return ip_address(name) in names.get_values_for_type(x509.IPAddress)
    except ValueError:
        pass
    known = {one.lower() for one in names.get_values_for_type(x509.DNSName)}
    return name in known or f"*.{name.partition('.')[2]}" in known
