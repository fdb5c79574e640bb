"""What can have happened to figures beside being answered: a register put in force, values imported by a document."""

from dataclasses import dataclass
from typing import TypeAlias

from rules.figures.figure import FigureRegister


@dataclass(frozen=True, slots=True, kw_only=True)
class FiguresLoaded:
    """These are the figures from then on."""

    register: FigureRegister


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedValue:
    """A figure of a unit for a period, as canonical text."""

    figure: str
    unit: str
    period: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FiguresImported:
    """These values are known by that document; `file` is the SHA-256 of the file that they stood in."""

    document: str
    file: str
    values: tuple[ImportedValue, ...]


FigureFact: TypeAlias = FiguresLoaded | FiguresImported
