"""What a tally says: how often something is owed, about what, summing how much, by when. Data only."""

from dataclasses import dataclass
from datetime import date

AREA_UNITS = "area_units"
"""In place of a table: about each unit of the area that has the item."""
SUBJECT_LENGTH = 60
"""The most characters of what a tally is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedBy:
    """So much in all is owed by the day `by` ("03-31", of the item's year). Elastic from the day
    `first` on: then whoever has the item proposes a day in that range when it is signed, and `by` holds otherwise."""

    count: int
    by: str
    first: str = ""

    def day(self, year: int) -> date:
        """The last day, in that year."""
        return date.fromisoformat(f"{year}-{self.by}")

    def first_day(self, year: int) -> date | None:
        """The first day that may be proposed, in that year; None where the date is fixed."""
        return date.fromisoformat(f"{year}-{self.first}") if self.first else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """So often (`least`), while the item is in `step`, about each row of the table `each` (`form.table`, by the text of
    its first column) or once for all.

    Each report that counts answers `form`. With `sum` its amounts are added up instead of counted, until they come to
    `least`; reports of the tally `of` count here too. `by`: what is owed by which day, cumulative; or each row's own
    day (`column`); with neither it is owed by the end of the step. Reports count that are `apart` working days from
    each other, and where the condition `when` holds.
    """

    id: str
    name: str
    step: str
    form: str = ""
    each: str = ""
    least: int = 1
    sum: str = ""
    of: str = ""
    by: tuple[OwedBy, ...] = ()
    column: str = ""
    apart: int = 0
    when: str = ""

    @property
    def table(self) -> tuple[str, str] | None:
        """The form and the table whose rows it is about; None where it is about none."""
        form, _, table = self.each.partition(".")
        return (form, table) if table else None

    @property
    def reported(self) -> bool:
        """Whether something is reported for it, and not only for another tally whose reports count here."""
        return bool(self.form) or not self.of

    @property
    def dated(self) -> bool:
        """Whether what is owed has a date of its own."""
        return bool(self.by or self.column)

    @property
    def elastic(self) -> OwedBy | None:
        """The one date that is proposed at signing; None where none is."""
        return next((owed for owed in self.by if owed.first), None)

    @property
    def nodes(self) -> int:
        """How many of its dates follow each other."""
        return max(1, len(self.by))
