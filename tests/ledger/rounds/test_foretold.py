"""What an open round will do with what it asks a unit that is no more is foretold before the directory says so."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from desk.units.changing import ToChange, end_units, merge_units
from ledger.directory import units as over_time
from ledger.directory.following import Follows
from rules.dates.calendar import local_date
from rules.machine.commands import Status
from rules.rounds.campaign import OfGone, OfMerged
from rules.rounds.gone import RoundDoes
from tests.ledger.rounds.month_round import NAME, in_round, month
from tests.ledger.rounds.test_gone import DAY, ORGANS, ended, one_of, status, stepped, two
from tests.support.units import opened


@pytest.mark.parametrize(
    ("said", "merges", "does"),
    [
        ({}, False, RoundDoes.ANNULS),
        ({"gone": OfGone.KEEP}, False, RoundDoes.KEEPS),
        ({}, True, RoundDoes.HANDS_ON),
        ({"merged": OfMerged.SUCCESSOR}, True, RoundDoes.ANNULS),
    ],
)
def test_what_a_round_will_do_is_foretold_and_is_nobody_s_to_hand_on(
    tmp_path: Path, said: dict[str, object], merges: bool, does: RoundDoes
) -> None:
    county = in_round(tmp_path, month(**said))
    first, second = two(county)
    how = ToChange(first=local_date(DAY), dry_run=True)

    def changed(dry_run: bool) -> Follows:
        way = replace(how, dry_run=dry_run)
        return merge_units(county, [first], second, way, DAY) if merges else end_units(county, [first], way, DAY)

    foretold = changed(dry_run=True)
    assert foretold.items == ()
    (left,) = foretold.rounds
    to = second if does is RoundDoes.HANDS_ON else ""
    assert (left.round, left.unit, left.does, left.to, bool(left.no)) == (NAME, first, does, to, True)
    assert changed(dry_run=False).rounds == foretold.rounds
    state = stepped(county, DAY)
    assert (status(county, first) == Status.ANNULLED) is (does is RoundDoes.ANNULS)
    assert (first in state.handed) is (does is RoundDoes.HANDS_ON)


def test_who_joins_in_the_place_of_another_is_foretold(tmp_path: Path) -> None:
    county = in_round(tmp_path, month(merged=OfMerged.SUCCESSOR))
    first, second = two(county)
    ended(county, second, DAY)
    stepped(county, DAY)
    with county.read() as connection:
        last = over_time.lives(connection, {second})[second].spans[-1].known
    opened(county, last, now=DAY + timedelta(days=1))
    later = DAY + timedelta(days=1)
    found = merge_units(county, [first], second, ToChange(first=local_date(later)), later)
    assert [(one.does, one.to) for one in found.rounds] == [(RoundDoes.JOINS, second)]
    assert second in {one.id for one in stepped(county, later).owing}


@pytest.mark.parametrize("merged", list(OfMerged))
def test_where_the_successor_is_asked_nothing_it_is_foretold_that_it_reports(tmp_path: Path, merged: OfMerged) -> None:
    """A round that has no date for its kind cannot ask it: what the other was asked is handed on, as the round does."""
    county = in_round(tmp_path, month(merged=merged, due=ORGANS))
    first, _ = two(county)
    other = one_of(county, "enterprise")
    found = merge_units(county, [first], other, ToChange(first=local_date(DAY)), DAY)
    assert [(one.does, one.to) for one in found.rounds] == [(RoundDoes.HANDS_ON, other)]
    assert stepped(county, DAY).handed[first].to == other
