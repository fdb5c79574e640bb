"""People in words, each with the post they act or hear in. Their names come from the directory; none is known here."""

from collections.abc import Iterable

from rules.machine.commands import Via
from rules.names import ROLE_NAMES, VIA_NAMES
from rules.process import Role


def in_post(name: str, post: str, unit: str = "") -> str:
    """张三（联络员，县教育局）: the name, with the post and the unit where there are any. The system has no post."""
    said = "，".join(filter(None, (post, unit)))
    return f"{name}（{said}）" if said and post != ROLE_NAMES[Role.SYSTEM] else name


def via_said(via: str, *, named: bool) -> str:
    """网站, 终端代办: what somebody acted through; `named`: in whose name stands by it."""
    return f"{VIA_NAMES[via]}代办" if via == Via.CONSOLE and named else VIA_NAMES[via]


def by_hand(via: str, through: str | None, *, named: bool) -> str:
    """终端代办 root (0): what marks an act that whoever it names did not do at the site; empty for the others."""
    if via not in (Via.CONSOLE, Via.TOKEN):
        return ""
    return f"{via_said(via, named=named)} {through or ''}".rstrip()


def on_behalf(said: str, away: Iterable[str]) -> str:
    """李四（代张三）: whoever stands in, or what they hear, with the names of those who are away."""
    names = "、".join(filter(None, away))
    return f"{said}（代{names}）" if names else said
