"""What is wrong with a definition file: every mistake with its place and what was expected, all of a file at once."""

from collections.abc import Iterable
from dataclasses import dataclass

from rules.errors import Code, RuleViolation, words

SHOWN_AT_MOST = 200
"""How many mistakes of one file are kept: beyond that the file is of another kind, not misspelt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One thing that is wrong: file and line (from 1), the path of keys to it, what stands there, what was expected."""

    file: str
    line: int
    path: str
    what: str
    expected: str

    @property
    def where(self) -> str:
        """File, line and path as one word, in the form that editors open."""
        return f"{self.file}:{self.line}" + (f" {self.path}" if self.path else "")

    def __str__(self) -> str:
        return words(Code.DEFINITION_INVALID, {"where": self.where, "what": self.what, "expected": self.expected})


class DefinitionErrors(RuleViolation):
    """A definition file that is refused. `mistakes` holds all that was found, in the order of its lines."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(sorted(mistakes, key=lambda p: (p.file, p.line, p.path)))
        first = self.mistakes[0]
        super().__init__(Code.DEFINITION_INVALID, where=first.where, what=first.what, expected=first.expected)

    def __str__(self) -> str:
        return "\n".join(str(mistake) for mistake in self.mistakes)
