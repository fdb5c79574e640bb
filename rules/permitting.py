"""Who may do what, by role: commands to an item, and what is done beside them. Everybody asks here; what else it takes
(to be of the item's unit or area, not to judge one's own) `item` and `judging` say."""

from enum import StrEnum

from rules.errors import Code, RuleViolation
from rules.machine.commands import CommandKind
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


OF_UNIT = frozenset({Role.LIAISON, Role.UNIT_HEAD})
"""The roles that are held in a unit."""
OF_AREA = frozenset({Role.INSTRUCTOR, Role.AREA_LEADER})
"""The roles that are held over an area."""
ANYBODY = frozenset(Role) - {Role.SYSTEM}
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
