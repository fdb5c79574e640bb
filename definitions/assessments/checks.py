"""Whether an assessment adds up: full points for each kind and size of unit, nothing counted twice, appeals in time."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from definitions.directory import SIZES, UNIT_KINDS
from definitions.fields import listed
from definitions.source import Source
from rules.assessment.assessment import Assessment, Honour
from rules.assessment.sheets import points_text
from rules.names import CONDITION_NAMES
from rules.rounds.campaign import Campaign
from rules.rounds.periods import MONTHS_OF_PERIOD, RHYTHM_NAMES, Rhythm

_DAYS_OF_MONTH = 21
"""Working days of a month, about: an appeal has to be over before the next tier is proposed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FullPoints:
    """What the indicators that apply to units of that kind, size and condition are worth together, and how many they
    are. `condition`: empty for units that have none yet, and for all where no indicator asks."""

    kind: str
    size: str
    full: int
    count: int
    condition: str = ""

    @property
    def of(self) -> str:
        """Which units these are."""
        return UNIT_KINDS[self.kind] + SIZES[self.size] + CONDITION_NAMES.get(self.condition, "")


def full_points(assessment: Assessment) -> Iterator[FullPoints]:
    """For every kind and size of unit, and every condition where an indicator is for some only."""
    base = [one for one in assessment.indicators if one.of_base]
    conditions = ("", *CONDITION_NAMES) if any(one.applies.conditions for one in base) else ("",)
    own = assessment.individual
    for kind in UNIT_KINDS:
        for size in SIZES:
            for condition in conditions:
                found = [one for one in base if one.applies.to(kind, size, condition)]
                yield FullPoints(
                    kind=kind,
                    size=size,
                    condition=condition,
                    full=sum(one.full for one in found) + (own.full if own else 0),
                    count=len(found) + (own.count if own else 0),
                )


def full_points_table(assessment: Assessment) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """What each kind of unit can get, as people read it: the columns, a size each, and a row for every kind (and
    condition, where an indicator asks for one)."""
    rows: dict[tuple[str, str], list[str]] = {}
    for one in full_points(assessment):
        rows.setdefault((one.kind, one.condition), []).append(f"{points_text(one.full)}（{one.count} 项）")
    named = [
        (UNIT_KINDS[kind] + (f"（{CONDITION_NAMES[condition]}）" if condition else ""), *cells)
        for (kind, condition), cells in rows.items()
    ]
    return ("单位", *SIZES.values()), named


def check_assessment(source: Source, assessment: Assessment, campaigns: Collection[Campaign]) -> None:
    """Add to the source's mistakes what does not add up."""
    _check_full(source, assessment, next((one for one in campaigns if one.id == assessment.campaign), None))
    _check_rhythm(source, assessment, campaigns)
    with_rungs = [one.id for one in assessment.indicators if one.rungs]
    if len(with_rungs) > 1:
        what = f"督办阶梯扣的分在 {'、'.join(with_rungs)} 里都扣，同一次扣了两遍"
        source.add(("indicators", with_rungs[1], "rungs"), what, "只写在一项里")
    for one in assessment.indicators:
        if one.id == "own" or one.id.startswith("own_"):
            source.add(("indicators", one.id), f"“{one.id}”是留给单位个性指标的编号", "不以 own 开头的编号")
    names: dict[str, str] = {}
    for one in assessment.indicators:
        if one.name in names:
            source.add(("indicators", one.id, "name"), f"“{one.name}”已是 {names[one.name]} 的名称", "不重复的名称")
        names.setdefault(one.name, one.id)
    for band in assessment.tiers.bands if assessment.tiers else ():
        if band.enter > assessment.most:
            most = points_text(assessment.most)
            what = f"“{band.name}”要 {points_text(band.enter)} 分，总分加上能加的也只有 {most} 分"
            source.add(("tiers", "bands", band.id, "enter"), what, f"不超过 {most} 分")
    for honour in assessment.honours:
        _check_honour(source, assessment, honour)
    if assessment.tiers and assessment.appeal:
        between = MONTHS_OF_PERIOD[assessment.tiers.every] * _DAYS_OF_MONTH
        if assessment.appeal.within * 2 > between:
            what = f"锁定后 {assessment.appeal.within} 个工作日内都可申诉，会拖到下一次评状况"
            source.add(("appeal", "within"), what, f"不超过 {between // 2} 个工作日")


def _check_honour(source: Source, assessment: Assessment, honour: Honour) -> None:
    at = ("honours", honour.id)
    if honour.least > assessment.most:
        most = points_text(assessment.most)
        what = f"“{honour.name}”要 {points_text(honour.least)} 分，总分加上能加的也只有 {most} 分"
        source.add((*at, "least"), what, f"不超过 {most} 分")
    given = {band.id for band in assessment.tiers.bands} if assessment.tiers else set()
    if honour.tier and honour.tier not in given:
        source.add(
            (*at, "tier"), f"没有由分数评的状况“{honour.tier}”", listed(given) if given else "先写 tiers，或去掉"
        )
    deducts = [one.id for one in assessment.indicators if one.deduct]
    for indicator in honour.without:
        if indicator not in deducts:
            what = f"“{indicator}”不是会扣分的加减分指标"
            source.add((*at, "without"), what, listed(deducts) if deducts else "去掉")


def _check_full(source: Source, assessment: Assessment, campaign: Campaign | None) -> None:
    """Of the units that the campaign asks by their kind and size; of all where it asks by something else."""
    to = campaign.to if campaign else None
    table = [
        one
        for one in full_points(assessment)
        if to is None or ((not to.kinds or one.kind in to.kinds) and (not to.sizes or one.size in to.sizes))
    ]
    most = max(one.full for one in table)
    told = "；".join(f"{one.of} {points_text(one.full)} 分（{one.count} 项）" for one in table)
    if most != assessment.total:
        what = f"满分 {points_text(assessment.total)}，各项加起来最多的是 {points_text(most)} 分：{told}"
        source.add(("total",), what, "各项满分相加等于总分")
    elif not assessment.rescales and any(one.full != assessment.total for one in table):
        what = f"有的单位各项加起来不到 {points_text(assessment.total)} 分：{told}"
        source.add(("total",), what, "not_applicable: rescale（按比例折算），或使每类单位都加到总分")
    without = [one.of for one in table if not one.full]
    if without:
        what = f"{'、'.join(without)}没有一项基本分，无从折算"
        source.add(("indicators",), what, "每类单位至少一项不是加减分的")


def _check_rhythm(source: Source, assessment: Assessment, campaigns: Collection[Campaign]) -> None:
    """Points come with the rounds of the campaign, so no indicator comes oftener than these."""
    campaign = next((one for one in campaigns if one.id == assessment.campaign), None)
    if campaign is None:
        return
    if campaign.rhythm is Rhythm.ONCE:
        source.add(("campaign",), f"“{campaign.id}”不定期，没有按期的得分", "一个每月、每季、每半年或每年的周期工作")
        return
    for one in assessment.indicators:
        if MONTHS_OF_PERIOD[one.every] < MONTHS_OF_PERIOD[campaign.rhythm]:
            what = f"“{one.name}”{RHYTHM_NAMES[one.every]}算一次，周期工作“{campaign.id}”却不是每期都锁定"
            source.add(("indicators", one.id, "every"), what, f"every: {campaign.rhythm}，或更久")
