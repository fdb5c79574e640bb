"""A key is taken in every form in which people have it, and nothing else passes for one."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from ledger.proof.trusted import trusted_key
from tests.support.bundle_world import FIRST

PEM = FIRST.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.mark.parametrize(
    "given", [PEM, f"auditor's copy\n{PEM}", FIRST.public.hex(), f" {FIRST.public.hex().upper()}\n"]
)
def test_a_public_key_is_taken_as_text_or_as_a_file(given: str, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(given)
    for key in (trusted_key(given), trusted_key(str(tmp_path / "key"))):
        assert (key.id, key.public) == (FIRST.id, FIRST.public)
        assert key.is_among({FIRST.id: FIRST.public})


def test_an_id_is_taken_with_or_without_its_spaces() -> None:
    key = trusted_key(" ".join(FIRST.id[n : n + 4] for n in range(0, 16, 4)).upper())
    assert (key.id, key.public) == (FIRST.id, None)
    assert str(key) == "3475 0f98 bd59 fcfc"
    assert key.is_among({FIRST.id: FIRST.public})
    assert not key.is_among({})


def test_an_id_alone_is_less_than_the_key() -> None:
    assert not trusted_key(FIRST.public.hex()).is_among({FIRST.id: b"another of the same id"})


def test_what_is_no_key_is_refused_with_what_it_is(tmp_path: Path) -> None:
    private = FIRST.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    with pytest.raises(ValueError, match="这是私钥"):
        trusted_key(private)
    other = generate_private_key(SECP256R1()).public_key()
    for pem in (other.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(), PEM.replace("M", "*")):
        with pytest.raises(ValueError, match="不是 Ed25519 公钥"):
            trusted_key(pem)
    (tmp_path / "big").write_bytes(b"\xff" * 10_000)
    for given in ("", "abc", "g" * 64, "0" * 63, str(tmp_path / "none"), str(tmp_path / "big"), "x\x00", "a" * 5000):
        with pytest.raises(ValueError, match="既不是公钥文件"):
            trusted_key(given)
