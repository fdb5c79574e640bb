"""Who may do what: by role, by the posts that a step of the process names, and by how near a post is to an item.
Everybody asks `may`; what else it takes (not to judge one's own) `judging` says."""

from collections.abc import Collection, Iterable
from enum import IntEnum, StrEnum
from functools import lru_cache

from rules.errors import Code, RuleViolation
from rules.machine.commands import IN_STEP, Actor, CommandKind, EntryRef, Status, UnitRef
from rules.machine.state import State
from rules.names import COMMAND_NAMES, HOLDER_NAMES, OFFICE_ACT_NAMES, PARTY_NAMES, ROLE_NAMES, names_of
from rules.process import HOLDERS, REVIEWERS, Party, PostAt, PostPlace, Posts, Process, Role, Step, usual_posts


class OfficeAct(StrEnum):
    """What somebody does that is no command to an item."""

    ISSUE = "issue"
    READ = "read"
    EXPORT = "export"
    PROVE = "prove"
    PROVE_SCORES = "prove_scores"
    SUBSTITUTE = "substitute"
    ERASE = "erase"
    ROTATE_KEY = "rotate_key"
    GRANT = "grant"
    CONFIRM_CALENDAR = "confirm_calendar"
    CONFIRM_MIGRATION = "confirm_migration"
    CONFIRM_ERASURE = "confirm_erasure"
    CONFIRM_KEY = "confirm_key"
    CONFIRM_GRANT = "confirm_grant"
    DRAW = "draw"
    WITNESS = "witness"
    REPLACE_DRAWN = "replace_drawn"
    ROUND = "round"
    CORRECT_ROUND = "correct_round"
    ALLOW_OVER_BUDGET = "allow_over_budget"
    CONTEST = "contest"
    ANSWER_CONTEST = "answer_contest"
    ACCOUNTS = "accounts"
    JUDGE = "judge"
    CREDIT = "credit"
    EXCUSE = "excuse"
    DECLARE = "declare"
    REVIEW_DECLARED = "review_declared"
    DECIDE_TIER = "decide_tier"
    USE_RESULT = "use_result"
    APPEAL = "appeal"
    COMPARE = "compare"


HELD = tuple(role for role in Role if role is not Role.SYSTEM)
"""The roles that people hold, in the order of the vocabulary."""
ANYBODY = frozenset(HELD)
OF_UNIT = frozenset({Role.LIAISON, Role.UNIT_HEAD})
"""The roles that are held in a unit."""
OF_AREA = frozenset({Role.INSTRUCTOR, Role.AREA_LEADER})
"""The roles that are held over an area."""
OF_BODY = ANYBODY - OF_UNIT - OF_AREA
"""The roles that are held for the whole body."""
ACTING = ANYBODY - {Role.AUDITOR, Role.ADMINISTRATOR, Role.SECURITY}
"""The roles in which somebody can have a move, if a process says so. An auditor never acts."""
AT_PARENT = (Role.UNIT_HEAD, Role.SUPERVISOR)
"""In which roles the superior's post is held: in a unit above by its head; where there is none, at the site."""
_REVIEWER = frozenset({Role.SUPERVISOR})
_LEADER = frozenset({Role.LEADER})
_ADMINISTRATOR = frozenset({Role.ADMINISTRATOR})
_KEEPERS = frozenset({Role.ADMINISTRATOR, Role.SECURITY, Role.LEADER})
"""Who gives the administrators' posts, by two: a leader besides, for where there is one administrator only."""

