"""Answers for tests: what fills the form of the step in which an item is, with something said otherwise."""

from desk.answers import form_for
from ledger.chain import lookup, pinned
from rules.forms.answers import Pairs
from rules.forms.samples import samples
from rules.machine.commands import CommandKind
from tests.support.product import Started


def filled(product: Started, no: str, kind: str = "submit", **said: str) -> Pairs:
    """As somebody writes them who fills in everything, and `said` instead (`votes_1_yes` for `votes.1.yes`)."""
    with product.database.read() as connection:
        state = lookup.state_of(lookup.item_row(connection, no))
        form = form_for(pinned.process(connection, state.process), state.step, CommandKind(kind))
    told = {name.replace("_", ".") if name.count("_") == 2 else name: text for name, text in said.items()}
    return tuple((dict(next(samples(form))) | told).items())  # type: ignore[arg-type]
