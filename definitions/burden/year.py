"""What the campaigns of a year ask of each kind and size of unit, month by month, against the budget."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import product

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
    """What units of these kinds and sizes are asked in each month of a year, January first: all of them the same.
    `areas`: only those of these areas (none: of whichever); `units`: only these, named one by one."""

    kinds: tuple[str, ...]
    sizes: tuple[str, ...]
    months: tuple[Burden, ...]
    areas: tuple[str, ...] = ()
    units: tuple[str, ...] = ()

    @property
    def whose(self) -> str:
        """Of which units it is, in words."""
        if self.units:
            return f"单位 {'、'.join(self.units)} "
        sizes = "" if len(self.sizes) == len(SIZES) else "、".join(SIZES[size] for size in self.sizes)
        areas = f"片组 {'、'.join(self.areas)}" if self.areas else ""
        which = "；".join(part for part in (sizes, areas) if part)
        return "、".join(UNIT_KINDS[kind] for kind in self.kinds) + (f"（{which}）" if which else "")

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
    """The year of every kind and size of unit, in each area that a campaign names and in any other, and of each unit
    that one names; those that are asked the same stand together. Which kind a named unit is, no file says: it may be
    any."""
    found: dict[tuple[Burden, ...], list[_UnitCase]] = {}
    asking = [one for one in campaigns if one.holder is Holder.UNIT and processes[one.process].burden and one.opens]
    asked = {
        (one.id, kind): [(month, asked_by(one, processes[one.process], kind, period)) for month, period in opening]
        for one in asking
        for opening in (tuple(_opening(one, calendar)),)
        for kind in UNIT_KINDS
    }
    areas = ["", *sorted({area for one in asking for area in one.to.areas})]
    units = ["", *sorted({unit for one in asking for unit in one.to.units})]
    for unit, area, kind, size in product(units, areas, UNIT_KINDS, SIZES):
        case, months = _UnitCase(unit=unit, area=area, kind=kind, size=size), [Burden()] * 12
        for one in asking:
            if _reaches(one, case):
                for month, burden in asked[one.id, kind]:
                    months[month - 1] += burden
        found.setdefault(tuple(months), []).append(case)
    return tuple(_year(months, cases) for months, cases in found.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class _UnitCase:
    """A unit as it may be: named or not (empty), in that area or in one that nobody names (empty)."""

    unit: str
    area: str
    kind: str
    size: str


def _year(months: tuple[Burden, ...], cases: Sequence[_UnitCase]) -> UnitYear:
    """What is so of any unit is not said of the named ones besides."""
    general = [one for one in cases if not one.unit]
    meant = general or cases
    anywhere = any(not one.area for one in meant)
    return UnitYear(
        kinds=tuple(dict.fromkeys(one.kind for one in meant)),
        sizes=tuple(dict.fromkeys(one.size for one in meant)),
        months=months,
        areas=() if anywhere else tuple(dict.fromkeys(one.area for one in meant)),
        units=() if general else tuple(dict.fromkeys(one.unit for one in cases)),
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


def _reaches(campaign: Campaign, case: _UnitCase) -> bool:
    """Whether such a unit may be among those that are asked. Conditions keep nothing apart: they change."""
    to = campaign.to
    if case.unit and case.unit in (*to.excepted, *to.units):
        return case.unit not in to.excepted
    said = ((to.kinds, case.kind), (to.sizes, case.size), (to.areas, case.area))
    return to.by_what_they_are and all(not codes or own in codes for codes, own in said)


def over_year(budget: BurdenBudget, years: Iterable[UnitYear]) -> list[str]:
    """What is more than the budget has: whose, in which month, and the table of that year. Empty where it keeps."""
    said = []
    for year in years:
        for month, burden in zip(_MONTHS, year.months, strict=True):
            if over := excess(budget, burden):
                said.append(f"{year.whose}{month} 月{'、'.join(map(str, over))}；全年：{year.table}")
                break
    return said
