"""Who may do what, by role: commands to an item, and what is done beside them; and how near a post is to an item.
Everybody asks here; what else it takes (to be near enough, not to judge one's own) `item` and `judging` say."""

from collections.abc import Collection
from enum import IntEnum, StrEnum

from rules.errors import Code, RuleViolation
from rules.machine.commands import Actor, CommandKind
from rules.names import COMMAND_NAMES, OFFICE_ACT_NAMES, ROLE_NAMES
from rules.process import Role


class OfficeAct(StrEnum):
    """What somebody does that is no command to an item."""

    ISSUE = "issue"
    READ = "read"
    EXPORT = "export"
    PROVE = "prove"
    SUBSTITUTE = "substitute"
    ERASE = "erase"
    APPROVE_ERASURE = "approve_erasure"
    ROTATE_KEY = "rotate_key"


HELD = tuple(role for role in Role if role is not Role.SYSTEM)
"""The roles that people hold, in the order of the vocabulary."""
ANYBODY = frozenset(HELD)
OF_UNIT = frozenset({Role.LIAISON, Role.UNIT_HEAD})
"""The roles that are held in a unit."""
OF_AREA = frozenset({Role.INSTRUCTOR, Role.AREA_LEADER})
"""The roles that are held over an area."""
OF_BODY = ANYBODY - OF_UNIT - OF_AREA
"""The roles that are held for the whole body."""
_REVIEWER = frozenset({Role.SUPERVISOR})
_LEADER = frozenset({Role.LEADER})
_ADMINISTRATOR = frozenset({Role.ADMINISTRATOR})

K = CommandKind
PERMITTED: dict[CommandKind, frozenset[Role]] = {
    K.SIGN: OF_UNIT,
    K.DECLINE: OF_UNIT,
    K.REASSIGN: _REVIEWER,
    K.REPORT: OF_UNIT,
    K.SUBMIT: OF_UNIT,
    K.APPROVE: _REVIEWER,
    K.RETURN: _REVIEWER,
    K.ASK_EXTENSION: OF_UNIT,
    K.DECIDE_EXTENSION: _REVIEWER | _LEADER,
    K.CORRECT: OF_UNIT | _REVIEWER,
    K.DECIDE_CORRECTION: _REVIEWER | _LEADER,
    K.URGE: _REVIEWER | OF_AREA | _LEADER,
    K.REMARK: _LEADER,
    K.CLOSE: _REVIEWER,
    K.WATCH: _REVIEWER,
    K.REOPEN: _REVIEWER | _LEADER,
    K.ANNUL: _REVIEWER,
    K.PAUSE: _REVIEWER,
    K.RESUME: _REVIEWER,
    K.RECALCULATE: _ADMINISTRATOR,
    K.TICK: frozenset({Role.SYSTEM}),
}
PERMITTED_ACTS: dict[OfficeAct, frozenset[Role]] = {
    OfficeAct.ISSUE: _REVIEWER | _ADMINISTRATOR,
    OfficeAct.READ: ANYBODY,
    OfficeAct.EXPORT: ANYBODY,
    OfficeAct.PROVE: ANYBODY,
    OfficeAct.SUBSTITUTE: _REVIEWER | _ADMINISTRATOR,  # for somebody else, who perhaps fell ill
    OfficeAct.ERASE: _ADMINISTRATOR,
    OfficeAct.APPROVE_ERASURE: _LEADER,
    OfficeAct.ROTATE_KEY: _ADMINISTRATOR,
}
HELPERS_MAY = frozenset({K.REPORT, OfficeAct.READ})
"""What somebody of a co-unit has to do with an item."""


def place_of(role: str, unit: str | None, area: str | None) -> tuple[str | None, str | None]:
    """The unit and the area that a post of that role is bound to, of somebody from there."""
    return (unit if role in OF_UNIT else None), (area if role in OF_AREA else None)


class Near(IntEnum):
    """How near a post is to an item, the nearest first: of its lead unit or over its area, of a co-unit that has to do
    with what is done, bound to nothing, bound elsewhere."""

    OWN = 0
    HELPS = 1
    BODY = 2
    ELSEWHERE = 3


def nearness(
    post: Actor, what: CommandKind | OfficeAct, unit: str | None, area: str | None, co_units: Collection[str] = ()
) -> Near:
    """How near the post is to an item of that lead unit, its area and its co-units, for what is to be done."""
    if post.role in OF_UNIT:
        if post.unit is not None and post.unit == unit:
            return Near.OWN
        return Near.HELPS if what in HELPERS_MAY and post.unit in co_units else Near.ELSEWHERE
    if post.role in OF_AREA:
        return Near.OWN if post.area is not None and post.area == area else Near.ELSEWHERE
    return Near.BODY


def roles_for(what: CommandKind | OfficeAct) -> frozenset[Role]:
    """The roles in which that may be done."""
    return PERMITTED_ACTS[what] if isinstance(what, OfficeAct) else PERMITTED[what]


def roles_named(what: CommandKind | OfficeAct) -> str:
    """The same in words."""
    roles = roles_for(what)
    return "有职务的人" if roles == ANYBODY else "、".join(ROLE_NAMES[role] for role in Role if role in roles)


def check_role(what: CommandKind | OfficeAct, role: Role) -> None:
    """A person in that role may do that at all. Raises wrong_role."""
    if role not in roles_for(what):
        raise wrong_role(what, ROLE_NAMES[role])


def wrong_role(what: CommandKind | OfficeAct, role: str, *, also: str = "") -> RuleViolation:
    """The refusal of somebody who is `role`, in words; `also`: who else may, beside the roles."""
    name = OFFICE_ACT_NAMES[what] if isinstance(what, OfficeAct) else COMMAND_NAMES[what]
    return RuleViolation(Code.WRONG_ROLE, role=role, command=name, allowed=also + roles_named(what))
