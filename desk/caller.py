"""Who asks: one value, made once at each entrance and passed down. Below them nobody looks where it came from."""

from dataclasses import dataclass
from enum import StrEnum

WHO = "人员编号，或不重名的姓名"
"""How a person is named wherever somebody says who they are: in a body, a query, a form, at the console."""


class Via(StrEnum):
    """What somebody asks through."""

    SITE = "site"
    CONSOLE = "console"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks. `person`: an id, or a name that one person bears; empty where nobody has said who they are. `behalf`:
    for whom they stand in, where they say so. Which posts they hold, the ledger knows when it is judged."""

    person: str
    via: Via
    behalf: str = ""

    @property
    def people(self) -> tuple[str, ...]:
        """Whoever asks, and for whom."""
        return tuple(one for one in (self.person, self.behalf) if one)


def on_site(person: str, behalf: str = "") -> Caller:
    """Somebody who asks through the site, page or JSON."""
    return Caller(person=person, via=Via.SITE, behalf=behalf)


def at_console(person: str) -> Caller:
    """Somebody in whose name a command is given at the console, or in the demo's story."""
    return Caller(person=person, via=Via.CONSOLE)
