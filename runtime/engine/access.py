"""How a client comes to the Temporal server and what it keeps from it, by the settings: TLS, the API key, the codec of
what workflows carry. The embedded server is on loopback and has none of the first two."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from temporalio.converter import DataConverter
from temporalio.service import TLSConfig

from runtime.ending import Problem
from runtime.payloads.codec import EncryptedPayloads
from runtime.payloads.ring import KeyRing
from runtime.settings import Settings
from workflows.converter import CONVERTER, converter


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineAccess:
    """What a client of the server has. The key is shown to nobody, nor is what is in the certificate's files."""

    tls: TLSConfig | None = field(default=None, repr=False)
    api_key: str = field(default="", repr=False)
    converter: DataConverter = CONVERTER

    @property
    def guarded(self) -> bool:
        """Whether the server has to be convinced, or we have of it."""
        return self.tls is not None


ON_LOOPBACK = EngineAccess()
"""To a server on loopback, with nothing to hide."""


def access_of(settings: Settings) -> EngineAccess:
    """How the settings say that the server is come to. Raises Problem when a file that they name cannot be used."""
    return EngineAccess(tls=_tls(settings), api_key=settings.temporal_api_key, converter=converter_of(settings))


def converter_of(settings: Settings) -> DataConverter:
    """The data converter with the keys that there are: without any, and none wanted, it encrypts and decrypts nothing.
    Raises Problem."""
    path, encrypts = payload_keys(settings), settings.payload_encryption
    if not encrypts and not path.exists():
        return CONVERTER
    return converter(EncryptedPayloads(KeyRing(path), encrypts=encrypts), hides_failures=encrypts)


def payload_keys(settings: Settings) -> Path:
    """The file of the keys for what workflows carry."""
    return settings.payload_keys or settings.data / "keys" / "payload.keys"


def _tls(settings: Settings) -> TLSConfig | None:
    if not settings.temporal_address or not settings.temporal_by_tls:
        return None
    return TLSConfig(
        server_root_ca_cert=_content(settings.temporal_tls_ca, "服务器证书的签发机构"),
        domain=settings.temporal_tls_server_name or None,
        client_cert=_content(settings.temporal_tls_cert, "我们的证书"),
        client_private_key=_content(settings.temporal_tls_key, "我们的私钥"),
    )


def _content(path: Path | None, what: str) -> bytes | None:
    if path is None:
        return None
    try:
        content = path.read_bytes()
    except OSError as failure:
        raise Problem(
            f"到 Temporal 服务器用的文件（{what}）{path} 读不了（{failure.strerror}）。",
            "核对 DUBAN_TEMPORAL_TLS_ 各项设置，和运行督办的账号能不能读它。",
        ) from failure
    if b"-----BEGIN" not in content:
        raise Problem(f"到 Temporal 服务器用的文件（{what}）{path} 读不懂。", "要 PEM 格式，以 -----BEGIN 开头。")
    return content
