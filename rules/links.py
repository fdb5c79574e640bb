"""What a process says of follow-ups: whose rows become items of which process, and how the two are linked. Data."""

from dataclasses import dataclass
from enum import StrEnum

from rules.forms.answers import Pairs

CHILD_LIMIT = 60
"""So many follow-ups may one item have open, or made in its present cycle."""
CHILD_DEPTH = 3
"""A follow-up may have follow-ups of its own, which may have theirs."""


class ChildLink(StrEnum):
    """What a follow-up is to the item that it comes from."""

    PART_OF = "part_of"
    FOUND_BY = "found_by"
    GUIDES = "guides"
    REPEATS = "repeats"
    CAUSED_BY = "caused_by"


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueRule:
    """Each row of `table` in `form` becomes an item of `process`, when a step that names the rule is left forward.

    The `_in` fields name columns: what it is about, its variant (where that is not the fixed `variant`), its unit
    (none: the item's own), its date, and the rows before it. `matter`: what further fields of its matter say, the same
    for every row. `wait`: how many of the rows the item waits for; None: all; 0: none. `about`: the
    rows stand in a form of reports; each is for the unit that its report is about, and is issued with it.
    """

    id: str
    form: str
    table: str
    process: str
    title_in: str
    link: ChildLink
    variant: str = ""
    variant_in: str = ""
    unit_in: str = ""
    deadline_in: str = ""
    after_in: str = ""
    matter: Pairs = ()
    wait: int | None = None
    about: bool = False
