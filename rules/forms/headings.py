"""How registers head the columns that say what an item is about. Values only; they are read in documents/sheets."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldHeadings:
    """How a register heads the column that says the field: with one of these words; with one of `otherwise` where no
    other column says it. Of headings that nobody has listed: what `first` is found in, before anything else is looked
    for, and what `like` is found in at the end; it says the field for sure where `sure` is found in it too."""

    field: str
    words: tuple[str, ...] = ()
    otherwise: tuple[str, ...] = ()
    first: str = ""
    like: str = ""
    sure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MatterHeadings:
    """The headings of a matter's fields, in their order; none where no register is read for the process."""

    fields: tuple[FieldHeadings, ...] = ()
