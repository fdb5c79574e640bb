"""What names a matter, so that a register that comes again issues nothing again."""

from datetime import date

import pytest

from desk.intake import _import_key
from tests.support.sheet_factory import HEADING, grid


@pytest.mark.parametrize("limit", ["1个月内", "12月底", "2026年12月31日", "长期坚持"])
def test_a_register_read_on_another_day_names_the_same_matters(limit: str) -> None:
    rows = [HEADING, (1, "学习不够", "改", "县教育局", "", "", limit, "")]
    keys = {_import_key(grid(rows, today=day).findings[0], "u1") for day in (date(2026, 11, 20), date(2026, 11, 24))}
    assert len(keys) == 1


def test_another_time_limit_is_another_matter() -> None:
    table = [[HEADING, (1, "学习不够", "改", "县教育局", "", "", limit, "")] for limit in ("2026-12-30", "2026-12-31")]
    assert len({_import_key(grid(rows).findings[0], "u1") for rows in table}) == 2
