"""How the verification of a round's reports stands, as its page says it: who is waited for, who is drawn, what was
found."""

from sqlalchemy import Connection, RowMapping

from desk.showing.values import Shown
from ledger.chain.pinned import current_process
from ledger.directory import people
from ledger.directory.draws import facts_of
from ledger.rounds.rows import LOCKED, OPEN
from ledger.rounds.verifying import (
    WITNESSES,
    batch_verifying,
    draw_of_round,
    may_be_drawn,
    population_verified,
    supervisor_of,
    verified,
    witnesses_for,
)
from rules.draw.drawing import DrawState, fold_draw
from rules.errors import RuleViolation
from rules.machine.commands import Status
from rules.process import AREA_KIND
from rules.rounds.campaign import Campaign, Verify


class ShownVerification(Shown):
    """`draw`, `batch`: where more of it stands, empty while there is none. Of `drawn` units so many were `looked_at`,
    with these `outcomes` by name."""

    words: str
    draw: str = ""
    batch: str = ""
    drawn: int = 0
    looked_at: int = 0
    outcomes: tuple[tuple[str, int], ...] = ()


def verification(connection: Connection, campaign: Campaign, row: RowMapping) -> ShownVerification | None:
    """`row`: the round's. None of a campaign that verifies nothing."""
    verify = campaign.verify
    if verify is None or row["state"] not in (OPEN, LOCKED):
        return None
    drawing = fold_draw(facts_of(connection, draw_of_round(row["id"])))
    if drawing is None:
        return ShownVerification(words=_unsealed(connection, campaign, verify, row))
    if drawing.drawn is None:
        return ShownVerification(words=_waiting(connection, drawing), draw=drawing.population.draw)
    return _drawn(connection, verify, row["id"], drawing)


def _unsealed(connection: Connection, campaign: Campaign, verify: Verify, row: RowMapping) -> str:
    share = f"抽百分之 {verify.share}，每一层至少一个"
    if row["state"] == OPEN:
        return f"锁定以后从报上来的里{share}，由片组的指导员核实"
    if not may_be_drawn(connection, row["id"]):
        return "没有报上来的，没有可抽的"
    supervisor = supervisor_of(connection, row["id"])
    if len(witnesses_for(connection, supervisor)) < WITNESSES:
        return "没有两位见证人（分管领导、审计员等），没有封存"
    try:
        population_verified(connection, campaign, verify, row["id"], supervisor)
    except RuleViolation as refusal:
        return f"没有封存：{refusal}"
    return f"从报上来的里{share}；抽到哪一步，单位看不到"  # whoever is of a unit sees no draw


def _waiting(connection: Connection, drawing: DrawState) -> str:
    of = drawing.population
    sealed, opened = ({one.person for one in facts} for facts in (drawing.seals, drawing.opened))
    waited = [one for one in of.witnesses if one not in sealed] or [one for one in of.witnesses if one not in opened]
    names = people.names_of(connection, set(waited))
    what = "封数" if len(sealed) < len(of.witnesses) else "打开数"
    who = "、".join(names.get(one, one) for one in waited)
    return f"已封存报上来的 {len(of.units)} 个，等{who}{what}"


def _drawn(connection: Connection, verify: Verify, round_: str, drawing: DrawState) -> ShownVerification:
    stand = verified(connection, round_)
    known = [(name, stand.get((Status.CLOSED, id_), 0)) for id_, name in _outcomes(connection, verify).items()]
    looked_at = sum(count for (status, _), count in stand.items() if status == Status.CLOSED)
    outcomes = tuple(pair for pair in known if pair[1])
    said = "、".join(f"{name} {count} 个" for name, count in outcomes)
    drawn = len(drawing.standing)
    return ShownVerification(
        words=f"已抽 {drawn} 个，核实 {looked_at} 个{f'：{said}' if said else ''}",
        draw=drawing.population.draw,
        batch=batch_verifying(round_),
        drawn=drawn,
        looked_at=looked_at,
        outcomes=outcomes,
    )


def _outcomes(connection: Connection, verify: Verify) -> dict[str, str]:
    """The names of its outcomes; none of a process that is in force no more."""
    try:
        return current_process(connection, verify.process, verify.variant, AREA_KIND).outcome_names
    except RuleViolation:
        return {}
