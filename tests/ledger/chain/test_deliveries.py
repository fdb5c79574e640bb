"""Notices on their way: given to the channels once, in messages whose id is the same whoever makes them."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from definitions.channels import Channels, Mail, Robot, RobotKind
from ledger.chain import deliveries
from ledger.directory import substitutes
from ledger.directory.substitutes import hearing
from ledger.reading import queries
from ledger.reading.personal import inbox
from ledger.store.database import Database
from rules.machine.commands import CommandKind as K
from tests.support import world
from tests.support.factories import ADMINISTRATOR
from tests.support.world import NOW

NO = "XX2026-0001"
DAY = date(2026, 3, 2)
MAIL = Mail(host="mail", port=25, sender="d@x.test")


def _robot(id_: str) -> Robot:
    return Robot(id=id_, kind=RobotKind.WECOM, name=id_, address="http://x", key_file=Path("k"))


def _route(database: Database, channels: Channels, size: int = 500) -> int:
    with database.write() as connection:
        return deliveries.route(connection, channels, size, hearing(connection, DAY))


def _rows(database: Database) -> set[tuple[str, str, str, str]]:
    with database.read() as connection:
        query = text("SELECT channel, notice, person, behalf FROM delivery")
        return {tuple(row) for row in connection.execute(query)}


def _assemble(database: Database, channel: str = "file", *, limit: int = 200, immediate: bool = False) -> int:
    with database.write() as connection:
        after, made, _ = deliveries.assemble(
            connection, channel, after=None, people=50, limit=limit, immediate=immediate
        )
        while after is not None:
            after, more, _ = deliveries.assemble(
                connection, channel, after=after, people=50, limit=limit, immediate=immediate
            )
            made += more
        return made


def _ready(database: Database, channel: str = "file") -> list[deliveries.Message]:
    with database.read() as connection:
        return deliveries.ready(connection, channel, NOW, 100)


@pytest.fixture
def item(database: Database) -> Database:
    """Issued (heard by lian, lian1b) and urged (by lian, lian1b, zhang)."""
    world.store_issued(database, world.issued())
    world.give(database, NO, K.URGE, NOW, "c1")
    return database


FOLDER = Channels(folder=Path("out"))


def test_a_notice_is_given_to_the_channels_once_and_to_later_ones_never(item: Database) -> None:
    assert _route(item, FOLDER, size=3) == 3
    assert _route(item, FOLDER) == 2
    assert _route(item, Channels(folder=Path("out"), mail=MAIL)) == 0
    assert len(_rows(item)) == 5
    assert {row[0] for row in _rows(item)} == {"file"}


def test_mail_goes_to_those_with_an_address_and_everything_stays_in_the_inbox(item: Database) -> None:
    with item.write() as connection:
        connection.execute(text("UPDATE person SET email = 'lian@x.test' WHERE id = 'lian'"))
    _route(item, Channels(mail=MAIL))
    assert {row[2] for row in _rows(item)} == {"lian"}
    with item.read() as connection:
        assert len(queries.notices_of(connection, no=NO)) == 5


def test_a_group_hears_once_of_what_several_people_hear(item: Database) -> None:
    heads = replace(_robot("heads"), roles=("unit_head",))
    others = replace(_robot("others"), units=("u2",))
    area = replace(_robot("area"), areas=("a1",))
    _route(item, Channels(robots=(heads, others, area)))
    assert {(row[0], row[1]) for row in _rows(item) if row[0] != "area"} == {("heads", f"{NO}/2/zhang")}
    assert _assemble(item, "area") == 1
    assert {row[2] for row in _rows(item)} == {""}


def test_what_somebody_away_would_hear_goes_to_the_end_of_the_chain(item: Database) -> None:
    with item.write() as connection:
        for person, stand_in in (("lian", "dang"), ("dang", "xie")):
            substitutes.name(
                connection, person=person, stand_in=stand_in, first=DAY, last=DAY, named_by=ADMINISTRATOR, now=NOW
            )
    _route(item, FOLDER)
    assert {(row[2], row[3]) for row in _rows(item) if row[1].endswith("/lian")} == {("xie", "lian")}


def test_a_person_has_one_message_unless_it_would_be_too_long(item: Database) -> None:
    _route(item, FOLDER)
    assert _assemble(item, limit=1) == 5
    assert _assemble(item) == 0


def test_only_what_may_not_wait_is_taken_when_only_that_is_asked_for(item: Database) -> None:
    _route(item, FOLDER)
    assert _assemble(item, immediate=True) == 3
    assert _assemble(item) == 2


def test_the_same_notices_make_the_same_message_id(item: Database) -> None:
    _route(item, FOLDER)
    _assemble(item)
    ids = {m.person: m.id for m in _ready(item)}
    assert ids["lian"] == deliveries.message_id("file", "lian", [f"{NO}/2/lian", f"{NO}/1/lian"])
    assert ids["lian"] != deliveries.message_id("mail", "lian", [f"{NO}/1/lian", f"{NO}/2/lian"])


def test_a_message_that_was_being_sent_when_its_sender_died_is_ready_again_with_the_same_id(item: Database) -> None:
    _route(item, FOLDER)
    _assemble(item)
    before = _ready(item)
    with item.write() as connection:
        deliveries.mark_sending(connection, [before[0].id])
    assert _ready(item) == before[1:]
    with item.write() as connection:
        deliveries.recover(connection, "file")
    assert [m.id for m in _ready(item)] == [m.id for m in before]
    assert [m.attempts for m in _ready(item)] == [1, 0, 0]


def test_a_message_that_was_put_off_waits_and_the_others_do_not(item: Database) -> None:
    _route(item, FOLDER)
    _assemble(item)
    first, *others = _ready(item)
    with item.write() as connection:
        deliveries.mark_waiting(connection, first.id, NOW + timedelta(minutes=5), "451")
    assert _ready(item) == others
    with item.write() as connection:
        deliveries.mark_sent(connection, [m.id for m in others], NOW)
        assert deliveries.next_ready(connection, "file") == NOW + timedelta(minutes=5)


def test_what_was_given_up_says_why_and_may_be_tried_again(item: Database) -> None:
    _route(item, FOLDER)
    _assemble(item)
    with item.write() as connection:
        assert deliveries.fail_channel(connection, "file", "密钥不对") == 3
        assert deliveries.next_ready(connection, "file") is None
        assert {(row["person"], row["reason"]) for row in deliveries.failed(connection)} == {
            (person, "密钥不对") for person in ("lian", "lian1b", "zhang")
        }
        assert deliveries.again(connection, "mail") == []
        assert deliveries.again(connection) == ["file"]
    assert len(_ready(item)) == 3


def test_the_inbox_counts_what_nobody_has_seen(item: Database) -> None:
    with item.write() as connection:
        assert inbox.counts(connection, ["lian"]) == (2, 2)
        assert inbox.mark_read(connection, ["lian"], [f"{NO}/1/lian", f"{NO}/1/lian1b"], NOW) == 1
        assert inbox.counts(connection, ["lian"]) == (1, 2)
        assert [n["read_at"] is None for n in inbox.notices(connection, ["lian"])] == [True, False]
        assert inbox.counts(connection, ["lian1b"]) == (2, 2)
