"""What is issued to a unit that comes into a tier: by the assessment's guidance, in the transaction of the decision."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from ledger.chain import batches, pinned
from ledger.chain.batches import NewItem
from ledger.chain.entries import ITEM
from ledger.chain.family.gathering import DRAFT
from ledger.directory import people
from ledger.rounds.rounds import issue_by_itself
from rules.assessment.assessment import SAID_BY, Assessment, Guidance
from rules.assessment.deciding import refused
from rules.assessment.facts import TierDecided
from rules.assessment.story import tier_name
from rules.assessment.telling import period_name
from rules.dates.calendar import local_date
from rules.forms.form import AnswerKind
from rules.machine.commands import SYSTEM, UnitRef
from rules.machine.issuing import Order
from rules.process import Process, Role

_PREFIX = "tier/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """Somebody has decided on a unit's tier by the entry `seq` of its stream; `changed`: it was in another before."""

    unit: UnitRef
    fact: TierDecided
    seq: int
    changed: bool


def guide(connection: Connection, assessment: Assessment, arrived: Sequence[Arrived], now: datetime) -> str:
    """The items that the units' new tiers bring are issued, each named after its decision, so once; the batch in which
    they stand, empty where there are none. Who stays in a tier, as when it is decided on again, has what it brings
    already. Their workflows are begun by whoever asked. Raises score_refused where one cannot be issued: then nothing
    is decided either."""
    tiers = assessment.tiers
    by_tier = {one.tier: one for one in tiers.guidance} if tiers else {}
    new = [
        _item(connection, assessment, by_tier[one.fact.tier], one, now)
        for one in arrived
        if one.changed and one.fact.agreed and one.fact.tier in by_tier
    ]
    if not new:
        return ""
    batch = new[0].import_key
    said = {"filename": assessment.name, "title": f"{assessment.name}：分类指导", "reading": {}}
    batches.save(connection, batch, new, **said, actor=SYSTEM, now=now)  # type: ignore[arg-type]
    issue_by_itself(connection, batch, now)
    while batches.issue_chunk(connection, batch, 500, now):
        pass
    wrong = select(DRAFT.c.refusal).where(DRAFT.c.batch == batch, DRAFT.c.result == "refused").limit(1)
    if (why := connection.execute(wrong).scalar()) is not None:
        raise refused(f"状况带来的事项交办不了，所以没有认定：{why}")
    return batch


def _item(
    connection: Connection, assessment: Assessment, guidance: Guidance, arrived: Arrived, now: datetime
) -> NewItem:
    unit, fact = arrived.unit, arrived.fact
    process = pinned.current_process(connection, guidance.process, guidance.variant, unit.kind)
    calendar = pinned.known_calendar(connection)
    supervisors = people.holders(connection, Role.SUPERVISOR)
    order = Order(
        no="",
        unit=unit,
        title=f"{unit.name}{process.name}（{tier_name(fact.tier)}）",
        matter=_matter(process, _why(assessment, fact)),
        deadline=calendar.add(local_date(now), guidance.days) if guidance.days and calendar else None,
        supervisor=supervisors[0] if supervisors else "",
    )
    key = f"{_PREFIX}{assessment.id}/{unit.id}/{arrived.seq}"
    return NewItem(process=guidance.process, variant=guidance.variant, import_key=key, order=order)


def _why(assessment: Assessment, fact: TierDecided) -> str:
    when = period_name(fact.period) if fact.period else "由人认定"
    return f"{assessment.name}：{when}，{tier_name(fact.tier)}{f'。{fact.reason}' if fact.reason else ''}"


def _matter(process: Process, why: str) -> tuple[tuple[str, str], ...]:
    texts = {one.id: one for one in process.matter.fields if one.kind is AnswerKind.TEXT}
    return tuple((id_, why[: texts[id_].limit]) for id_ in SAID_BY if id_ in texts)


def guidance_of(connection: Connection, assessment: str, unit: str) -> list[tuple[int, str, str]]:
    """What tiers have brought to the unit: of each the number of the decision's entry, the item's number and title,
    the first first."""
    begins = f"{_PREFIX}{assessment}/{unit}/"
    query = select(ITEM.c.no, ITEM.c.title, ITEM.c.import_key).where(
        ITEM.c.unit == unit, ITEM.c.import_key.startswith(begins, autoescape=True)
    )
    rows = connection.execute(query.order_by(ITEM.c.issued_at, ITEM.c.no))
    return [(int(row.import_key.removeprefix(begins)), row.no, row.title) for row in rows]
