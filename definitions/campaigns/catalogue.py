"""Loading campaign files: each by itself, then beside each other. The only way from a file to a `Campaign`."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from definitions.burden.budget_file import load_budget_file
from definitions.burden.year import burden_year, over_year
from definitions.campaigns.asked import place_of
from definitions.campaigns.campaign_file import read_campaign
from definitions.campaigns.checks import ORDINARY
from definitions.catalogue import SHIPPED
from definitions.figures.figure_file import shipped_figures
from definitions.mistakes import DefinitionErrors, Mistake
from definitions.process import ProcessDefinition
from definitions.source import Source, path_text
from rules.burden.budget import BurdenBudget
from rules.figures.asking import asked_twice
from rules.figures.figure import FigureRegister
from rules.rounds.campaign import Campaign, content

SHIPPED_CAMPAIGNS = SHIPPED / "campaigns"
_NONE = FigureRegister()


def load_campaigns(
    files: Iterable[Path],
    processes: Sequence[ProcessDefinition],
    beside: Sequence[Campaign] = (),
    budget: BurdenBudget | None = None,
    figures: FigureRegister = _NONE,
) -> tuple[Campaign, ...]:
    """The campaigns of these files, each with a version that holds a hash of its content, fit to stand beside those
    that are in force else and to keep to the budget; they ask for these `figures`, and for none that one beside them
    asks of the same units. Raises definition_invalid with every mistake of every file."""
    known = {process.id: process for process in processes}
    mistakes: list[Mistake] = []
    found: list[tuple[Source, Campaign]] = []
    for path in files:
        source, campaign = read_campaign(path, known, figures)
        mistakes += source.mistakes
        if campaign:
            found.append((source, replace(campaign, version=f"{campaign.version}#{_digest(campaign)}")))
    mistakes += _clashes(found)
    mistakes += _asked_twice(found, beside)
    if budget and not mistakes:
        mistakes += _over(found, beside, known, budget)
    if mistakes:
        raise DefinitionErrors(mistakes)
    return tuple(campaign for _, campaign in found)


def shipped_campaigns(processes: Sequence[ProcessDefinition]) -> tuple[Campaign, ...]:
    """Those that come with the program."""
    files, figures = sorted(SHIPPED_CAMPAIGNS.glob("*.yaml")), shipped_figures(processes)
    return load_campaigns(files, processes, budget=load_budget_file(), figures=figures)


def _over(
    found: Sequence[tuple[Source, Campaign]],
    beside: Sequence[Campaign],
    processes: Mapping[str, ProcessDefinition],
    budget: BurdenBudget,
) -> Iterable[Mistake]:
    """In no month of a year is any kind and size of unit asked more than the budget has."""
    new = {campaign.id for _, campaign in found}
    others = [one for one in beside if one.id not in new and one.process in processes]
    asking = [(source, one) for source, one in found if processes[one.process].burden]
    said = over_year(budget, burden_year([*others, *(one for _, one in found)], processes, ORDINARY)) if asking else []
    for what in said:
        source, _ = asking[-1]
        where = {"file": source.file, "line": source.line(("asks",)), "path": "asks"}
        expected = f"减负预算“{budget.name}”以内：推到别的月份问（with）、少问几项，或与别的周期工作合成一张"
        yield Mistake(**where, what=f"超出减负预算：{what}", expected=expected)  # type: ignore[arg-type]


def _digest(campaign: Campaign) -> str:
    text = json.dumps(content(campaign), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _clashes(found: Sequence[tuple[Source, Campaign]]) -> Iterable[Mistake]:
    """No id twice; and nobody is asked the same by two campaigns of one rhythm."""
    for n, (source, campaign) in enumerate(found):
        for other_source, other in found[:n]:
            where = {"file": source.file, "line": source.line(("campaign",)), "path": "campaign"}
            if other.id == campaign.id:
                what = f"“{campaign.id}”已被 {other_source.file} 使用"
                yield Mistake(**where, what=what, expected="不重复的编号")  # type: ignore[arg-type]
            elif _same(campaign, other):
                what = f"与“{other.id}”（{other_source.file}）对同一些单位办同一个流程，周期也一样"
                yield Mistake(**where, what=what, expected="名单不重叠，或并成一个")  # type: ignore[arg-type]


def _asked_twice(found: Sequence[tuple[Source, Campaign]], beside: Sequence[Campaign]) -> Iterable[Mistake]:
    """Nobody is asked for one figure by two campaigns."""
    sources = {campaign.id: source for source, campaign in found}
    others = [one for one in beside if one.id not in sources]
    for one, figure, other in asked_twice([*others, *(campaign for _, campaign in found)]):
        source = sources.get(one.id)
        if source is not None:
            path = place_of(one, figure)
            what = f"“{figure}”周期工作“{other.id}”已经问同一些单位"
            where = {"file": source.file, "line": source.line(path), "path": path_text(path)}
            yield Mistake(**where, what=what, expected="只由一个问，或名单不重叠")  # type: ignore[arg-type]


def _same(one: Campaign, other: Campaign) -> bool:
    if (one.process, one.variant, one.rhythm) != (other.process, other.variant, other.rhythm):
        return False
    return not any(
        a and b and not set(a) & set(b)
        for a, b in (
            (one.to.kinds, other.to.kinds),
            (one.to.sizes, other.to.sizes),
            (one.to.conditions, other.to.conditions),
            (one.to.areas, other.to.areas),
        )
    )
