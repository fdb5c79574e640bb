"""In which post a caller does what is no command to one item: issuing, exporting, proving, changing the key."""

from sqlalchemy import Connection

from desk.caller import Caller
from ledger.directory import people
from rules.machine.commands import Actor, CommandKind
from rules.permitting import OfficeAct


def acting(connection: Connection, caller: Caller, act: OfficeAct) -> Actor:
    """The caller in the post in which they do that. Raises unknown_person, wrong_role."""
    return caller.acting(people.post_for(people.somebody(connection, caller.person), act))


def acting_in_command(connection: Connection, caller: Caller, kind: CommandKind) -> Actor:
    """The caller, acting as somebody who may give such a command to any item. Raises unknown_person; wrong_role comes
    from the rules."""
    return caller.acting(people.actor_for(connection, caller.person, kind))


def issuer(connection: Connection, caller: Caller) -> Actor:
    """The caller, acting as somebody who may issue. Raises unknown_person; wrong_role comes from the rules."""
    return caller.acting(people.actor_for(connection, caller.person, OfficeAct.ISSUE))
