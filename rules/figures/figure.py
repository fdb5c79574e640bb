"""A figure: one number (or yes or no, or a word) that is known of a unit for each period, from one source only."""

from dataclasses import dataclass
from enum import StrEnum

from rules.forms.form import NUMERIC, AnswerKind
from rules.rounds.periods import Rhythm


class FigureSource(StrEnum):
    """Whence it is known: somebody is asked, a register is imported, or the ledger tells it by itself."""

    ASKED = "asked"
    IMPORTED = "imported"
    LEDGER = "ledger"


class FigureRate(StrEnum):
    """What the ledger can tell of a unit's items of a process, for a period: the share of those closed in it that never
    were late; of the nodes that fell due in it that were met by then; of what is owed by tallies that is met; and how
    often something was published."""

    CLOSED_ON_TIME = "closed_on_time"
    NODES_ON_TIME = "nodes_on_time"
    TALLIES_MET = "tallies_met"
    PUBLISHED = "published"


KINDS = frozenset(
    {
        *NUMERIC,
        AnswerKind.YES_NO,
        AnswerKind.DATE,
        AnswerKind.MONTH,
        AnswerKind.TEXT,
    }
)
"""Of which kinds a figure can be: what is said in one short text."""
FIGURE_TEXT = 200
"""The most characters of a figure that is a text."""
PUBLICATIONS = "publications"
"""What `of` says of a figure that counts publications, whichever process they are of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure. `every`: its period. `places`, `least`, `most`: as of a question. `prefill`: beside the question
    stands what was answered for the period before, marked as old; where it has to be `confirm`ed, the question begins
    empty all the same. `owner`: the office that wants it and answers for it.

    Of one that the ledger tells: `of` which process (or publications), by which `rate`, and of publications `what` was
    published, where it is only that."""

    id: str
    name: str
    kind: AnswerKind
    every: Rhythm
    source: FigureSource
    places: int = 0
    least: int | None = None
    most: int | None = None
    limit: int = 0
    prefill: bool = False
    confirm: bool = False
    owner: str = ""
    of: str = ""
    rate: FigureRate | None = None
    what: str = ""
    note: str = ""

    @property
    def numeric(self) -> bool:
        """Whether it is a number, so that a series of it can be drawn."""
        return self.kind in NUMERIC

    @property
    def asked(self) -> bool:
        """Whether somebody is asked for it."""
        return self.source is FigureSource.ASKED


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureRegister:
    """Every figure there is, in the order of the file. `version` holds a hash of its content."""

    version: str = ""
    figures: tuple[Figure, ...] = ()

    def figure(self, figure_id: str) -> Figure | None:
        """The figure of that id."""
        return next((one for one in self.figures if one.id == figure_id), None)

    def named(self, figure_id: str) -> str:
        """What it is called; its id where it is none of these any more."""
        found = self.figure(figure_id)
        return found.name if found else figure_id
