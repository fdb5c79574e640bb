"""What units found should not be asked of them, and what was answered to it."""

from dataclasses import dataclass, replace

from sqlalchemy import Connection

from ledger.chain import journal, lookup
from rules.burden.facts import ContestAnswered, QuestionContested
from rules.errors import Code, RuleViolation


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """One question contested by one unit. `id`: the number of its entry. `answered_at`: empty while it waits."""

    id: int
    at: str
    person: str
    item: str
    unit: str
    process: str
    place: str
    label: str
    reason: str
    answered_at: str = ""
    answered_by: str = ""
    dropped: bool = False
    answer: str = ""

    @property
    def waits(self) -> bool:
        """Whether nobody has answered it."""
        return not self.answered_at


def contests(connection: Connection) -> list[Contest]:
    """All of them that are about items that are seen here, in the order in which they were made."""
    found: dict[int, Contest] = {}
    for row, fact in journal.facts(connection, QuestionContested, ContestAnswered):
        if isinstance(fact, QuestionContested):
            found[row["position"]] = Contest(
                id=row["position"],
                at=row["at"],
                person=row["actor"],
                item=fact.item,
                unit=fact.unit,
                process=fact.process,
                place=fact.place,
                label=fact.label,
                reason=fact.reason,
            )
        elif isinstance(fact, ContestAnswered) and fact.contest in found:
            found[fact.contest] = replace(
                found[fact.contest],
                answered_at=row["at"],
                answered_by=row["actor"],
                dropped=fact.dropped,
                answer=fact.answer,
            )
    items = sorted({one.item for one in found.values()})
    seen = {row["no"] for row in lookup.rows_of(connection, items)}
    return [one for one in found.values() if one.item in seen]


def contest_at(connection: Connection, id_: int) -> Contest:
    """The one of that number. Raises contest_refused."""
    found = next((one for one in contests(connection) if one.id == id_), None)
    if found is None:
        raise RuleViolation(Code.CONTEST_REFUSED, why=f"没有第 {id_} 条提出的不该要")
    return found
