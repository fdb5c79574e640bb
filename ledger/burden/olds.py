"""Of how many of the questions asked an old value was there, to begin with or to confirm, when they were asked."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection, select

from ledger.burden.account import RequestMade
from ledger.chain.figures.values import FIGURE_VALUE
from rules.rounds.periods import read_period


def with_olds(connection: Connection, requests: Sequence[RequestMade]) -> list[RequestMade]:
    """The same requests; of each only what had a value of a period before when it was made counts as prefilled."""
    figures = {figure for one in requests for figure, _ in one.olds}
    if not figures:
        return list(requests)
    given: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    columns = (FIGURE_VALUE.c.unit, FIGURE_VALUE.c.figure, FIGURE_VALUE.c.period, FIGURE_VALUE.c.at)
    query = select(*columns).where(FIGURE_VALUE.c.figure.in_(figures), FIGURE_VALUE.c.revision == 1)
    for unit, figure, period, at in connection.execute(query):
        given[(unit, figure)].append((period, at))
    return [_counted(one, given) for one in requests]


def _counted(one: RequestMade, given: dict[tuple[str, str], list[tuple[str, str]]]) -> RequestMade:
    without = sum(
        not any(_before(old, period) and at <= one.at for old, at in given.get((one.unit, figure), ()))
        for figure, period in one.olds
    )
    return replace(one, burden=replace(one.burden, prefilled=one.burden.prefilled - without)) if without else one


def _before(old: str, period: str) -> bool:
    """Of one rhythm the ids go as time does."""
    return old < period and read_period(old).rhythm is read_period(period).rhythm
