"""Giving somebody an administrator's post: which posts of a directory do, and the act of two people that it is."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from definitions.directory import PersonDefinition
from ledger.chain import journal
from ledger.directory.joint.acts import JointWanted, carry_out
from ledger.store.canonical import canonical
from ledger.store.tables import Post, table_of
from rules.codec import Plain
from rules.errors import Code, RuleViolation
from rules.joint.acts import GRANTED, JOINT_ACT_NAMES, JointAct
from rules.joint.facts import JointDetail
from rules.machine.commands import Actor
from rules.names import ROLE_NAMES
from rules.office.facts import DirectoryLoaded
from rules.process import Role

_POST = table_of(Post)
_ROLES = frozenset(str(role) for role in GRANTED)


def agreed_grants(
    connection: Connection,
    posts: Sequence[Plain],
    named: Collection[PersonDefinition],
    by: Actor | None,
    now: datetime,
) -> int:
    """The number of the joint act by which those of the posts are given that are administrators' and nobody's yet, as
    it is carried out here; 0 where there are none, and in a ledger where nobody ever held one: somebody has to be the
    first. Raises SecondNeeded, wrong_role; field_missing where nobody (`by`) puts their name to it."""
    held = select(_POST.c.person, _POST.c.role).where(_POST.c.role.in_(_ROLES))
    before = {(row.person, row.role) for row in connection.execute(held)}
    given = sorted({(post["person"], post["role"]) for post in posts if post["role"] in _ROLES} - before)
    if not given or not (before or _ever(connection)):
        return 0
    if by is None:
        raise RuleViolation(Code.FIELD_MISSING, command=JOINT_ACT_NAMES[JointAct.GRANT], field="以谁的名义（--as）")
    who = {person for person, _ in given}
    called = {one.id: [one.name, one.email or ""] for one in named if one.id in who}
    wanted = JointWanted(
        act=JointAct.GRANT,
        details=tuple(JointDetail(name=person, value=ROLE_NAMES[Role(role)]) for person, role in given),
        gains=tuple(sorted(who)),
        apart=canonical(called).decode(),
    )
    return carry_out(connection, wanted, by, now).number


def _ever(connection: Connection) -> bool:
    """Whether somebody was given such a post at any time: who ends the last one does not begin anew."""
    return any(post.role in _ROLES for _, fact in journal.facts(connection, DirectoryLoaded) for post in fact.posts)
