"""Which figures there are: the register in force, as the office journal says it, and each that was before."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from ledger.chain import journal
from rules.errors import Code, RuleViolation
from rules.figures.facts import FiguresLoaded
from rules.figures.figure import Figure, FigureRegister
from rules.machine.commands import SYSTEM


def figures_in_force(connection: Connection) -> FigureRegister:
    """The register that was loaded last; an empty one before there was any."""
    found = FigureRegister()
    for _, fact in journal.facts(connection, FiguresLoaded):
        found = fact.register
    return found


def figures_of_version(connection: Connection, version: str) -> FigureRegister:
    """The register of that version, in force or not; the one in force where no such was ever loaded."""
    every = [fact.register for _, fact in journal.facts(connection, FiguresLoaded)]
    return next((one for one in every if one.version == version), every[-1] if every else FigureRegister())


def figures_known(connection: Connection, version: str) -> FigureRegister | None:
    """The register of that very version; None where no such was ever loaded."""
    every = (fact.register for _, fact in journal.facts(connection, FiguresLoaded))
    return next((one for one in every if one.version == version), None)


def figure_named(connection: Connection, written: str) -> Figure:
    """The figure of that id or name. Raises unknown_figure."""
    register = figures_in_force(connection)
    plain = written.strip()
    found = register.figure(plain) or next((one for one in register.figures if one.name == plain), None)
    if found is None:
        raise unknown_figure(plain, register.figures)
    return found


def unknown_figure(written: str, known: Iterable[Figure]) -> RuleViolation:
    """There is none of that id or name."""
    listed = "、".join(f"{one.id}（{one.name}）" for one in known) or "（没有）"
    return RuleViolation(Code.UNKNOWN_FIGURE, actual=written[:40], known=listed)


def load_register(connection: Connection, register: FigureRegister, now: datetime) -> bool:
    """These are the figures from now on; rounds that are open keep what they opened with. False when they were already.
    What is known of figures that are none any more stays known."""
    if figures_in_force(connection) == register:
        return False
    journal.note(connection, FiguresLoaded(register=register), SYSTEM, now)
    return True
