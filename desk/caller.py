"""Who asks: one value, made once at each entrance and passed down. Below them nobody looks where it came from."""

import os
import pwd
from dataclasses import dataclass, replace
from functools import cache

from rules.machine.commands import SYSTEM, Actor, Via

WHO = "人员编号，或不重名的姓名"
"""How a person is named wherever somebody says who they are: in a body, a query, a form, at the console."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks. `person`: an id, or a name that one person bears; empty where nobody has said who they are. `behalf`:
    for whom they stand in, where they say so. Which posts they hold, the ledger knows when it is judged. `via` and
    `through`: as in an entry. `units`: of which alone they ask, by a token that is for no others; none: of all that the
    person sees."""

    person: str
    via: Via
    behalf: str = ""
    through: str = ""
    units: tuple[str, ...] = ()

    @property
    def people(self) -> tuple[str, ...]:
        """Whoever asks, and for whom."""
        return tuple(one for one in (self.person, self.behalf) if one)

    def acting(self, post: Actor) -> Actor:
        """The caller in that post, as who they act: through what they came."""
        return replace(post, via=self.via, through=self.through)

    def standing_in_for(self, behalf: str) -> "Caller":
        """The caller, who says for whom they stand in; by themselves, where that is empty."""
        return replace(self, behalf=behalf)

    @property
    def unnamed(self) -> Actor:
        """As who they do what nobody puts their name to."""
        return self.acting(SYSTEM)


def on_site(person: str, behalf: str = "") -> Caller:
    """Somebody who asks through the site, page or JSON."""
    return Caller(person=person, via=Via.SITE, behalf=behalf)


def by_token(person: str, token: str, units: tuple[str, ...] = ()) -> Caller:
    """Somebody whose token of that id asks, of these units alone where it names any."""
    return Caller(person=person, via=Via.TOKEN, through=token, units=units)


def at_console(person: str = "") -> Caller:
    """Somebody in whose name a command is given at the console, by whichever user of the operating system that is."""
    return Caller(person=person, via=Via.CONSOLE, through=os_user())


BY_ITSELF = Caller(person="", via=Via.SYSTEM)
"""What the system does, because its time has come."""


@cache
def os_user() -> str:
    """The user as who this process runs, as the kernel has it and no variable says: name (number). A user without a
    name is the number alone."""
    number = os.getuid()
    try:
        return f"{pwd.getpwuid(number).pw_name} ({number})"
    except KeyError:
        return f"({number})"
