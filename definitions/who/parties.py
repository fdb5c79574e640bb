"""Reading the parties of a process file: posts at places, of which any, all or so many have to answer."""

from dataclasses import dataclass, field

from definitions.fields import FileMapping
from rules.permitting import ACTING, usual_post
from rules.process import Holder, Party, PostAt, PostPlace, Posts, Role

_SUPERIOR = PostAt(role=Role.SUPERVISOR, place=PostPlace.PARENT)
_POSTS = {str(post): post for post in (*(usual_post(role) for role in Role if role in ACTING), _SUPERIOR)}
"""Every post that can have a move, as it is written."""
_OF_UNITS = (PostPlace.UNIT, PostPlace.PARENT)
PREDECLARED = {Party.UNIT.value: Party.UNIT, Party.REVIEWER.value: Party.REVIEWER}
"""The parties that every process has: whoever acts for what has the item, and whoever reviews it."""
_EXPECTED = "any: [职务, …]、all: [职务, …]，或 least: 几方 和 of: [职务, …] 之一，职务形如 supervisor@site"


@dataclass(slots=True, kw_only=True)
class Parties:
    """The parties that a file declares, and those of them that some step names."""

    named: dict[str, Posts]
    used: set[str] = field(default_factory=set)

    @property
    def names(self) -> tuple[str, ...]:
        """All that a step may name."""
        return (*PREDECLARED, *self.named)

    def of_step(self, table: FileMapping) -> tuple[Party, Posts | None]:
        """Which side has the step, and who it is where that is not the side's own: of a declared party the step's ways
        say whether it does the work or judges it."""
        name = table.reference("party", self.names)
        self.used.add(name)
        posts = self.named.get(name)
        side = PREDECLARED.get(name) or (Party.UNIT if table.has("submit_to") else Party.REVIEWER)
        if posts and posts.least > 1 and side is Party.UNIT:
            what = f"“{name}”要 {posts.least} 方，而上报只由一方办"
            table.mistake("party", what, "写 any 的一方；要几方同意的是审核环节（approve_to 或 closes）")
        return side, posts

    def report_unused(self, top: FileMapping) -> None:
        """Note those that no step names."""
        for name in self.named:
            if name not in self.used:
                top.source.add(("parties", name), f"“{name}”没有用到", f"某个环节写 party: {name}，否则删去")


def read_parties(top: FileMapping, holder: Holder) -> Parties:
    """The parties that the file declares."""
    if not top.has("parties"):
        return Parties(named={})
    known = [text for text, post in _POSTS.items() if holder is Holder.UNIT or post.place not in _OF_UNITS]
    tables = top.tables("parties", f"各方：每行“名字: {{…}}”，{_EXPECTED}")
    for name, _ in tables:
        if name in PREDECLARED:
            top.source.add(("parties", name), f"“{name}”是固有的一方，不能另写", "别的名字")
    return Parties(named={name: _posts(table, known) for name, table in tables})


def _posts(table: FileMapping, known: list[str]) -> Posts:
    ways = [key for key in ("any", "all", "of") if table.has(key)]
    if len(ways) != 1:
        table.source.add(table.path, f"写了 {'、'.join(ways) or '空的一方'}", _EXPECTED)
    key = ways[0] if ways else "any"
    of = tuple(_POSTS[text] for text in (table.words(key, known) if ways else ()) if text in _POSTS)
    least = len(of) if key == "all" else 1
    if key == "of":
        least = table.integer("least", 2, len(_POSTS))
        if least > len(of) and table.source.sound((*table.path, "of")):
            table.mistake("least", f"要 {least} 方，而只列了 {len(of)} 个职务", f"不多于 {len(of)}，或再列几个职务")
    elif table.has("least"):
        table.mistake("least", f"{key} 已说明要几方", "去掉 least，或改写 of")
    table.done()
    return Posts(of=of, least=max(least, 1))
