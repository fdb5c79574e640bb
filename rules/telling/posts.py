"""People in words, each with the post they act or hear in. Their names come from the directory; none is known here."""

from collections.abc import Iterable

from rules.names import ROLE_NAMES
from rules.process import Role


def in_post(name: str, post: str, unit: str = "") -> str:
    """张三（联络员，县教育局）: the name, with the post and the unit where there are any. The system has no post."""
    said = "，".join(filter(None, (post, unit)))
    return f"{name}（{said}）" if said and post != ROLE_NAMES[Role.SYSTEM] else name


def on_behalf(said: str, away: Iterable[str]) -> str:
    """李四（代张三）: whoever stands in, or what they hear, with the names of those who are away."""
    names = "、".join(filter(None, away))
    return f"{said}（代{names}）" if names else said
