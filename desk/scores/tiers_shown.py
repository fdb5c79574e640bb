"""In which tiers the units stand, and what waits for the leader to confirm it."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from desk.scores.by_decision import held_by_decision
from desk.showing.values import Shown
from ledger.chain import pinned
from ledger.directory import people
from ledger.scores.in_force import assessment_named
from ledger.scores.rows import TIER
from rules.assessment.assessment import Guidance, Tiers
from rules.assessment.sheets import points_text
from rules.assessment.story import tier_name
from rules.assessment.telling import period_name
from rules.dates.explain import long_day
from rules.errors import RuleViolation
from rules.names import ROLE_NAMES

_NOTHING: dict[str, Any] = {"tier": "", "proposed": "", "period": "", "score": 0, "below": 0}
"""Of a unit that this assessment has not looked at."""


class ShownUnitTier(Shown):
    """A unit's tier; `proposed` (id and name), for which period and with which score; `way`: up or down, an arrow;
    `brings`: what is issued to it when that is agreed to; `held`: somebody's decision put it there, which holds `until`
    that day."""

    unit: str
    unit_name: str
    area: str
    tier: str
    tier_name: str
    proposed: str = ""
    proposed_name: str = ""
    period_name: str = ""
    score: str = ""
    below: int = 0
    way: str = ""
    brings: str = ""
    held: bool = False
    until: str = ""


class ShownTiers(Shown):
    """How many units are in each tier, what is proposed, and every unit. `bands` in words; `into`: the tiers that
    scores give, id and name; `by_decision`: the tier that somebody gives, with its name; `confirm_role`: by whom."""

    assessment: str
    name: str
    confirm: str
    confirm_role: str
    bands: tuple[str, ...]
    into: tuple[tuple[str, str], ...]
    counts: tuple[tuple[str, int], ...]
    proposed: tuple[ShownUnitTier, ...]
    units: tuple[ShownUnitTier, ...]
    by_decision: str = ""
    by_decision_name: str = ""


def tiers_now(connection: Connection, now: datetime, *, assessment: str = "") -> ShownTiers | None:
    """As they stand; None where the assessment has no tiers. Raises unknown_assessment."""
    known = assessment_named(connection, assessment, now)
    tiers = known.tiers
    if tiers is None:
        return None
    order = [*(band.id for band in tiers.bands), *([tiers.by_decision] if tiers.by_decision else [])]
    rows = {
        row["unit"]: row for row in connection.execute(select(TIER).where(TIER.c.assessment == known.id)).mappings()
    }
    areas = {row["id"]: row["name"] for row in people.all_areas(connection)}
    brings = _Brings(connection, tiers)
    held = held_by_decision(connection, tiers.by_decision) if tiers.by_decision else {}
    units = []
    for one in people.all_units(connection):
        row = rows.get(one["id"]) or (_NOTHING if one["id"] in held else None)
        if row is None:
            continue
        tier, to = row["tier"], row["proposed"]
        if one["id"] in held:
            tier, to = tiers.by_decision, ""
        said = held.get(one["id"])
        units.append(
            ShownUnitTier(
                unit=one["id"],
                unit_name=one["name"],
                area=areas.get(one["area"] or "", ""),
                tier=tier,
                tier_name=tier_name(tier),
                proposed=to,
                proposed_name=tier_name(to) if to else "",
                period_name=period_name(row["period"]) if row["period"] else "",
                score=points_text(row["score"]) if to else "",
                below=row["below"],
                held=one["id"] in held,
                until=long_day(said.until) if said and said.until else "",
                way=_way(order, tier, to),
                brings=brings(to, one["kind"]) if to else "",
            )
        )
    counts = [(tier_name(id_), sum(1 for one in units if one.tier == id_)) for id_ in order]
    none = sum(1 for one in units if not one.tier)
    return ShownTiers(
        assessment=known.id,
        name=known.name,
        confirm=ROLE_NAMES[tiers.confirm],
        confirm_role=tiers.confirm,
        into=tuple((band.id, band.name) for band in tiers.bands),
        bands=tuple(
            f"{band.name}：{points_text(band.enter)} 分进入，低于 {points_text(band.leave)} 分退出"
            if band.enter
            else f"{band.name}：其余"
            for band in tiers.bands
        ),
        counts=tuple([*counts, *([("未评", none)] if none else [])]),
        proposed=tuple(one for one in units if one.proposed),
        units=tuple(units),
        by_decision=tiers.by_decision,
        by_decision_name=tier_name(tiers.by_decision) if tiers.by_decision else "",
    )


class _Brings:
    """What each tier brings, in words; asked once for each kind of unit."""

    def __init__(self, connection: Connection, tiers: Tiers) -> None:
        self._connection, self._by_tier = connection, {one.tier: one for one in tiers.guidance}
        self._known: dict[tuple[str, str], str] = {}

    def __call__(self, tier: str, kind: str) -> str:
        guidance = self._by_tier.get(tier)
        if guidance is None:
            return ""
        if (tier, kind) not in self._known:
            self._known[tier, kind] = self._named(guidance, kind)
        return self._known[tier, kind]

    def _named(self, guidance: Guidance, kind: str) -> str:
        try:
            process = pinned.current_process(self._connection, guidance.process, guidance.variant, kind)
        except RuleViolation:  # the page can be looked at; whoever agrees is told what to load
            return f"“{guidance.process}”（还没有载入，载入以前不能同意）"
        name, variant = process.name, process.variant_name
        return name if variant in ("", name) else f"{name}：{variant}"


def _way(order: list[str], tier: str, to: str) -> str:
    if tier not in order or to not in order:
        return ""
    return "↑" if order.index(to) < order.index(tier) else "↓"
