"""Both algorithms give the published values, whichever library provides them."""

import hashlib

import pytest

from ledger.store import hashing
from ledger.store.hashing import SHA256, SM3, AlgorithmMissing

OF_ABC = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
OF_64 = "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"


def test_sm3_gives_the_examples_of_the_standard() -> None:
    """GB/T 32905-2016, appendix A."""
    assert SM3.hexdigest(b"abc") == OF_ABC
    assert SM3.hexdigest(b"abcd" * 16) == OF_64
    assert SM3.digest(b"abc").hex() == OF_ABC


def test_sha256_gives_the_example_of_its_standard() -> None:
    assert SHA256.hexdigest(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_an_algorithm_is_found_by_its_name_and_no_other_is_taken() -> None:
    assert hashing.hashing("sha256") is SHA256
    assert hashing.hashing("sm3") is SM3
    with pytest.raises(AlgorithmMissing, match=r"没有名为 'md5' 的哈希算法；可用的是 sha256、sm3"):
        hashing.hashing("md5")


def _none(name: str, data: bytes = b"") -> None:
    raise ValueError(f"unsupported hash type {name}")


def test_a_python_without_sm3_takes_that_of_cryptography(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashlib, "new", _none)
    new = hashing._sm3()
    running = new(b"ab")
    assert running.hexdigest() != OF_ABC
    running.update(b"c")
    assert (running.hexdigest(), running.digest().hex()) == (OF_ABC, OF_ABC)


def test_a_machine_without_sm3_says_so_when_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashlib, "new", _none)
    monkeypatch.setattr(hashing, "_OwnSm3", lambda data: _none("sm3"))
    with pytest.raises(AlgorithmMissing, match=r"没有国密 SM3 算法.*cryptography"):
        hashing._sm3()(b"abc")
