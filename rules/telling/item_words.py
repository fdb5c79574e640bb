"""How an item stands, in words: its status, the step that somebody has the move in, by when, how often. Screens,
messages, documents and the console have them from here; standing.py tells more of a whole state."""

from datetime import date

from rules.dates.explain import provisionally
from rules.machine.commands import IN_STEP, Status
from rules.names import PARTY_NAMES, names_of
from rules.process import Party, Words

PLAIN_WORDS = Words()
_NOBODY = "无人，等到期自动进行"
"""Whose turn it is while an item waits for a day."""


def status_name(status: str, words: Words = PLAIN_WORDS) -> str:
    """What the status is called, by its process's words."""
    return names_of(words).status[status]


def current_step(status: str, step_name: str) -> str:
    """The step that somebody has the move in; empty where nobody has: before it is signed for, and once it is over."""
    return step_name if status in IN_STEP else ""


def mover(status: str, party: Party) -> str:
    """Who has the move: a party, or nobody while a day is waited for."""
    return _NOBODY if status == Status.WAITING else PARTY_NAMES[party]


def where(status: str, step_name: str, words: Words = PLAIN_WORDS) -> str:
    """The status, and the step: 办理中 整改落实."""
    step = current_step(status, step_name)
    name = status_name(status, words)
    return f"{name} {step}" if step else name


def stands(
    status: str,
    step_name: str,
    due: date | str | None,
    *,
    provisional: bool = False,
    paused: bool = False,
    owed: str = "",
    words: Words = PLAIN_WORDS,
) -> str:
    """Where the item is and by when: 办理中 整改落实，2026-04-09 到期; what is `owed` then, where that is a node."""
    by_when = f"，{provisionally(str(due), provisional)} {owed and owed + ' '}到期" if due else ""
    return where(status, step_name, words) + by_when + ("，已暂停计时" if paused else "")


def cycle(number: int, *, first: bool = False) -> str:
    """第 2 轮; of the `first` one nothing is said unless that is asked for."""
    return f"第 {number} 轮" if first or number > 1 else ""


def family_words(count: int, ended: int) -> str:
    """How many of an item's follow-ups, of whichever process, have been brought to an end: 7 项中 5 项办结."""
    return f"{count} 项中 {ended} 项办结"
