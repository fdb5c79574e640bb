"""A small sound assessment's file, to break in one place; what loads it by the shipped campaigns and figures."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from definitions.assessments.assessment_file import load_assessment
from definitions.campaigns.catalogue import load_campaigns
from definitions.mistakes import DefinitionErrors
from rules.assessment.assessment import Assessment
from rules.figures.figure import FigureRegister
from rules.rounds.campaign import Campaign
from tests.support.shipped import catalogue, every_campaign, every_figure

SMALL = """assessment: county
name: 考核
version: "7"
year: 2026
total: 100
campaign: monthly
not_applicable: rescale
defaults: {by: {90: 100%, 75: 80%, 60: 60%}}
record_views: true
ranking: units
note: 说明
indicators:
  rectify: {name: 问题整改, full: 15, every: quarter, kind: ledger, figure: closed_on_time, rungs: true}
  open: {name: 党务公开, full: 10, every: quarter, kind: ledger, figure: published, least: 1, short: 2.5}
  building: {name: 按期换届, full: 5, every: year, kind: ledger, figure: elected}
  study: {name: 集中学习, full: 10, every: month, kind: counted, figure: study,
    least: {organ: 4, institution: 2, research: 2, enterprise: 2, social: 1}, short: 0.5}
  meetings: {name: 三会一课, full: 10, every: quarter, kind: counted, parts: {committee: 3, lectures: 1}}
  dues: {name: 党费收缴, full: 5, every: quarter, kind: computed, value: dues_paid / dues_owed,
    by: {100: 100%, 95: 80%}}
  roster: {name: 信息更新, full: 5, every: month, kind: on_time, campaign: monthly, figure: moved, late: 50%}
  report: {name: 按时填报, full: 5, every: month, kind: on_time, campaign: monthly, late: 50%, missing: 10%}
  integrity: {name: 党风廉政, full: 10, every: half_year, kind: judged, judge: supervisor, standard: 有检查,
    figures: [integrity], second: 1}
  six: {name: 六个一, full: 5, every: half_year, kind: ledger, figure: six_ones, kinds: [organ], sizes: [branch]}
  performance: {name: 绩效, kind: add_deduct, every: half_year, add: 6, deduct: 10, needs: [document],
    entries: {award: {name: 县级表彰, points: 2}, circular: {name: 通报批评, points: -2.5}}}
individual: {count: 4, full: 20, each: {least: 3, most: 8}, kinds: [counted, judged], by: 02-15}
honours: {party: {name: 先进党组织, least: 90.5, tier: advanced, without: [performance]}}
tiers:
  every: half_year
  bands:
    advanced: {name: 先进, enter: 90, leave: 87}
    middle: {name: 中间, enter: 75, leave: 72}
    weak: {name: 薄弱}
  by_decision: {tier: slack, months: 12}
  down_after: 2
  confirm: leader
  issues: {weak: {process: guidance, variant: help, days: 60}}
appeal: {process: score_appeal, variant: plain, within: 5, at_most: 2, upheld: upheld, points: verdict.points}
"""
ONCE = """campaign: once
name: 临时
process: inquiry
variant: once
every: once
to: {kinds: all}
opens: {by: supervisor}
due: {after_open: 5}
locks: {after_open: 10}
matter: {basis: 文件, why: 临时}
"""
QUARTERLY = """campaign: quarterly
name: 季报
process: inquiry
variant: once
every: quarter
to: {kinds: [organ]}
opens: {working_day: -5}
due: {working_day: 5, after: period}
locks: {working_day: 15, after: period}
matter: {basis: 文件, why: 每季}
"""


@cache
def figures() -> FigureRegister:
    return every_figure()


@cache
def campaigns() -> tuple[Campaign, ...]:
    return every_campaign()


def campaigns_and(folder: Path, *texts: str) -> tuple[Campaign, ...]:
    """The shipped campaigns and these."""
    files = [folder / f"c{n}.yaml" for n in range(len(texts))]
    for path, text in zip(files, texts, strict=True):
        path.write_text(text, "utf-8")
    return (*campaigns(), *load_campaigns(files, catalogue()))


def loaded(
    folder: Path, text: str, of: tuple[Campaign, ...] | None = None, register: FigureRegister | None = None
) -> Assessment:
    """The assessment of a file of that text."""
    path = folder / "assessment.yaml"
    path.write_text(text, "utf-8")
    return load_assessment(path, catalogue(), of or campaigns(), register or figures())


def refused(
    folder: Path, text: str, of: tuple[Campaign, ...] | None = None, register: FigureRegister | None = None
) -> list[tuple[int, str, str]]:
    """What is wrong with a file of that text: line, what, expected; nothing where it is taken."""
    try:
        loaded(folder, text, of, register)
    except DefinitionErrors as errors:
        return [(one.line, one.what, one.expected) for one in errors.mistakes]
    return []
