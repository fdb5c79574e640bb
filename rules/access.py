"""Who may read what: by role, by what is read, and by how near it is to the post. The one table that pages, queries and
exports ask; docs/access-policy.md is made from it. What may be done to an item, `permitting` says."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from rules.errors import Code, RuleViolation
from rules.machine.commands import Actor
from rules.names import ROLE_NAMES
from rules.permitting import HELD
from rules.process import Role


class Reach(StrEnum):
    """How far somebody sees in a post. `related`: what their unit leads, helps with, or is the unit above of; `own`:
    what is about or for that person."""

    BODY = "body"
    AREA = "area"
    RELATED = "related"
    OWN = "own"
    NOTHING = "nothing"


class Readable(StrEnum):
    """What somebody reads."""

    ITEM = "item"
    TIMELINE = "timeline"
    EVIDENCE = "evidence"
    REGISTER = "register"
    SEARCH = "search"
    COUNTS = "counts"
    EXPORT = "export"
    BUNDLE = "bundle"
    ROUNDS = "rounds"
    YEAR = "year"
    FIGURES = "figures"
    SCORES = "scores"
    PUBLICATIONS = "publications"
    BURDEN = "burden"
    DRAWS = "draws"
    BULK = "bulk"
    IMPORT = "import"
    ISSUE = "issue"
    INBOX = "inbox"
    SUBSTITUTES = "substitutes"
    NAMES = "names"
    ADDRESSES = "addresses"
    DEFINITIONS = "definitions"
    CLOCKS = "clocks"
    AUDIT = "audit"
    ACCESS_LOG = "access_log"
    ACCOUNTS = "accounts"
    CONFIRMATIONS = "confirmations"
    SETTINGS = "settings"


REACH_NAMES = {
    Reach.BODY: "全部",
    Reach.AREA: "本片组",
    Reach.RELATED: "本单位",
    Reach.OWN: "本人",
    Reach.NOTHING: "—",
}
REACH_WORDS = {
    Reach.BODY: "全机关的",
    Reach.AREA: "本人负责的片组的：牵头单位现在属于这个片组，或者就由片组承办",
    Reach.RELATED: "本单位牵头的、协办的，和下级单位（一级一级往下）牵头的",
    Reach.OWN: "本人的、给本人的、本人经手的那一批",
    Reach.NOTHING: "看不到",
}
READABLE_NAMES = {
    Readable.ITEM: "事项",
    Readable.TIMELINE: "办理过程、为何是这一天、谁听到了什么",
    Readable.EVIDENCE: "佐证材料",
    Readable.REGISTER: "台账",
    Readable.SEARCH: "按字查找、提示",
    Readable.COUNTS: "各种计数",
    Readable.EXPORT: "导出",
    Readable.BUNDLE: "证明包",
    Readable.ROUNDS: "周期工作和轮次",
    Readable.YEAR: "一个单位的一年",
    Readable.FIGURES: "数据项",
    Readable.SCORES: "考核得分",
    Readable.PUBLICATIONS: "公示登记",
    Readable.BURDEN: "减负月账",
    Readable.DRAWS: "抽取",
    Readable.BULK: "成批办理",
    Readable.IMPORT: "导入台账",
    Readable.ISSUE: "直接交办",
    Readable.INBOX: "收件箱",
    Readable.SUBSTITUTES: "代理安排",
    Readable.NAMES: "单位和人员的名称",
    Readable.ADDRESSES: "邮箱",
    Readable.DEFINITIONS: "流程定义",
    Readable.CLOCKS: "时钟、体检",
    Readable.AUDIT: "检索留痕、封存点、重复问题",
    Readable.ACCESS_LOG: "查阅与导出的记录",
    Readable.ACCOUNTS: "账号、授权、令牌",
    Readable.CONFIRMATIONS: "双人复核",
    Readable.SETTINGS: "设置",
}
_BODY: dict[Role, Reach] = {Role.SUPERVISOR: Reach.BODY, Role.LEADER: Reach.BODY, Role.AUDITOR: Reach.BODY}
_ITEMS: dict[Role, Reach] = {
    **_BODY,
    Role.INSTRUCTOR: Reach.AREA,
    Role.AREA_LEADER: Reach.AREA,
    Role.LIAISON: Reach.RELATED,
    Role.UNIT_HEAD: Reach.RELATED,
}
_HANDS_OUT: dict[Role, Reach] = {Role.SUPERVISOR: Reach.BODY, Role.ADMINISTRATOR: Reach.OWN}
_EVERYBODY: dict[Role, Reach] = dict.fromkeys(HELD, Reach.OWN)
_OF_ITEMS = (
    *(Readable.ITEM, Readable.TIMELINE, Readable.EVIDENCE, Readable.REGISTER, Readable.SEARCH, Readable.COUNTS),
    *(Readable.EXPORT, Readable.BUNDLE, Readable.ROUNDS, Readable.YEAR, Readable.FIGURES, Readable.PUBLICATIONS),
    *(Readable.BURDEN, Readable.SCORES),
)
POLICY: dict[Readable, dict[Role, Reach]] = {
    **dict.fromkeys(_OF_ITEMS, _ITEMS),
    Readable.DRAWS: _BODY,
    Readable.BULK: {role: reach for role, reach in _ITEMS.items() if role is not Role.AUDITOR},
    Readable.IMPORT: _HANDS_OUT,
    Readable.ISSUE: _HANDS_OUT,
    Readable.INBOX: _EVERYBODY,
    Readable.SUBSTITUTES: _EVERYBODY | {Role.SUPERVISOR: Reach.BODY, Role.ADMINISTRATOR: Reach.BODY},
    Readable.NAMES: _ITEMS | dict.fromkeys((Role.ADMINISTRATOR, Role.SECURITY), Reach.BODY),
    Readable.ADDRESSES: _EVERYBODY | {Role.ADMINISTRATOR: Reach.BODY},
    Readable.DEFINITIONS: dict.fromkeys(HELD, Reach.BODY),  # by which rules somebody is measured, they may read
    Readable.CLOCKS: {Role.SUPERVISOR: Reach.BODY, Role.ADMINISTRATOR: Reach.BODY},
    Readable.AUDIT: _BODY,
    Readable.ACCESS_LOG: _BODY,
    Readable.ACCOUNTS: {Role.ADMINISTRATOR: Reach.BODY, Role.SECURITY: Reach.BODY},
    Readable.CONFIRMATIONS: _BODY | dict.fromkeys((Role.ADMINISTRATOR, Role.SECURITY), Reach.BODY),
    Readable.SETTINGS: {Role.ADMINISTRATOR: Reach.BODY},
}
"""The policy. Whatever role is missing from a row sees nothing of it."""


CLOSED = frozenset(
    {
        *(Readable.AUDIT, Readable.ACCESS_LOG, Readable.CLOCKS, Readable.DRAWS, Readable.IMPORT, Readable.ISSUE),
        *(Readable.ACCOUNTS, Readable.SETTINGS, Readable.CONFIRMATIONS),
    }
)
"""What is refused to whoever sees nothing of it. Of the rest there is as much as they see, be it none."""
COMPARED = frozenset({Readable.IMPORT, Readable.ISSUE})
"""Where what is to be issued is held against all that was: whoever may be there sees it there, in whatever post."""


def reach(what: Readable, role: Role) -> Reach:
    """How far somebody in that role sees of that."""
    return POLICY[what].get(role, Reach.NOTHING)


THREE_ADMINISTRATORS = (Role.ADMINISTRATOR, Role.SECURITY, Role.AUDITOR)
"""The three administrators 系统、安全保密、审计: people and settings; accounts and grants; logs. Where the site says
so, nobody holds two of these posts."""


def held_together(posts: Iterable[Actor]) -> tuple[Role, ...]:
    """Those of the posts that nobody may hold together where the three are apart; none, where it is one of them at
    most."""
    held = {post.role for post in posts}
    both = tuple(role for role in THREE_ADMINISTRATORS if role in held)
    return both if len(both) > 1 else ()


def opens(what: Readable, roles: Iterable[Role]) -> bool:
    """Whether that part is open to somebody in these roles."""
    return what not in CLOSED or any(reach(what, role) is not Reach.NOTHING for role in roles)


def check_open(what: Readable, posts: Collection[Actor]) -> None:
    """That part is open to somebody in these posts. Raises wrong_role."""
    if not opens(what, [post.role for post in posts]):
        held = "、".join(dict.fromkeys(ROLE_NAMES[post.role] for post in posts)) or "没有职务的人"
        allowed = "、".join(ROLE_NAMES[role] for role in HELD if reach(what, role) is not Reach.NOTHING)
        raise RuleViolation(Code.WRONG_ROLE, role=held, command=f"查看“{READABLE_NAMES[what]}”", allowed=allowed)


@dataclass(frozen=True, slots=True)
class SeenScope:
    """Of which items somebody reads: of the whole body; or those that one of `units` leads or helps with, that one of
    the units `below` leads, and those of `areas`; of these the areas that somebody `instructs`. Ids, sorted."""

    body: bool = False
    units: tuple[str, ...] = ()
    below: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    instructs: tuple[str, ...] = ()

    def holds(self, unit: str, area: str | None, co_units: Iterable[str] = ()) -> bool:
        """Whether an item that the unit of that area leads and these help with is among them."""
        if self.body or unit in self.units or unit in self.below or area in self.areas:
            return True
        return not set(self.units).isdisjoint(co_units)

    def near(self, unit: str, area: str | None) -> bool:
        """Whether it is one's own unit, or one of an area that one instructs: of these one sees what is not settled."""
        return unit in self.units or area in self.instructs


SEES_EVERYTHING = SeenScope(body=True)
SEES_NOTHING = SeenScope()


def scope_of_posts(posts: Iterable[Actor], below: Iterable[str] = ()) -> SeenScope:
    """What may be read of items in these posts together. `below`: the units of which those where these posts are held
    are the units above."""
    units, areas, instructs = set[str](), set[str](), set[str]()
    for post in posts:
        match reach(Readable.ITEM, post.role):
            case Reach.BODY:
                return SEES_EVERYTHING
            case Reach.AREA if post.area:
                areas.add(post.area)
                if post.role is Role.INSTRUCTOR:
                    instructs.add(post.area)
            case Reach.RELATED if post.unit:
                units.add(post.unit)
    under = set(below) - units if units else set[str]()
    return SeenScope(
        units=tuple(sorted(units)),
        below=tuple(sorted(under)),
        areas=tuple(sorted(areas)),
        instructs=tuple(sorted(instructs)),
    )
