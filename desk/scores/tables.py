"""What other pages of scores show as a table, to be printed or taken along: judging side by side, tiers, honours."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection

from desk.scores.honours_shown import honours
from desk.scores.judging_shown import judging
from desk.scores.tiers_shown import tiers_now
from ledger.reading.extracts import Column, Extract, ExtractRow, clean
from rules.errors import Code, RuleViolation

_UNIT = (
    Column(name="area", heading="片组", width=18, share=16),
    Column(name="unit", heading="单位编号", width=10),
    Column(name="unit_name", heading="单位", width=28, share=26),
)
_TIER_COLUMNS = (
    *_UNIT,
    Column(name="tier", heading="状况", width=10, share=10),
    Column(name="proposed", heading="建议改为", width=10, share=10),
    Column(name="why", heading="凭什么", width=28, share=24),
    Column(name="below", heading="连续低于退出分", width=10, share=14),
)
_JUDGING_COLUMNS = (
    *_UNIT,
    Column(name="told", heading="已知的", width=28, share=22),
    Column(name="given", heading="已评", width=40, share=26),
    Column(name="points", heading="得分", width=8, share=10),
)
_HONOUR_COLUMNS = (
    Column(name="honour", heading="推荐什么", width=20, share=18),
    *_UNIT,
    Column(name="score", heading="得分", width=8, share=8),
    Column(name="why", heading="凭什么", width=36, share=24),
    Column(name="used", heading="已推荐", width=8, share=8),
)


def score_table(
    connection: Connection, table: str, now: datetime, *, indicator: str, period: str, assessment: str
) -> Extract:
    """The table of that name: tiers, judging (of an indicator in a period) or honours. Raises unknown_assessment,
    score_refused, field_invalid."""
    match table:
        case "tiers":
            return _tiers(connection, now, assessment)
        case "judging":
            return _judging(connection, now, indicator=indicator, period=period, assessment=assessment)
        case "honours":
            return _honours(connection, now, assessment)
    raise RuleViolation(Code.FIELD_INVALID, field="table", actual=table[:20], expected="tiers、judging、honours")


def _tiers(connection: Connection, now: datetime, assessment: str) -> Extract:
    found = tiers_now(connection, now, assessment=assessment)
    rows = [
        (
            one.area,
            one.unit,
            one.unit_name,
            one.tier_name,
            one.proposed_name,
            f"{one.period_name}得 {one.score} 分" if one.proposed else "",
            str(one.below) if one.below else "",
        )
        for one in (found.units if found else ())
    ]
    name = found.name if found else assessment
    bands = "；".join(found.bands) if found else "这份考核不评状况"
    return _table("单位状况", (("考核", name), ("标准", bands)), _TIER_COLUMNS, rows)


def _judging(connection: Connection, now: datetime, *, indicator: str, period: str, assessment: str) -> Extract:
    found = judging(connection, (), now, indicator=indicator, period=period, assessment=assessment)
    rows = [
        (one.area, one.unit, one.unit_name, one.told or "没有报", "；".join(one.given), one.settled)
        for one in found.units
    ]
    scope = (("指标", found.name), ("标准", found.standard), ("期", found.period_name), ("满分", found.full))
    return _table(f"{found.period_name}{found.name}评定", scope, _JUDGING_COLUMNS, rows)


def _honours(connection: Connection, now: datetime, assessment: str) -> Extract:
    found = honours(connection, now, assessment=assessment)
    rows = [
        (honour.name, one.area, one.unit, one.unit_name, one.score, one.why, "是" if one.used else "")
        for honour in found.honours
        for one in honour.units
    ]
    standards = "；".join(f"{one.name}：{one.standard}" for one in found.honours)
    scope = (("考核", found.name), ("标准", standards), ("算到", found.until))
    return _table(f"{found.year} 年评先评优", scope, _HONOUR_COLUMNS, rows)


def _table(
    title: str, scope: Iterable[tuple[str, str]], columns: tuple[Column, ...], rows: Sequence[tuple[str, ...]]
) -> Extract:
    return Extract(
        what="scores",
        title=title,
        scope=tuple((name, words) for name, words in scope if words),
        columns=columns,
        total=len(rows),
        rows=(ExtractRow(tuple(clean(value) for value in row)) for row in rows),
    )
