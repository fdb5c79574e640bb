"""What a step asks for: forms of typed fields, a closed list of kinds. Data only; how answers are read: `answers`.

There is no kind for a place, a photograph, a length of use or a fingerprint: what must not be asked cannot be written.
"""

from dataclasses import dataclass
from enum import StrEnum

ROW_LIMIT = 60
COLUMN_LIMIT = 8
TEXT_LENGTH = 1000
"""The most characters of a text where its field says nothing else."""
NAME_LENGTH = 50
"""The same of a name."""
PLACES_LIMIT = 4
DIGIT_LIMIT = 12
"""The most digits before the point."""


class AnswerKind(StrEnum):
    """What a field of a form asks for."""

    TEXT = "text"
    COUNT = "count"
    """A whole number, not below 0."""
    NUMBER = "number"
    MONEY = "money"
    """Yuan and fen."""
    PERCENT = "percent"
    DATE = "date"
    MONTH = "month"
    YES_NO = "yes_no"
    CHOICE = "choice"
    CHOICES = "choices"
    UNIT = "unit"
    """A unit's id."""
    NAME = "name"
    """A person's name: erasable (docs/adr/0009), so nothing is reckoned with it."""
    NUMBERS = "numbers"
    """Numbers of rows of another table."""
    ROWS = "rows"
    EVIDENCE = "evidence"
    """Ids (SHA-256, hexadecimal) of stored files."""


NUMERIC = frozenset({AnswerKind.COUNT, AnswerKind.NUMBER, AnswerKind.MONEY, AnswerKind.PERCENT})
CHOSEN = frozenset({AnswerKind.CHOICE, AnswerKind.CHOICES})
DATED = frozenset({AnswerKind.DATE, AnswerKind.MONTH})


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One of the answers that a choice offers."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One typed question. `least` and `most`: of a number its bounds; of a table how many rows it has. `places`: digits
    after the point. `limit`: the most characters of a text or a name, where it is said. `need`: it must be
    answered."""

    id: str
    name: str
    kind: AnswerKind
    need: bool = False
    places: int = 0
    least: int | None = None
    most: int | None = None
    limit: int = 0
    options: tuple[Option, ...] = ()

    @property
    def longest(self) -> int:
        """The most characters of a text or a name."""
        return self.limit or (NAME_LENGTH if self.kind is AnswerKind.NAME else TEXT_LENGTH)

    @property
    def decimals(self) -> int:
        """Digits after the point: money has two."""
        return 2 if self.kind is AnswerKind.MONEY else self.places


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField(Question):
    """A field of a form. `columns`: of a table. `derive`: nobody fills it in, this expression does. `because`: why
    evidence has to be given, printed beside the question. `prefill`: the answer (`form.field`) that it begins with,
    shown as an old one; with `confirm` it is only shown, and has to be given anew. `figure`: which one is asked, for
    which `period`, of a form that a round makes."""

    columns: tuple[Question, ...] = ()
    derive: str = ""
    because: str = ""
    prefill: str = ""
    confirm: bool = False
    figure: str = ""
    period: str = ""

    @property
    def needed(self) -> bool:
        """Whether something has to be answered: in a table at least one row."""
        return self.need or bool(self.columns and self.least)

    @property
    def listed(self) -> bool:
        """Whether it is a list of texts: a table of one column, which can be written one row a line."""
        return len(self.columns) == 1 and self.columns[0].kind is AnswerKind.TEXT


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The fields of one form, in the order in which they are asked."""

    id: str
    fields: tuple[FormField, ...]

    def field(self, field_id: str) -> FormField | None:
        """The field of that id."""
        return next((one for one in self.fields if one.id == field_id), None)

    def question(self, at: str) -> Question | None:
        """What an answer at that place (a field, or `table.row.column`) answers; None where nothing is asked."""
        name, _, rest = at.partition(".")
        field = self.field(name)
        if not rest or field is None:
            return field
        column = rest.partition(".")[2]
        return next((one for one in field.columns if one.id == column), None)


ASKS = "asks"
"""The form that each round makes of the figures that it asks for; in a process file it is empty."""
MATTER, TITLE = "matter", "title"
"""The form that says what an item is about, and its field that says it in one text."""
TITLE_LENGTH = 2000
PLAIN_MATTER = Form(
    id=MATTER, fields=(FormField(id=TITLE, name="事项", kind=AnswerKind.TEXT, need=True, limit=TITLE_LENGTH),)
)
"""Of a process that says nothing of what its items are about."""
