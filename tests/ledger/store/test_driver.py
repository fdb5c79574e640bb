"""Questions compiled once and put to the driver itself: the same rows as by SQLAlchemy, the same refusals, and nothing
seen that is not to be seen. On both databases."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Select, bindparam, null, select, text, true
from sqlalchemy.exc import DBAPIError

from ledger.chain import lookup
from ledger.chain.entries import ENTRY, ITEM, OF_ITEM_AND_COMMAND
from ledger.store.database import Database, LedgerUnavailable
from ledger.store.driver import PreparedQuery, run
from ledger.store.sight import Sight
from ledger.store.tables import Person, Post, Unit, table_of
from rules.errors import Code, RuleViolation
from rules.machine.commands import CommandKind as K
from tests.support import world
from tests.support.servers.postgres import PostgresServer
from tests.support.world import NOW

NO, OTHER = "XX2026-0001", "XX2026-0002"
PERSON, POST, UNIT = table_of(Person), table_of(Post), table_of(Unit)
ASKED: list[tuple[Select[Any], dict[str, Any]]] = [
    (select(ITEM).where(ITEM.c.no == bindparam("no")), {"no": NO}),
    (select(ITEM).where(ITEM.c.no == bindparam("no")), {"no": "没有"}),
    (select(ITEM).where(ITEM.c.veiled != true()).order_by(ITEM.c.no), {}),
    (select(ENTRY).where(ENTRY.c.stream == NO, ENTRY.c.seq > bindparam("after")).limit(500), {"after": 0}),
    (OF_ITEM_AND_COMMAND, {"stream": NO, "command": "c1"}),
    (OF_ITEM_AND_COMMAND, {"stream": NO, "command": "another"}),
    (select(POST).where((POST.c.person == bindparam("a")) | (POST.c.role == bindparam("a"))), {"a": "supervisor"}),
    (select(PERSON, UNIT.c.name.label("unit_name")).join(UNIT, UNIT.c.id == PERSON.c.unit, isouter=True), {}),
    (select(ITEM.c.no, null().label("empty"), (ITEM.c.seq > 1).label("moved")).order_by(ITEM.c.no), {}),
]


@pytest.mark.parametrize(("query", "values"), ASKED)
def test_the_rows_are_those_that_sqlalchemy_brings(
    database: Database, query: Select[Any], values: dict[str, Any]
) -> None:
    world.store_issued(database, world.issued(NO), world.issued(OTHER))
    world.give(database, NO, K.REMARK, NOW, "c1")
    prepared = PreparedQuery(query)
    with database.read() as connection:
        expected = [dict(row) for row in connection.execute(query, values).mappings()]
        for _ in range(2):
            found = [dict(row) for row in prepared.all(connection, **values)]
            assert found == expected
            assert [[type(value) for value in row.values()] for row in found] == [
                [type(value) for value in row.values()] for row in expected
            ]
        first = prepared.first(connection, **values)
    assert (dict(first) if first else None) == (expected[0] if expected else None)


def test_what_is_hidden_is_not_seen_by_a_question_that_was_asked_before(database: Database) -> None:
    world.store_issued(database, world.issued(NO), world.issued(OTHER))
    with database.read() as connection:
        assert lookup.item_row(connection, NO)["no"] == NO
    with database.seen(lambda _: Sight(hidden=frozenset({NO}))).read() as connection:
        assert lookup.item_row(connection, OTHER)["no"] == OTHER
        with pytest.raises(RuleViolation) as refused:
            lookup.item_row(connection, NO)
    assert refused.value.code is Code.UNKNOWN_ITEM
    with database.read() as connection:
        assert lookup.item_row(connection, NO)["no"] == NO, "the next transaction of that connection sees all again"


def test_it_sees_what_its_own_transaction_has_written(database: Database) -> None:
    with database.write() as connection:
        run(connection, "UPDATE item SET title = 'x' WHERE no = 'none'").close()
        connection.execute(text("UPDATE person SET name = '改了的' WHERE id = 'lian'"))
        row = PreparedQuery(select(PERSON.c.name).where(PERSON.c.id == bindparam("id"))).first(connection, id="lian")
        assert row
        assert row["name"] == "改了的"


def test_what_cannot_be_stored_is_refused_as_ever(database: Database) -> None:
    with pytest.raises(RuleViolation) as refused, database.read() as connection:
        lookup.fact_of_command(connection, NO, "\ud800")
    assert refused.value.code is Code.BAD_REQUEST


def test_a_wrong_statement_is_no_trouble_of_the_database(database: Database) -> None:
    with pytest.raises(DBAPIError), database.read() as connection:
        run(connection, "SELECT nothing FROM nowhere")


def test_a_server_that_goes_away_between_two_questions_is_told(own_postgres: PostgresServer) -> None:
    database = Database(own_postgres.create())

    def asks(meanwhile: Callable[[], None]) -> list[Any]:
        with database.read() as connection:
            connection.execute(text("SELECT 1"))
            meanwhile()
            return list(run(connection, "SELECT 1"))

    with pytest.raises(LedgerUnavailable) as refused:
        asks(own_postgres.stop)
    assert refused.value.code is Code.LEDGER_UNAVAILABLE
    own_postgres.start()
    assert asks(lambda: None) == [(1,)], "it goes on when the server is back"
    database.close()
