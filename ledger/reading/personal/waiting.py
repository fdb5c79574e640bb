"""What waits for somebody now: the items that wait for one of their posts, the most pressing first. Reads only."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from operator import itemgetter

from sqlalchemy import CTE, ColumnElement, Connection, RowMapping, func, select, true

from ledger.chain.entries import ITEM
from ledger.chain.family.in_rounds import ROUND_PREFIX, ROUND_UNIT
from ledger.chain.holders import POST, Holders
from ledger.directory.people import Somebody
from ledger.reading.queries import LISTED
from ledger.rounds.rows import LOCKED, ROUND_ROW
from ledger.store.sight import scope_in, sees_everything
from rules.machine.commands import Actor
from rules.permitting import AT_PARENT, OF_AREA, OF_UNIT
from rules.process import PostPlace, Role
from rules.waiting import read_awaited

_LOOKED_AT = 500
"""So many of those that wait for whoever stands above their unit are looked at."""
_OF_UNIT = ITEM.c.waits.concat("")
"""No index: a unit has few items, of which most wait for it, and of all that wait for some unit few are its own."""
_CLOSED_TO = (
    select(ROUND_UNIT.c.no, ROUND_UNIT.c.unlocked)
    .join(ROUND_ROW, ROUND_ROW.c.id == ROUND_UNIT.c.round)
    .where(ROUND_ROW.c.state == LOCKED)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Some of what waits, in the order of the register; `more`: there is still more of it."""

    rows: tuple[RowMapping, ...]
    more: bool


def waiting_for(connection: Connection, people: Sequence[Somebody], today: date, size: int) -> Waiting:
    """At most `size` of the open items that wait for one of these people (somebody, and those whom they stand in for).
    A report that its round takes no more waits for nobody."""
    texts = {text: read_awaited(text) for text in _awaited_texts(connection)}
    found: dict[str, RowMapping] = {}
    more = False
    for post in (post for one in people for post in one.posts):
        own = [text for text, of in texts.items() if any(_held(post, at.role, at.place) for at in of)]
        above = [text for text, of in texts.items() if any(at.place is PostPlace.PARENT for at in of)]
        waits = _OF_UNIT if post.role in OF_UNIT else ITEM.c.waits
        rows = _waiting(connection, waits.in_(own), _own(connection, post), size + 1) if own else []
        if above and post.role in AT_PARENT:
            rows += _from_above(connection, post, _waiting(connection, ITEM.c.waits.in_(above), true(), _LOOKED_AT))
        more = more or len(rows) > size
        found |= {row["no"]: row for row in rows}
    for no in _closed_to(connection, found, today):
        del found[no]
    rows = sorted(found.values(), key=itemgetter("sort"))
    return Waiting(rows=tuple(rows[:size]), more=more or len(rows) > size)


def asked_of_others(connection: Connection, supervisor: str, size: int) -> Waiting:
    """At most `size` of the open items that this supervisor has in hand and that wait for others alone, late ones
    first."""
    texts = [
        text for text in _awaited_texts(connection) if all(at.role is not Role.SUPERVISOR for at in read_awaited(text))
    ]
    rows = _waiting(connection, ITEM.c.waits.in_(texts), ITEM.c.supervisor == supervisor, size + 1)
    return Waiting(rows=tuple(rows[:size]), more=len(rows) > size)


def _waiting(
    connection: Connection, waits: ColumnElement[bool], where: ColumnElement[bool], size: int
) -> list[RowMapping]:
    query = select(*LISTED).where(waits, where).order_by(ITEM.c.sort).limit(size)
    return list(connection.execute(query).mappings())


def _held(post: Actor, role: Role, place: PostPlace) -> bool:
    return post.role is role and place is not PostPlace.PARENT


def _own(connection: Connection, post: Actor) -> ColumnElement[bool]:
    """Which items the post has to do with."""
    if post.role in OF_UNIT:
        return ITEM.c.unit == post.unit
    if post.role in OF_AREA:
        return ITEM.c.area == post.area
    if post.role is Role.SUPERVISOR:  # what nobody has in hand any more, every supervisor has
        return ITEM.c.supervisor.in_((post.id, *connection.execute(_GONE).scalars()))
    return true()


def _from_above(connection: Connection, post: Actor, rows: Sequence[RowMapping]) -> Iterator[RowMapping]:
    """Those above whose unit the post stands, or in whose place it stands where nobody does."""
    mine = {post.id, *connection.execute(_GONE).scalars()}
    at: dict[str, tuple[Role, str | None]] = {}
    for row in rows:
        unit = row["unit"]
        if unit not in at:
            at[unit] = Holders.superiors(connection, unit).superior(unit)
        if at[unit] == (post.role, post.unit) and (post.role in OF_UNIT or row["supervisor"] in mine):
            yield row


def _closed_to(connection: Connection, found: Mapping[str, RowMapping], today: date) -> list[str]:
    """Those of these reports that their round, locked by now, does not take any more."""
    numbers = [no for no, row in found.items() if row["batch"].startswith(ROUND_PREFIX)]
    query = _CLOSED_TO.where(ROUND_UNIT.c.no.in_(numbers))
    rows = connection.execute(query).all() if numbers else ()
    return [row.no for row in rows if (row.unlocked or "") < today.isoformat()]


def _awaited_texts(connection: Connection) -> list[str]:
    """For whom items wait, each text once. Of what a unit sees there is little, and it is read as it is; to go from one
    to the next would look for each among what it sees anew."""
    if sees_everything(connection):
        query = _WAITS
    else:
        seen = scope_in(connection)  # what a unit helps with waits for others
        led = ITEM.c.unit.in_((*seen.units, *seen.below))
        query = _WAITS_SEEN.where(led if not seen.areas and not seen.body else true())
    return [text for text in connection.execute(query).scalars() if text]


def _each_of(column: str) -> CTE:
    """What stands in that column, each once: from one to the next along its index, however many items have it."""
    of = ITEM.c[column]
    first = select(func.min(of).label("it")).cte(f"each_{column}", recursive=True)
    following = select(func.min(of)).where(of > first.c.it).scalar_subquery()
    return first.union_all(select(following).where(first.c.it.is_not(None)))


_IN_HAND, _AWAITED = _each_of("supervisor"), _each_of("waits")
_SUPERVISING = select(POST.c.person).where(POST.c.role == str(Role.SUPERVISOR))
_GONE = select(_IN_HAND.c.it).where(_IN_HAND.c.it.is_not(None), _IN_HAND.c.it.not_in(_SUPERVISING))
_WAITS = select(_AWAITED.c.it).where(_AWAITED.c.it.is_not(None))
_WAITS_SEEN = select(ITEM.c.waits).distinct()
