"""Draws in their streams: the same on either database, verified with the rest, seen by nobody of a unit."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from desk.caller import at_console, on_site
from desk.personal.todo import count_todo, show_todo
from desk.registers import draws
from desk.registers.draws import ToDraw
from ledger.chain import journal
from ledger.chain.entries import ENTRY
from ledger.directory.draws import facts_of, note_draw, stream_of_draw
from ledger.directory.people import UNIT
from ledger.directory.sight import hidden_from, seen_by
from ledger.proof.verify import verify
from ledger.store.database import Database
from rules.draw.drawing import recheck
from rules.draw.facts import Drawn
from rules.errors import Code, RuleViolation
from rules.machine.commands import Actor, Via
from rules.process import Role
from tests.support.world import NOW

DU, DU2, FEN, LIAN = (at_console(person) for person in ("du", "du2", "fen", "lian"))
SALTS = ("0a" * 16, "0b" * 16)


def asked(**said: Any) -> ToDraw:
    usual: dict[str, Any] = {
        "draw": "jc1",
        "title": "抽查",
        "by": "kind",
        "share": 50,
        "witnesses": ("fen", "shen"),
        "inspectors": ("zhi", "zhi2", "fen2"),
        "each": 1,
    }
    return ToDraw(**usual | said)


def drawn(database: Database, **said: Any) -> list[str]:
    """The draw is made from beginning to end."""
    what = asked(**said)
    draws.seal(database, what, DU, NOW)
    for step in (draws.seal_number, draws.open_number):
        for person, number, salt in zip(what.witnesses, ("7", "11"), SALTS, strict=True):
            step(database, what.draw, number, salt, at_console(person), NOW + timedelta(minutes=1))
    with database.read() as connection:
        return [one.unit for one in draws.show_draw(connection, what.draw).units]


def test_from_its_sealing_on_nobody_of_a_unit_sees_a_draw(database: Database) -> None:
    draws.seal(database, asked(), DU, NOW)
    with database.read() as connection:
        seen = {who: hidden_from(connection, [who]) for who in ("du", "zhi", "lian", "fu")}
        assert {who: bool(hidden) for who, hidden in seen.items()} == {
            "du": False,
            "zhi": False,
            "lian": True,
            "fu": True,
        }
        assert hidden_from(connection, []) == {stream_of_draw("jc1")}


def refused(call: Callable[..., Any], *args: Any) -> RuleViolation:
    with pytest.raises(RuleViolation) as refusal:
        call(*args)
    return refusal.value


def test_it_comes_out_the_same_on_either_database_and_is_verified_with_the_rest(database: Database) -> None:
    assert drawn(database) == ["u2", "u3"]
    with database.read() as connection:
        kinds = list(
            connection.execute(
                select(ENTRY.c.kind).where(ENTRY.c.stream == stream_of_draw("jc1")).order_by(ENTRY.c.seq)
            ).scalars()
        )
        shown = draws.show_draw(connection, "jc1")
        assert recheck(facts_of(connection, "jc1")) == []
    assert kinds == ["population_sealed", *["number_sealed"] * 2, *["number_opened"] * 2, "drawn"]
    assert [len(one.inspectors) for one in shown.units] == [1, 1]
    assert verify(database).wrong == ()


def test_whom_a_draw_touched_and_its_numbers_are_not_for_the_units(database: Database) -> None:
    drawn(database)
    stream = stream_of_draw("jc1")
    with database.read() as connection:
        for person in ("lian", "xie", "nobody"):
            assert hidden_from(connection, [person]) == {stream}
        assert hidden_from(connection, []) == {stream}
        for person in ("du", "fen", "shen", "zhi"):
            assert hidden_from(connection, [person]) == frozenset()
    with database.seen(seen_by(["lian"])).read() as connection:
        assert refused(draws.show_draw, connection, "jc1").code is Code.UNKNOWN_DRAW
        assert "jc1" not in connection.execute(select(ENTRY.c.body)).scalars().all().__repr__()


def test_who_was_drawn_lately_is_left_out_and_said_to_be(database: Database) -> None:
    before = drawn(database)
    again = drawn(database, draw="jc2", not_within=30)
    assert set(before).isdisjoint(again)
    with database.read() as connection:
        assert set(draws.show_draw(connection, "jc2").left_out) == set(before)


def test_a_unit_that_changes_after_the_sealing_stops_the_draw(database: Database) -> None:
    draws.seal(database, asked(), DU, NOW)
    for person, number, salt in zip(("fen", "shen"), ("7", "11"), SALTS, strict=True):
        draws.seal_number(database, "jc1", number, salt, at_console(person), NOW)
    draws.open_number(database, "jc1", "7", SALTS[0], FEN, NOW)
    with database.write() as connection:
        connection.execute(update(UNIT).where(UNIT.c.id == "u3").values(area="a2"))
    why = refused(draws.open_number, database, "jc1", "11", SALTS[1], at_console("shen"), NOW)
    assert (why.code, "封存以后名录变了（u3）" in str(why)) == (Code.DRAW_REFUSED, True)
    with database.read() as connection:
        assert len(draws.show_draw(connection, "jc1").opened) == 1, "in one commit or not at all"


def test_only_a_supervisor_seals_only_a_leader_replaces_and_nobody_twice(database: Database) -> None:
    assert refused(draws.seal, database, asked(), LIAN, NOW).code is Code.WRONG_ROLE
    units = drawn(database)
    assert "已经用过" in str(refused(draws.seal, database, asked(), DU, NOW))
    assert refused(draws.replace_unit, database, "jc1", units[0], "已撤销", DU, NOW).code is Code.WRONG_ROLE
    assert refused(draws.replace_unit, database, "jc1", units[0], " ", FEN, NOW).code is Code.DRAW_REFUSED
    other = draws.replace_unit(database, "jc1", "u3", "单位已撤销", FEN, NOW)
    assert other == "u1", "the next research unit"
    with database.read() as connection:
        assert draws.show_draw(connection, "jc1").replaced == (("u3", "u1", "单位已撤销"),)
    assert verify(database).wrong == ()


def test_a_result_that_does_not_follow_is_named_by_the_verification(database: Database) -> None:
    draws.seal(database, asked(), DU, NOW)
    actor = Actor(id="du", role=Role.SUPERVISOR, via=Via.SITE)
    with database.write() as connection:
        note_draw(connection, Drawn(draw="jc1", seed="0" * 64, units=()), actor, NOW)
    (wrong,) = verify(database).wrong
    assert (wrong.stream, "抽取重算不符" in wrong.what) == (stream_of_draw("jc1"), True)
    assert journal.is_journal(wrong.stream)


def test_whose_number_is_wanted_has_it_to_do_until_it_is_there(database: Database) -> None:
    def to_do(person: str) -> list[str]:
        with database.seen(seen_by((person,))).read() as connection:
            todo = show_todo(connection, on_site(person), NOW)
            assert count_todo(connection, person, NOW) == (todo.count, False)
        assert all(one.at == "/draws/jc1" for one in todo.matters)
        return [one.words for one in todo.matters]

    what = asked()
    assert to_do("fen") == []
    draws.seal(database, what, DU, NOW)
    for step, word in ((draws.seal_number, "封"), (draws.open_number, "打开")):
        for person, number, salt in zip(what.witnesses, ("7", "11"), SALTS, strict=True):
            assert to_do(person) == [f"抽查：等您{word}数"]
            assert to_do("du") == []
            step(database, what.draw, number, salt, at_console(person), NOW + timedelta(minutes=1))
    assert [to_do(person) for person in what.witnesses] == [[], []]
