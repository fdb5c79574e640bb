"""What reaches the engine past the console: bulk work that two people did not want is not done."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ledger.chain import pinned
from ledger.chain.selections import OTHER_CALENDAR, OTHER_VERSION, Selected
from ledger.directory.joint.acts import carry_out
from ledger.directory.joint.migrating import check_selected, migration_wanted
from ledger.store.database import Database
from rules.errors import Code, RuleViolation
from rules.joint.acts import LASTS
from tests.support.factories import ADMINISTRATOR
from tests.support.two.people import by_two
from tests.support.world import NOW

WANTED = Selected(kind=OTHER_VERSION.name, process="p", version="2#ab", steps={"a": "b"}, cause="修订", person="guan")


def refused(database: Database, selected: Selected, hours: float = 1) -> Code | None:
    with database.read() as connection:
        try:
            check_selected(connection, selected, ADMINISTRATOR, NOW + timedelta(hours=hours))
        except RuleViolation as refusal:
            return refusal.code
    return None


def test_items_go_by_another_version_when_two_people_wanted_just_that(database: Database) -> None:
    assert refused(database, WANTED) is Code.SECOND_NEEDED

    def carried_out() -> None:
        assert refused(database, WANTED) is Code.SECOND_NEEDED, "confirmed is not carried out yet"
        with database.write() as connection:
            carry_out(connection, migration_wanted(WANTED), ADMINISTRATOR, NOW)

    by_two(database, carried_out, now=NOW)
    assert refused(database, WANTED) is None
    assert refused(database, replace(WANTED, steps={"a": "c"})) is Code.SECOND_NEEDED
    assert refused(database, replace(WANTED, version="3#cd")) is Code.SECOND_NEEDED
    assert refused(database, WANTED, LASTS / timedelta(hours=1)) is Code.SECOND_NEEDED


@pytest.mark.parametrize(("version", "code"), [("", None), ("2027", Code.SECOND_NEEDED)])
def test_items_reckon_with_the_calendar_in_force_and_no_other(
    database: Database, version: str, code: Code | None
) -> None:
    with database.read() as connection:
        current = pinned.current_calendar_version(connection)
    assert refused(database, Selected(kind=OTHER_CALENDAR.name, calendar=version or current)) is code