K = CommandKind
PERMITTED: dict[CommandKind, frozenset[Role]] = {
    K.SIGN: OF_UNIT | OF_AREA,
    K.DECLINE: OF_UNIT | OF_AREA,
    K.REASSIGN: _REVIEWER,
    K.HAND_OVER: _REVIEWER,
    K.REPORT: ACTING,
    K.SUBMIT: ACTING,
    K.APPROVE: ACTING,
    K.RETURN: ACTING,
    K.ASK_EXTENSION: ACTING,
    K.DECIDE_EXTENSION: _REVIEWER | _LEADER,
    K.CORRECT: OF_UNIT | OF_AREA | _REVIEWER,
    K.DECIDE_CORRECTION: _REVIEWER | _LEADER,
    K.URGE: _REVIEWER | OF_AREA | _LEADER,
    K.REMARK: _LEADER,
    K.PUBLISH: ACTING,
    K.OBJECT: OF_UNIT | OF_AREA | _REVIEWER,
    K.ANSWER_OBJECTION: ACTING,
    K.CLOSE: ACTING,
    K.WATCH: _REVIEWER,
    K.REOPEN: _REVIEWER | _LEADER,
    K.ANNUL: _REVIEWER,
    K.PAUSE: _REVIEWER,
    K.RESUME: _REVIEWER,
    K.RECALCULATE: _ADMINISTRATOR,
    K.MIGRATE: _ADMINISTRATOR,
    K.SET_DUE: OF_UNIT | OF_AREA,
    K.TICK: frozenset({Role.SYSTEM}),
}
"""In which roles a command can be given at all. Of these a process lets those that its posts name (`roles_for`)."""
PERMITTED_ACTS: dict[OfficeAct, frozenset[Role]] = {
    OfficeAct.ISSUE: _REVIEWER | _ADMINISTRATOR,
    OfficeAct.READ: ANYBODY,
    OfficeAct.EXPORT: ANYBODY,
    OfficeAct.PROVE: ANYBODY,
    OfficeAct.PROVE_SCORES: OF_BODY,  # what scores rest on is of other units too
    OfficeAct.SUBSTITUTE: _REVIEWER | _ADMINISTRATOR,  # for somebody else, who perhaps fell ill
    OfficeAct.ERASE: _ADMINISTRATOR,
    OfficeAct.ROTATE_KEY: _ADMINISTRATOR,
    OfficeAct.GRANT: _KEEPERS,
    OfficeAct.CONFIRM_CALENDAR: _ADMINISTRATOR | _REVIEWER | _LEADER,  # they know what the dates are for
    OfficeAct.CONFIRM_MIGRATION: _ADMINISTRATOR | _REVIEWER | _LEADER,
    OfficeAct.CONFIRM_ERASURE: _LEADER,
    OfficeAct.CONFIRM_KEY: _KEEPERS,
    OfficeAct.CONFIRM_GRANT: _KEEPERS,
    OfficeAct.DRAW: _REVIEWER,
    OfficeAct.WITNESS: ANYBODY,
    OfficeAct.REPLACE_DRAWN: _LEADER,
    OfficeAct.ROUND: _REVIEWER,
    OfficeAct.CORRECT_ROUND: _REVIEWER | _LEADER,
    OfficeAct.ALLOW_OVER_BUDGET: _LEADER,
    OfficeAct.CONTEST: OF_UNIT,
    OfficeAct.ANSWER_CONTEST: _REVIEWER | _LEADER,
    OfficeAct.ACCOUNTS: _ADMINISTRATOR,
    OfficeAct.JUDGE: _REVIEWER | _LEADER | OF_AREA,
    OfficeAct.CREDIT: _REVIEWER,
    OfficeAct.EXCUSE: _REVIEWER,
    OfficeAct.DECLARE: OF_UNIT,
    OfficeAct.REVIEW_DECLARED: _REVIEWER,
    OfficeAct.DECIDE_TIER: _REVIEWER | _LEADER,  # of them the post that the file of the assessment names
    OfficeAct.USE_RESULT: _REVIEWER | _LEADER,
    OfficeAct.APPEAL: OF_UNIT,
    OfficeAct.COMPARE: _LEADER,
}
BY_ROUNDS = frozenset({K.ANNUL, K.REASSIGN, K.SET_DUE})
"""What becomes by itself of what a round asked for: its unit is no more or was merged, the round stopped or moved."""
HELPERS_MAY = frozenset({K.REPORT, OfficeAct.READ})
"""What somebody of a co-unit has to do with an item."""
WORK = frozenset({K.SIGN, K.DECLINE, K.REPORT, K.SUBMIT, K.ASK_EXTENSION, K.PUBLISH, K.ANSWER_OBJECTION})
"""What is done about an item itself, by whichever party: the rest judges it, or says something of it."""
_OF_HOLDER = frozenset({K.SIGN, K.DECLINE, K.REPORT, K.SET_DUE})
"""What is done for whatever has the item."""
_OF_STEP = {
    K.REPORT: Party.UNIT,
    K.SUBMIT: Party.UNIT,
    K.ASK_EXTENSION: Party.UNIT,
    K.PUBLISH: Party.UNIT,
    K.ANSWER_OBJECTION: Party.UNIT,
    K.APPROVE: Party.REVIEWER,
    K.RETURN: Party.REVIEWER,
    K.CLOSE: Party.REVIEWER,
}
"""What is done by whoever has the move in a step of that side."""


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


