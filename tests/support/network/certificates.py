"""Certificates of a test's own authority, as an office's internal one signs them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Certified:
    """A certificate and its key, as files."""

    certificate: Path
    key: Path


class Authority:
    """Signs certificates into a folder. `file`: its own certificate, which whoever trusts it is given."""

    def __init__(self, folder: Path, name: str = "authority") -> None:
        self.folder, self._key = folder, ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        own = self._builder(self._name, self._key.public_key(), -DAY, 30 * DAY)
        own = own.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(own.sign(self._key, SHA256()).public_bytes(Encoding.PEM))

    def sign(
        self, file: str, *names: str, begins: timedelta = -DAY, ends: timedelta = 30 * DAY, password: bytes = b""
    ) -> Certified:
        """A certificate for those names or addresses, which holds from `begins` to `ends` after now."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, file)])
        built = self._builder(subject, key.public_key(), begins, ends)
        if names:
            built = built.add_extension(x509.SubjectAlternativeName([_named(name) for name in names]), critical=False)
        made = Certified(certificate=self.folder / f"{file}.crt", key=self.folder / f"{file}.key")
        made.certificate.write_bytes(built.sign(self._key, SHA256()).public_bytes(Encoding.PEM))
        kept = BestAvailableEncryption(password) if password else NoEncryption()
        made.key.touch(mode=0o600)
        made.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, kept))
        return made

    def _builder(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, begins: timedelta, ends: timedelta
    ) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        built = x509.CertificateBuilder().subject_name(subject).issuer_name(self._name).public_key(key)
        built = built.serial_number(x509.random_serial_number())
        return built.not_valid_before(now + begins).not_valid_after(now + ends)


def _named(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
