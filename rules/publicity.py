"""What a step has to publish: before whom, what, and how long at least."""

from dataclasses import dataclass
from enum import StrEnum


class PublicityScope(StrEnum):
    """Before whom something is published: those of the unit, or everybody."""

    INSIDE = "inside"
    PUBLIC = "public"


@dataclass(frozen=True, slots=True, kw_only=True)
class Publicity:
    """What of a step has to be published, before whom, and for how many working days at least."""

    scope: PublicityScope
    days: int
    what: str