def may(actor: Actor, process: Process, state: State, verb: CommandKind, entry: EntryRef | None = None) -> bool:
    """Whether the post is one in which that is done to the item as it stands, whoever holds it. `entry`: the one that
    is said to be wrong. Whether the item takes it now, and whether it is one's own matter, is not asked here."""
    if not _in_role(verb, actor.role, process):
        return False
    if actor.role is Role.SYSTEM and verb in BY_ROUNDS:
        return True
    near = nearness(actor, verb, state.unit.id, state.unit.area, state.co_units)
    posts = posts_for(process, state, verb)
    if posts is not None:
        return near is Near.HELPS or any(stands_at(actor, post, state.unit) for post in posts)
    if verb is K.CORRECT and entry is not None and actor.role in OF_UNIT:
        return speaks_for(actor, entry)
    return near is not Near.ELSEWHERE


def stands_at(actor: Actor, post: PostAt, unit: UnitRef) -> bool:
    """Whether the actor holds that post for an item of the unit."""
    match post.place:
        case PostPlace.UNIT:
            return actor.role is post.role and actor.unit is not None and actor.unit == unit.id
        case PostPlace.PARENT:
            return actor.role in AT_PARENT and unit.id in actor.over
        case PostPlace.AREA:
            return actor.role is post.role and actor.area is not None and actor.area == unit.area
        case PostPlace.SITE:
            return actor.role is post.role


def posts_for(process: Process, state: State, verb: CommandKind) -> tuple[PostAt, ...] | None:
    """The posts in which that is done to the item in its step; for what fits another step, those of all such. None for
    what no step decides: there the role does, near enough."""
    return _posts_for(process, state.step if state.status in IN_STEP else None, verb)


@lru_cache(maxsize=4096)
def _posts_for(process: Process, step_id: str | None, verb: CommandKind) -> tuple[PostAt, ...] | None:
    side = _OF_STEP.get(verb)
    holders = HOLDERS[process.holder].of if verb in _OF_HOLDER else ()
    if side is None:
        return holders or None
    step = None if step_id is None else process.step(step_id)
    own = process.posts_of(step).of if step and _moves(step, side) else _posts_in(process, side)
    return tuple(dict.fromkeys((*holders, *own)))


def _posts_in(process: Process, side: Party) -> tuple[PostAt, ...]:
    """All posts of that side in the process; who it usually is, where it has no move."""
    steps = [step for step in process.steps if _moves(step, side)]
    return tuple(post for step in steps for post in process.posts_of(step).of) or usual_posts(side, process.holder).of


def is_move(verb: CommandKind, step: Step) -> bool:
    """Whether that is done by whoever has the move in the step."""
    return _moves(step, _OF_STEP.get(verb))


def _moves(step: Step, side: Party | None) -> bool:
    """Whether that side has the move in the step; nobody has where it waits."""
    return step.party is side and step.waits is None


def movers(process: Process, state: State) -> Posts | None:
    """Whose move it is; None when nobody has to do anything."""
    match state.status:
        case Status.UNSIGNED:
            return HOLDERS[process.holder]
        case Status.DECLINED:
            return REVIEWERS
        case Status.WORKING | Status.REVIEWING:
            posts = process.posts_of(process.step(state.step))
            if posts.least == 1:
                return posts
            left = unanswered(posts, state)
            return Posts(of=left, least=len(left))
        case _:
            return None


def unanswered(posts: Posts, state: State) -> tuple[PostAt, ...]:
    """The posts of the party that have not agreed in this turn."""
    agreed = {one.post for one in state.endorsed}
    return tuple(post for post in posts.of if post not in agreed)


def answers_left(process: Process, state: State) -> int:
    """How many posts still have to agree before the step is left."""
    return process.posts_of(process.step(state.step)).least - len(state.endorsed)


def post_of(actor: Actor, process: Process, state: State) -> PostAt | None:
    """At which post of the party whose move it is the actor answers; None when that one has answered."""
    posts = process.posts_of(process.step(state.step))
    return next((post for post in unanswered(posts, state) if stands_at(actor, post, state.unit)), None)


def usual_post(role: Role) -> PostAt:
    """The post of that role that has to do with an item."""
    return PostAt(
        role=role, place=PostPlace.UNIT if role in OF_UNIT else PostPlace.AREA if role in OF_AREA else PostPlace.SITE
    )


def speaks_for(actor: Actor, entry: EntryRef) -> bool:
    """Whether the actor may say that the entry is wrong: a unit's people only of what was made for their unit, an
    area's of what was made over areas."""
    if actor.role in OF_AREA:
        return entry.role in OF_AREA
    return actor.role not in OF_UNIT or (entry.unit is not None and entry.unit == actor.unit)


def roles_for(what: CommandKind | OfficeAct, process: Process | None = None) -> frozenset[Role]:
    """The roles in which that may be done at all, or to an item of that process."""
    if isinstance(what, OfficeAct):
        return PERMITTED_ACTS[what]
    return PERMITTED[what] if process is None else _roles_in(what, process)


