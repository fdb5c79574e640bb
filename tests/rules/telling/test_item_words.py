"""How an item stands, on one line."""

from __future__ import annotations

from datetime import date

import pytest

from rules.machine.commands import IN_STEP, Status
from rules.process import Words
from rules.telling.item_words import current_step, cycle, stands

DUE = date(2027, 1, 4)


@pytest.mark.parametrize("status", Status)
def test_the_step_is_said_while_somebody_has_the_move_in_it(status: Status) -> None:
    assert current_step(status, "整改落实") == ("整改落实" if status in IN_STEP else "")


def test_an_item_stands_somewhere_until_some_day() -> None:
    assert stands("working", "整改落实", DUE) == "办理中 整改落实，2027-01-04 到期"
    assert stands("reviewing", "验收销号", DUE, provisional=True) == "审核中 验收销号，2027-01-04（暂定） 到期"
    assert stands("working", "整改落实", "2027-01-04", paused=True) == "办理中 整改落实，2027-01-04 到期，已暂停计时"
    assert stands("closed", "验收销号", None) == "已办结"
    assert stands("closed", "", None, words=Words(close="销号")) == "已销号"


def test_of_the_first_cycle_nothing_is_said_unless_asked() -> None:
    assert (cycle(1), cycle(2), cycle(1, first=True)) == ("", "第 2 轮", "第 1 轮")
