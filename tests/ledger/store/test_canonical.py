"""The canonical bytes are RFC 8785's, and an entry's hash is over exactly the object that docs/ledger.md describes."""

import hashlib
import string

import orjson
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from ledger.chain import entries
from ledger.store.canonical import GENESIS, canonical, entry_hash, parse
from ledger.store.database import Database
from rules.codec import encode
from rules.machine.folding import fold
from tests.support import world
from tests.support.factories import CALENDAR, PROCESS

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
KEY = st.text(string.ascii_letters + string.digits + "_", min_size=1)
INTEGER = st.integers(-(2**53) + 1, 2**53 - 1)
VALUE = st.recursive(
    st.none() | st.booleans() | INTEGER | TEXT,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(KEY, inner, max_size=5),
)


@given(VALUE)
def test_every_form_that_we_use_has_the_bytes_of_rfc_8785(value: object) -> None:
    assert canonical(value) == rfc8785.dumps(value)  # type: ignore[arg-type]
    assert parse(canonical(value)) == value


def test_every_character_has_the_bytes_of_rfc_8785() -> None:
    """All of Unicode, each by itself: no sample."""
    for start in range(0, 0x110000, 0x1000):
        characters = [chr(c) for c in range(start, start + 0x1000) if not 0xD800 <= c < 0xE000]
        assert canonical(characters) == rfc8785.dumps(characters)


@pytest.mark.parametrize("value", ["\ud800", "a\udfffb", {"a": "\udc00"}, ["\ud83d"]], ids=repr)
def test_half_a_surrogate_pair_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        canonical(value)


@pytest.mark.parametrize("value", [2**53, -(2**53), 2**70])
def test_a_number_that_other_languages_would_round_is_refused(value: int) -> None:
    with pytest.raises(TypeError):
        canonical(value)


@given(
    stream=TEXT,
    actor=TEXT,
    unit=st.none() | TEXT,
    command=TEXT,
    through=TEXT,
    body=st.dictionaries(KEY, VALUE, max_size=4),
)
def test_the_hash_of_an_entry_is_sha256_over_rfc_8785_of_the_documented_object(
    stream: str, actor: str, unit: str | None, command: str, through: str, body: dict[str, object]
) -> None:
    fields: dict[str, object] = {
        "stream": stream,
        "seq": 3,
        "at": "2026-03-02T02:00:00.000000Z",
        "recorded_at": "2026-03-02T02:00:00.123456Z",
        "actor": actor,
        "role": "liaison",
        "unit": unit,
        "kind": "reported",
        "command": command,
        "prev_hash": GENESIS,
        "via": "console",
        **({"through": through} if through else {}),
    }
    documented = rfc8785.dumps({**fields, "body": body})  # type: ignore[dict-item]
    ours = entry_hash(**fields, body=canonical(body).decode())  # type: ignore[arg-type]
    assert ours == hashlib.sha256(documented).hexdigest()


def test_what_is_stored_is_canonical_to_the_byte(database: Database) -> None:
    world.live(database)
    with database.read() as connection:
        rows = connection.execute(entries.ENTRY.select()).mappings().all()
        state = connection.execute(entries.ITEM.select()).mappings().one()["state"]
        folded = fold(entries.read_events(connection, "XX2026-0001"))
    for row in rows:
        assert row["body"].encode() == rfc8785.dumps(orjson.loads(row["body"]))
    assert state.encode() == rfc8785.dumps(encode(folded))


@pytest.mark.parametrize("value", [PROCESS, CALENDAR], ids=["process", "calendar"])
def test_processes_and_calendars_have_canonical_forms_too(value: object) -> None:
    assert canonical(encode(value)) == rfc8785.dumps(encode(value))