@lru_cache(maxsize=1024)
def _roles_in(verb: CommandKind, process: Process) -> frozenset[Role]:
    side = _OF_STEP.get(verb)
    if verb is K.CORRECT:  # an area's people have made entries only where they have a move
        moving = roles_of(post for party in Party for post in _posts_in(process, party))
        return PERMITTED[verb] - (OF_AREA - moving)
    if side is None and verb not in _OF_HOLDER:
        return PERMITTED[verb]
    found = roles_of(_posts_in(process, side)) if side else frozenset[Role]()
    if verb in _OF_HOLDER:
        found |= roles_of(HOLDERS[process.holder].of) | (OF_UNIT if verb in HELPERS_MAY else frozenset())
    return PERMITTED[verb] & found


def roles_of(posts: Iterable[PostAt]) -> frozenset[Role]:
    """The roles in which these posts are held."""
    return frozenset(r for post in posts for r in (AT_PARENT if post.place is PostPlace.PARENT else (post.role,)))


def roles_named(what: CommandKind | OfficeAct, process: Process | None = None) -> str:
    """The same in words."""
    roles = roles_for(what, process)
    return "有职务的人" if roles == ANYBODY else "、".join(ROLE_NAMES[role] for role in Role if role in roles)


def post_name(post: PostAt) -> str:
    """The post in words, with its place where the role alone does not say it."""
    if post.place is PostPlace.PARENT:
        return f"上级{ROLE_NAMES[Role.UNIT_HEAD]}（没有的，{ROLE_NAMES[post.role]}）"
    return ROLE_NAMES[post.role]


def posts_named(posts: Posts) -> str:
    """Who a party is, in words."""
    names = "、".join(post_name(post) for post in posts.of)
    if posts.least == 1:
        return names
    return f"{names}（都同意）" if posts.least == len(posts.of) else f"{names}（至少 {posts.least} 方同意）"


def party_name(process: Process, side: Party, step: Step | None) -> str:
    """What whoever has the move is called: by their posts where the step names them, by their side otherwise."""
    if step and step.posts:
        return posts_named(step.posts)
    return HOLDER_NAMES[process.holder] if side is Party.UNIT else PARTY_NAMES[side]


def check_role(what: CommandKind | OfficeAct, role: Role, process: Process | None = None) -> None:
    """A person in that role may do that at all, or to an item of that process. Raises wrong_role."""
    if not _in_role(what, role, process):
        raise wrong_role(what, ROLE_NAMES[role], process=process)


def _in_role(what: CommandKind | OfficeAct, role: Role, process: Process | None) -> bool:
    return role in roles_for(what, process) or (role is Role.SYSTEM and what in BY_ROUNDS)


def wrong_role(
    what: CommandKind | OfficeAct, role: str, *, also: str = "", process: Process | None = None
) -> RuleViolation:
    """The refusal of somebody who is `role`, in words; `also`: who else may, beside the roles."""
    commands = names_of(process.words).command if process else COMMAND_NAMES
    name = OFFICE_ACT_NAMES[what] if isinstance(what, OfficeAct) else commands[what]
    return RuleViolation(Code.WRONG_ROLE, role=role, command=name, allowed=also + roles_named(what, process))


def wrong_post(actor: Actor, process: Process, state: State, verb: CommandKind) -> RuleViolation:
    """The refusal of somebody who may not do that to this item, though another in that role or another step might."""
    name, no = names_of(process.words).command[verb], state.no
    posts = posts_for(process, state, verb)
    above = posts is not None and any(post.place is PostPlace.PARENT for post in posts)
    if posts is not None and actor.role not in roles_of(posts) | (OF_UNIT if verb in HELPERS_MAY else frozenset()):
        allowed = "、".join(post_name(post) for post in posts)
        return RuleViolation(Code.WRONG_ROLE, role=ROLE_NAMES[actor.role], command=name, allowed=allowed)
    if actor.role in OF_AREA:
        return RuleViolation(Code.WRONG_AREA, command=name, no=no)
    if actor.role in OF_UNIT:
        expected = f"上级单位（{state.unit.name}的上级）" if above else f"牵头单位（{state.unit.name}）"
        return RuleViolation(Code.WRONG_UNIT, command=name, no=no, expected=expected)
    allowed = "、".join(post_name(post) for post in posts or ()) or roles_named(verb, process)
    return RuleViolation(Code.WRONG_ROLE, role=ROLE_NAMES[actor.role], command=name, allowed=allowed)
