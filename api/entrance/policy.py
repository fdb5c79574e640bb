"""Which part of the policy each address of the site belongs to. A route that is not here fails a test."""

from desk.showing.values import ShownPerson
from rules.access import Readable, opens
from rules.process import Role

R = Readable
_PARTS: tuple[tuple[str, Readable | None], ...] = (
    ("/accounts", R.ACCOUNTS),
    ("/account", R.INBOX),
    ("/audit/access", R.ACCESS_LOG),
    ("/audit/items/", R.TIMELINE),
    ("/audit/reads", R.ACCESS_LOG),
    ("/audit", R.AUDIT),
    ("/bulks", R.BULK),
    ("/bulk", R.BULK),
    ("/burden", R.BURDEN),
    ("/campaigns", R.ROUNDS),
    ("/clocks", R.CLOCKS),
    ("/confirmations", R.CONFIRMATIONS),
    ("/definitions", R.DEFINITIONS),
    ("/draws", R.DRAWS),
    ("/evidence", R.EVIDENCE),
    ("/export/", R.EXPORT),
    ("/figures", R.FIGURES),
    ("/health", None),
    ("/import", R.IMPORT),
    ("/inbox", R.INBOX),
    ("/invitation/", None),
    ("/issue", R.ISSUE),
    ("/items/{no}/export", R.EXPORT),
    ("/items/{no}/timeline", R.TIMELINE),
    ("/items/{no}/why", R.TIMELINE),
    ("/items/{no}/notices", R.TIMELINE),
    ("/items/{no}", R.ITEM),
    ("/items", R.REGISTER),
    ("/openapi.json", R.INBOX),
    ("/me/", R.INBOX),
    ("/people/{person}/substitute", R.SUBSTITUTES),
    ("/people", R.NAMES),
    ("/publications", R.PUBLICATIONS),
    ("/ready", None),
    ("/registers", R.IMPORT),
    ("/rounds", R.ROUNDS),
    ("/scores", R.SCORES),
    ("/sign-", None),
    ("/substitutes", R.SUBSTITUTES),
    ("/units/{unit}/year", R.YEAR),
    ("/units", R.NAMES),
)
"""How an address begins, without /api/v1, and what of the policy is there; None: nothing of anybody's. The first that
fits is meant."""


def part_at(path: str) -> Readable | None:
    """What of the policy is at an address, as its route has it ({no} and the like unfilled). Raises LookupError for one
    that nobody has thought of."""
    rest = path.removeprefix("/api/v1")
    if rest == "/":
        return R.REGISTER
    for begin, part in _PARTS:
        if rest.startswith(begin):
            return part
    raise LookupError(path)


def shows(me: ShownPerson | None, part: str) -> bool:
    """Whether the menu leads somebody there."""
    return me is not None and opens(Readable(part), [Role(post.role) for post in me.posts])
