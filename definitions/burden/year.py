"""What the campaigns of a year ask of each kind and size of unit, month by month, against the budget."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from definitions.directory import SIZES, UNIT_KINDS
from definitions.process import ProcessDefinition
from rules.burden.budget import Burden, BurdenBudget, burden_of, excess
from rules.dates.calendar import Calendar
from rules.errors import RuleViolation
from rules.process import Holder
from rules.rounds.campaign import Campaign, asked_in, days_of
from rules.rounds.periods import Period, period_of

_YEAR = 2027
"""An ordinary year: a request falls into the same month in every other."""
_MONTHS = range(1, 13)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitYear:
    """What units of these kinds and sizes are asked in each month of a year, January first: all of them the same."""

    kinds: tuple[str, ...]
    sizes: tuple[str, ...]
    months: tuple[Burden, ...]

    @property
    def table(self) -> str:
        """The year as one line: of each month requests, fields and evidence."""
        return "，".join(
            f"{month} 月 {one.requests} 次 {one.fields} 项" + (f" {one.evidence} 佐证" if one.evidence else "")
            for month, one in zip(_MONTHS, self.months, strict=True)
            if one != Burden()
        )


def burden_year(
    campaigns: Sequence[Campaign], processes: Mapping[str, ProcessDefinition], calendar: Calendar
) -> tuple[UnitYear, ...]:
    """The year of every kind and size of unit; those that are asked the same stand together."""
    found: dict[tuple[Burden, ...], list[tuple[str, str]]] = {}
    asking = [one for one in campaigns if one.holder is Holder.UNIT and processes[one.process].burden and one.opens]
    opening = {one.id: tuple(_opening(one, calendar)) for one in asking}
    for kind in UNIT_KINDS:
        for size in SIZES:
            months = [Burden()] * 12
            for one in asking:
                if _reaches(one, kind, size):
                    for month, period in opening[one.id]:
                        months[month - 1] += asked_by(one, processes[one.process], kind, period)
            found.setdefault(tuple(months), []).append((kind, size))
    return tuple(
        UnitYear(
            kinds=tuple(dict.fromkeys(kind for kind, _ in pairs)),
            sizes=tuple(dict.fromkeys(size for _, size in pairs)),
            months=months,
        )
        for months, pairs in found.items()
    )


def asked_by(campaign: Campaign, process: ProcessDefinition, kind: str, period: Period) -> Burden:
    """What the campaign's round of that period asks of a unit of that kind, at most: nothing of it known yet."""
    if kind not in {one.id for one in process.unit_kinds}:
        return Burden()
    asked = burden_of(process.resolve(kind, campaign.variant), by_hand=False)
    return replace(asked, fields=asked.fields + len(asked_in(campaign, period)))


def _opening(campaign: Campaign, calendar: Calendar) -> Iterable[tuple[int, Period]]:
    """Every month of the year with the period whose round opens in it."""
    period = period_of(campaign.rhythm, date(_YEAR - 1, 1, 1))
    while period.year <= _YEAR + 1:
        try:
            opens = days_of(campaign, period, calendar).opens
        except RuleViolation:  # a period without that day is refused elsewhere
            opens = None
        if opens and opens.date.year == _YEAR:
            yield opens.date.month, period
        period = period.moved(1)


def _reaches(campaign: Campaign, kind: str, size: str) -> bool:
    """Whether some unit of that kind and size may be among those that are asked."""
    to = campaign.to
    return (not to.kinds or kind in to.kinds) and (not to.sizes or size in to.sizes)


def over_year(budget: BurdenBudget, years: Iterable[UnitYear]) -> list[str]:
    """What is more than the budget has: whose, in which month, and the table of that year. Empty where it keeps."""
    said = []
    for year in years:
        for month, burden in zip(_MONTHS, year.months, strict=True):
            if over := excess(budget, burden):
                who = "、".join(UNIT_KINDS[kind] for kind in year.kinds)
                which = "" if len(year.sizes) == len(SIZES) else f"（{'、'.join(SIZES[size] for size in year.sizes)}）"
                said.append(f"{who}{which}{month} 月{'、'.join(map(str, over))}；全年：{year.table}")
                break
    return said
