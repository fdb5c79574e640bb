"""A changed assessment played over the scores that there are: whose score and tier would differ, and by what."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import typer
from sqlalchemy import Connection

from definitions.assessments.assessment_file import load_assessment
from definitions.catalogue import load_catalogue
from ledger.chain.figures.in_force import figures_in_force
from ledger.rounds.campaigns import in_force
from ledger.scores.playing import PlayedUnit, assessment_before, play, units_scored
from rules.assessment.assessment import Assessment
from rules.assessment.sheets import points_text
from rules.assessment.story import tier_name
from rules.assessment.telling import difference_text
from runtime.cli.output import print_json, print_table, progress

_COLUMNS = ("单位", "期", "现在的得分", "改后的得分", "现在的状况", "改后的状况", "差在哪里")
_NAMED = 3


def play_assessment(connection: Connection, path: Path, now: datetime, *, rows: int, as_json: bool) -> None:
    """On the screen or as JSON. Raises definition_invalid, score_refused."""
    asked = [one.campaign for one in in_force(connection).values()]
    changed = load_assessment(path, load_catalogue(), asked, figures_in_force(connection))
    before = assessment_before(connection, changed)
    with progress("重算", units_scored(connection, before.id)) as bar:
        played = list(play(connection, before, changed, now, lambda units: bar.advance(bar.task_ids[0], units)))
    if as_json:
        print_json({"before": before.ref, "after": changed.ref, "units": [_plain(one) for one in played]})
    else:
        _show(before, changed, played, rows)


def _show(before: Assessment, changed: Assessment, played: list[PlayedUnit], rows: int) -> None:
    other = sorted((one for one in played if one.differs), key=_by_how_much)
    moved = [one for one in other if one.moves]
    typer.echo(
        f"{before.name} {before.year} 年 {len(played)} 个单位，照 {changed.ref} 重算（现行 {before.ref}）："
        f"得分会变的 {len(other)} 个，状况会变的 {len(moved)} 个。"
    )
    if other and rows:
        title = f"会变的单位（前 {min(rows, len(other))} 个，状况会变的在前）"
        print_table(title, _COLUMNS, [row for one in other[:rows] for row in _rows(one)])
    typer.echo("只读不写；人评定的、记过的加减分照原样算在同一项指标里，状况照机器的建议推算。")


def _by_how_much(one: PlayedUnit) -> tuple[bool, int]:
    return (not one.moves, -max((abs((p.after or 0) - (p.before or 0)) for p in one.periods), default=0))


def _rows(one: PlayedUnit) -> Iterator[tuple[str, ...]]:
    for period in one.periods:
        if period.differs:
            yield (
                one.name,
                period.period.name,
                _points(period.before),
                _points(period.after),
                tier_name(period.tier_before),
                tier_name(period.tier_after),
                "；".join(
                    f"{of.name} {_points(of.before)} → {_points(of.after)}（{difference_text(of.difference)}）"
                    for of in one.indicators[:_NAMED]
                    if of.difference
                ),
            )


def _points(points: int | None) -> str:
    return "没有" if points is None else points_text(points)


def _plain(one: PlayedUnit) -> dict[str, Any]:
    return {
        "unit": one.unit,
        "name": one.name,
        "differs": one.differs,
        "moves": one.moves,
        "periods": [
            {
                "period": period.period.id,
                "before": period.before,
                "after": period.after,
                "tier_before": period.tier_before,
                "tier_after": period.tier_after,
            }
            for period in one.periods
        ],
        "indicators": [
            {"name": of.name, "before": of.before, "after": of.after} for of in one.indicators if of.difference
        ],
    }
