"""The keys of what workflows carry: kept for their owner alone, known by what they are, never lost; and the
codec that uses them."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from temporalio.api.common.v1 import Payload

from runtime.ending import Problem
from runtime.engine.access import ON_LOOPBACK, access_of
from runtime.payloads.codec import KEY_ID, EncryptedPayloads
from runtime.payloads.ring import KeyRing, add_key
from runtime.settings import Settings, load
from workflows.converter import CONVERTER, ENCODING, ENCRYPTED, PayloadLocked, converter

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
DUBAN = Path(sys.executable).with_name("duban")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "payload.keys"


def test_the_first_key_encrypts_at_once_and_a_later_one_from_its_hour_on(path: Path) -> None:
    first = add_key(path, NOW, HOUR)
    second = add_key(path, NOW, HOUR)
    ring = KeyRing(path)
    assert [key.id for key in ring.keys] == [first.id, second.id]
    assert ring.encrypting(NOW).id == first.id
    assert ring.encrypting(NOW + HOUR).id == second.id
    assert ring.encrypting(NOW - HOUR).id == first.id, "a clock that is behind encrypts too"


def test_of_two_that_begin_in_the_same_second_the_later_line_encrypts(path: Path) -> None:
    made = [add_key(path, NOW, timedelta()) for _ in range(3)]
    assert KeyRing(path).encrypting(NOW).id == made[-1].id


def test_a_ring_that_is_open_knows_a_new_key_as_soon_as_it_is_written(path: Path) -> None:
    add_key(path, NOW, HOUR)
    ring = KeyRing(path)
    later = add_key(path, NOW, timedelta())
    assert ring.opening(later.id)
    assert ring.encrypting(NOW).id == later.id


def test_the_file_is_its_owner_s_alone(path: Path) -> None:
    add_key(path, NOW, HOUR)
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o640)
    with pytest.raises(Problem, match="别的账号能读"):
        KeyRing(path)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda text: text.replace("+00:00 ", "+00:00 A"), "第 2 行"),
        (lambda text: text[:-10] + "\n", "第 2 行"),
        (lambda text: text.replace(":00+00:00", ":00"), "第 2 行"),
        (lambda text: text + "another line\n", "第 3 行"),
        (lambda text: "# nothing\n", "一把密钥也没有"),
        (lambda text: "", "一把密钥也没有"),
    ],
)
def test_a_damaged_file_is_refused_and_never_written_over(path: Path, damage: object, said: str) -> None:
    add_key(path, NOW, HOUR)
    before = path.read_text()
    ring = KeyRing(path)
    path.write_text(damage(before))  # type: ignore[operator]
    for use in (lambda: KeyRing(path), lambda: add_key(path, NOW, HOUR)):
        with pytest.raises(Problem) as told:
            use()
        assert said in told.value.message
        assert before.split()[-1] not in "".join(told.value.lines())
    assert ring.encrypting(NOW), "whoever had read it goes on with what it knows"


def test_without_the_file_it_is_said_how_it_is_made(path: Path) -> None:
    with pytest.raises(Problem) as told:
        KeyRing(path)
    assert "duban payloads new-key" in told.value.way_out


SAID = b"said in confidence"


@given(
    data=st.binary(max_size=300).map(lambda some: SAID + some),
    encoding=st.sampled_from([b"json/plain", b"binary/null", b""]),
)
async def test_what_is_encrypted_comes_back_whole_and_never_twice_the_same(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, encoding: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "payload.keys"
    if not path.exists():
        add_key(path, NOW, HOUR)
    codec = EncryptedPayloads(KeyRing(path), encrypts=True)
    plain = Payload(metadata={ENCODING: encoding, "messageType": b"x"}, data=data)
    (one,), (other,) = await codec.encode([plain]), await codec.encode([plain])
    assert one.metadata[ENCODING] == ENCRYPTED
    assert one.data != other.data
    assert SAID not in one.SerializeToString()
    assert await codec.decode([one, plain, other]) == [plain, plain, plain]


async def test_what_was_changed_or_is_of_another_key_is_not_read(tmp_path: Path, path: Path) -> None:
    add_key(path, NOW, HOUR)
    other = tmp_path / "other.keys"
    add_key(other, NOW, HOUR)
    ours, theirs = (converter(EncryptedPayloads(KeyRing(one), encrypts=True)) for one in (path, other))
    (locked,) = await ours.encode(["plain"])
    assert await ours.decode([locked]) == ["plain"]
    with pytest.raises(PayloadLocked, match="没有密钥"):
        await CONVERTER.decode([locked])
    with pytest.raises(PayloadLocked, match=r"other\.keys 里没有这一把"):
        await theirs.decode([locked])
    swapped = Payload(metadata={**locked.metadata, KEY_ID: KeyRing(other).keys[0].id.encode()}, data=locked.data)
    with pytest.raises(PayloadLocked, match="改动过"):
        await theirs.decode([swapped])
    for damaged in (locked.data[:-1], locked.data[:5], b"", bytes([locked.data[0] ^ 1]) + locked.data[1:]):
        with pytest.raises(PayloadLocked, match="改动过"):
            await ours.decode([Payload(metadata=locked.metadata, data=damaged)])


def test_the_settings_make_the_converter(settings: Settings, path: Path) -> None:
    assert access_of(settings).converter is ON_LOOPBACK.converter
    wanted = load(data=settings.data, payload_encryption=True, payload_keys=path)
    with pytest.raises(Problem, match="读不了"):
        access_of(wanted)
    add_key(path, NOW, HOUR)
    assert access_of(wanted).converter.payload_codec
    switched_off = load(data=settings.data, payload_keys=path)
    assert access_of(switched_off).converter.payload_codec, "what was encrypted is read all the same"


def test_the_console_makes_and_lists_keys_and_shows_none(settings: Settings) -> None:
    environment = {**os.environ, "DUBAN_DATA": str(settings.data), "DUBAN_PAYLOAD_ENCRYPTION": "true"}

    def duban(*arguments: str) -> str:
        done = subprocess.run(
            [DUBAN, "payloads", *arguments], capture_output=True, text=True, env=environment, check=True
        )
        return done.stdout

    said = duban("new-key")
    file = settings.data / "keys" / "payload.keys"
    add_key(file, datetime.now(UTC), 2 * HOUR)  # the second one takes two people: tests/runtime/cli/test_confirm
    said += duban("keys") + duban("keys", "--json")
    keys = KeyRing(file).keys
    assert len(keys) == 2
    assert all(key.id in said for key in keys)
    assert not any(line.split()[-1] in said for line in file.read_text().splitlines()[1:])
    assert keys[1].since - keys[0].since > HOUR
