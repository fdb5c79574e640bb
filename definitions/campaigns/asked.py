"""Whether a campaign can ask for its figures: each is there, comes from nowhere else, and is asked as often as it is
known; and its process takes what the round asks."""

import json
from collections.abc import Iterator
from datetime import date

from definitions.fields import listed, suggestion
from definitions.form_checks import PROCESS_SIZE_LIMIT
from definitions.parts.asks import ROUND_ASKS
from definitions.process import ProcessDefinition
from definitions.source import Keys, Source
from rules.codec import encode
from rules.figures.asking import asks_form, takes_asks, with_questions
from rules.figures.figure import FigureRegister, FigureSource
from rules.rounds.campaign import Asks, Campaign, asked_for
from rules.rounds.periods import MONTHS_OF_PERIOD, RHYTHM_NAMES, Period, Rhythm, period_of

_FROM_ELSEWHERE = {FigureSource.IMPORTED: "由导入而来", FigureSource.LEDGER: "由留痕算出"}
_FROM = date(2026, 1, 1)


def check_figures(source: Source, campaign: Campaign, process: ProcessDefinition, figures: FigureRegister) -> None:
    """Add to the source's mistakes what cannot be asked."""
    kind = process.unit_kinds[0].id
    takes = takes_asks(process.resolve(kind, campaign.variant))
    if campaign.asks and not takes:
        what = f"流程“{process.id}”的表写在流程里，不填轮次问的"
        source.add(("asks",), what, f"一个环节写 form: {ROUND_ASKS} 的流程")
    if takes and not campaign.asks:
        source.add(("process",), f"流程“{process.id}”填轮次问的表，这里没有说问什么", "asks: {month: [数据项]}")
    if campaign.skips_known and not campaign.asks:
        source.add(("nothing_to_ask",), "没有问什么，也就没有都已知道的", "写 asks，或删去 nothing_to_ask")
    for asks in campaign.asks:
        for place, figure in enumerate(asks.figures):
            for what, expected in _wrong(campaign, asks, figure, figures):
                source.add((*_path(asks, source), place), what, expected)
    if campaign.asks and takes and source.sound():
        _check_periods(source, campaign)
        _check_size(source, campaign, process, figures)


def place_of(campaign: Campaign, figure: str) -> Keys:
    """Where the file asks for that figure, as near as its line."""
    return next(("asks", str(one.rhythm)) for one in campaign.asks if figure in one.figures)


def _path(asks: Asks, source: Source) -> Keys:
    plain = ("asks", str(asks.rhythm))
    inner = (*plain, "figures")
    return inner if source.line((*inner, 0)) != source.line(plain) or asks.shifted else plain


def _wrong(campaign: Campaign, asks: Asks, figure_id: str, figures: FigureRegister) -> Iterator[tuple[str, str]]:
    figure = figures.figure(figure_id)
    if figure is None:
        known = [one.id for one in figures.figures if one.asked]
        yield f"没有数据项“{figure_id}”{suggestion(figure_id, known)}", f"其中之一：{listed(known)}"
        return
    if not figure.asked:
        yield f"“{figure_id}”{_FROM_ELSEWHERE[figure.source]}，不问", "删去它；表上自会列为已知"
        return
    mine, own = MONTHS_OF_PERIOD[asks.rhythm], MONTHS_OF_PERIOD[figure.every]
    each = RHYTHM_NAMES[figure.every]
    if mine != own:
        here = f"{RHYTHM_NAMES[asks.rhythm]}{'都' if mine < own else '才'}问"
        yield f"“{figure_id}”{each}一个数，这里{here}", f"写在 {figure.every} 下面"
    elif campaign.rhythm is Rhythm.ONCE or mine < MONTHS_OF_PERIOD[campaign.rhythm]:
        yield f"“{figure_id}”{each}一个数，而这个周期工作不是{each}都有", "更勤的周期"
    if any(figure_id in one.figures for one in campaign.asks if one is not asks):
        yield f"“{figure_id}”问了两次", "只写一次"


def _check_periods(source: Source, campaign: Campaign) -> None:
    """No round asks nothing, unless such a one is left out."""
    empty = next((period for period in _a_year(campaign) if not asked_for(campaign, period)), None)
    if empty and not campaign.skips_known:
        source.add(("asks",), f"{empty.name}什么也不问", "每一期都有一项，或 nothing_to_ask: skip")


def _check_size(source: Source, campaign: Campaign, process: ProcessDefinition, figures: FigureRegister) -> None:
    """The largest form fits into what every item carries into its workflow."""
    resolved = process.resolve(process.unit_kinds[0].id, campaign.variant)
    for period in _a_year(campaign):
        widest = with_questions(resolved, asks_form(figures, asked_for(campaign, period)))
        size = len(json.dumps(encode(widest), ensure_ascii=False).encode())
        if size > PROCESS_SIZE_LIMIT:
            what = f"{period.name}问的连同流程有 {size} 字节，每个事项都带着它"
            source.add(("asks",), what, f"不超过 {PROCESS_SIZE_LIMIT} 字节：少问几项")
            return


def _a_year(campaign: Campaign) -> Iterator[Period]:
    """The rounds of one year: every mixture of periods that end together is among them."""
    period = period_of(campaign.rhythm, _FROM)
    while campaign.rhythm is not Rhythm.ONCE and period.year == _FROM.year:
        yield period
        period = period.moved(1)
