"""What people do about the burden: the leader lets a batch go beyond the budget, a unit contests a question, whoever
asks answers it."""

from datetime import datetime

from sqlalchemy import Connection, RowMapping

from desk.acting import acting
from desk.caller import Caller
from ledger.burden.account import UnitExcess, over_budget, worst
from ledger.burden.budgets import allowed
from ledger.burden.contests import Contest, contest_at, contests
from ledger.chain import batches, journal, lookup, pinned
from ledger.chain.family.in_rounds import ROUND_PREFIX
from ledger.rounds.rounds import over_if_opened, round_state
from ledger.store.database import Database
from rules.burden.facts import ContestAnswered, OverBudgetAllowed, QuestionContested
from rules.errors import Code, RuleViolation
from rules.forms.form import Question
from rules.names import OFFICE_ACT_NAMES
from rules.permitting import OfficeAct
from rules.process import Process

CONTEST_LIMIT = 500
_LABEL_LIMIT = 60


def allow(database: Database, batch: str, reason: str, caller: Caller, now: datetime) -> OverBudgetAllowed:
    """The batch may be issued although it asks more than the budget has. Twice is the same as once. Raises
    unknown_batch, wrong_role, field_missing, field_too_long, within_budget."""
    said = _reason(OfficeAct.ALLOW_OVER_BUDGET, reason)
    with database.write() as connection:
        actor = acting(connection, caller, OfficeAct.ALLOW_OVER_BUDGET)
        if before := allowed(connection, batch):
            return before
        title, beyond = _beyond(connection, batch, now)
        if not beyond:
            raise RuleViolation(Code.WITHIN_BUDGET, batch=batch)
        fact = OverBudgetAllowed(batch=batch, title=title, units=len(beyond), over=worst(beyond), reason=said)
        journal.note(connection, fact, actor, now)
    return fact


def _beyond(connection: Connection, batch: str, now: datetime) -> tuple[str, tuple[UnitExcess, ...]]:
    """What the batch is called and would ask beyond the budget. A round has none before it is open."""
    name = batch.removeprefix(ROUND_PREFIX)
    if name != batch and round_state(connection, name) is None:
        return over_if_opened(connection, name, now)
    return batches.row(connection, batch)["title"], over_budget(connection, batch, now)


def contest(database: Database, no: str, place: str, reason: str, caller: Caller, now: datetime) -> Contest:
    """The unit of the item says that the question at `place` (form.field) should not be asked of it. The same question
    is contested by a unit once until it is answered. Raises unknown_item, unknown_person, wrong_role, field_missing,
    field_too_long, contest_refused."""
    said = _reason(OfficeAct.CONTEST, reason)
    with database.read() as connection:  # as whoever asks sees it
        lookup.item_row(connection, no)
    with database.write() as connection:
        row = lookup.item_row(connection, no)
        actor = acting(connection, caller, OfficeAct.CONTEST)
        if actor.unit != row["unit"]:
            raise _refused(f"{row['no']} 不是本单位的事项")
        process = pinned.process(connection, row["process_ref"])
        asked = _question(process, place)
        still = [one for one in contests(connection) if one.unit == row["unit"] and one.waits]
        if any((one.process, one.place) == (process.id, place) for one in still):
            raise _refused(f"本单位已经提过“{asked.name}”，还没有答复")
        fact = QuestionContested(
            item=row["no"],
            unit=row["unit"],
            process=process.id,
            place=place,
            label=asked.name[:_LABEL_LIMIT],
            reason=said,
        )
        position = journal.note(connection, fact, actor, now).position
        return contest_at(connection, position)


def answer(database: Database, contest_: int, reason: str, caller: Caller, now: datetime, *, dropped: bool) -> Contest:
    """What was said against the question is answered: it will be dropped, or why it stays. Raises contest_refused,
    wrong_role, field_missing, field_too_long."""
    said = _reason(OfficeAct.ANSWER_CONTEST, reason)
    with database.write() as connection:
        actor = acting(connection, caller, OfficeAct.ANSWER_CONTEST)
        if not contest_at(connection, contest_).waits:
            raise _refused("已经答复过了")
        journal.note(connection, ContestAnswered(contest=contest_, dropped=dropped, answer=said), actor, now)
        return contest_at(connection, contest_)


def contestable(connection: Connection, no: str) -> tuple[RowMapping, dict[str, str]]:
    """The item's row and what may be contested of it: by place (form.field) what it is called. Raises unknown_item."""
    row = lookup.item_row(connection, no)
    process = pinned.process(connection, row["process_ref"])
    return row, {place: asked.name for place, asked in _asked(process)}


def _asked(process: Process) -> list[tuple[str, Question]]:
    return [(f"{form.id}.{field.id}", field) for form in process.forms for field in form.fields if not field.derive]


def _question(process: Process, place: str) -> Question:
    found = dict(_asked(process))
    if place not in found:
        known = "、".join(f"{at}（{one.name}）" for at, one in found.items()) or "（没有）"
        raise _refused(f"没有“{place[:40]}”这一项；有的是：{known}")
    return found[place]


def _reason(act: OfficeAct, written: str) -> str:
    said = written.strip()
    if not said:
        raise RuleViolation(Code.FIELD_MISSING, command=OFFICE_ACT_NAMES[act], field="理由")
    if len(said) > CONTEST_LIMIT:
        raise RuleViolation(Code.FIELD_TOO_LONG, field="理由", actual=len(said), limit=CONTEST_LIMIT)
    return said


def _refused(why: str) -> RuleViolation:
    return RuleViolation(Code.CONTEST_REFUSED, why=why)
