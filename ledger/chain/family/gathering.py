"""A finding for many units among a batch's drafts. Until it is confirmed the drafts of every way in which it can go
stand beside each other; then those of the others are gone. Which way, is decided finding by finding.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, delete, select, update

from ledger.chain.matters import NEW
from ledger.store.canonical import canonical, parse
from ledger.store.tables import Draft, table_of
from rules.codec import Plain, decode, encode
from rules.errors import Code, RuleViolation
from rules.links import CHILD_LIMIT
from rules.machine.issuing import Order

DRAFT = table_of(Draft)
LEAD, CO, ABOVE = "lead", "co", "above"
"""The part of a draft: of a unit that the row gives the finding to; of one that it has help; of what is over both."""
TOGETHER, WITH_HELP, APART = "together", "helped", "each"
WAY_WORDS = {TOGETHER: "合为一项，每个单位一个子项", WITH_HELP: "一个事项，其余单位协办", APART: "各成一个事项"}
"""How a finding for many units goes, by what is chosen."""
MANY_LIMIT = CHILD_LIMIT
"""Of more units than an item may have children, each has an item of its own."""


def ways_of(leads: int, helping: int) -> tuple[str, ...]:
    """Which ways there are for a finding given to so many units with so many that help, the usual one first."""
    if not 2 <= leads + helping <= MANY_LIMIT:
        return ()
    return (TOGETHER, WITH_HELP, APART) if leads > 1 else (WITH_HELP, TOGETHER)


def family_of(draft: RowMapping) -> int | None:
    """The finding with whose other drafts the draft is issued, once it is confirmed."""
    return draft["finding"] if draft["way"] else None


def rest_of(connection: Connection, last: RowMapping) -> Sequence[RowMapping]:
    """The drafts that are issued with that one and come after it."""
    if not last["way"] or last["way"] == ABOVE:
        return ()
    query = select(DRAFT).where(DRAFT.c.batch == last["batch"], DRAFT.c.finding == last["finding"])
    query = query.where(DRAFT.c.n > last["n"], DRAFT.c.result == "", DRAFT.c.choice == "issue")
    return connection.execute(query.order_by(DRAFT.c.n)).mappings().all()


def settle(connection: Connection, batch: str, choices: Mapping[int, str]) -> dict[int, str]:
    """Every finding for many units goes the way that is chosen, or was proposed. Returns the choices that are about
    single drafts. Raises field_invalid."""
    query = select(DRAFT).where(DRAFT.c.batch == batch, DRAFT.c.way != "").order_by(DRAFT.c.finding, DRAFT.c.n)
    gone, changed = list[int](), list[Plain]()
    single = dict(choices)
    for _, drafts in groupby(connection.execute(query).mappings().all(), key=lambda draft: draft["finding"]):
        *below, above = drafts
        way = single.pop(above["n"], above["choice"])
        leads = [draft for draft in below if draft["way"] == LEAD]
        ways = ways_of(len(leads), len(below) - len(leads))
        if way not in ways:
            expected = "、".join(f"{one}（{WAY_WORDS[one]}）" for one in ways)
            raise RuleViolation(Code.FIELD_INVALID, field="几个单位的一条", actual=way[:40], expected=expected)
        if way == TOGETHER:
            changed += _together(above, below)
        elif way == WITH_HELP:
            gone += [draft["n"] for draft in (*leads[1:], *below[len(leads) :], above)]
            changed.append(_with_help(leads[0], [draft["unit"] for draft in below[1:]]))
        else:
            gone += [draft["n"] for draft in (*below[len(leads) :], above)]
            changed += [_as_it_is(draft) for draft in leads]
    if changed:
        change = update(DRAFT).where(DRAFT.c.batch == batch, DRAFT.c.n == bindparam("of_n"))
        values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in ("way", "choice", "body")}
        connection.execute(change.values(**values), changed)
    for start in range(0, len(gone), 500):
        connection.execute(delete(DRAFT).where(DRAFT.c.batch == batch, DRAFT.c.n.in_(gone[start : start + 500])))
    return {n: choice for n, choice in single.items() if n not in gone}


def _together(above: RowMapping, below: Sequence[RowMapping]) -> list[Plain]:
    """Whoever only helped has a child too, and helps no other."""
    helping = any(draft["way"] == CO for draft in below)
    changed = [_changed(above, above["way"], "issue", above["body"])]
    for draft in below if helping else ():
        choice = "issue" if draft["verdict"] == NEW else "leave"
        changed.append(_changed(draft, draft["way"], choice, _helped_by(draft, ())))
    return changed


def _with_help(draft: RowMapping, units: Sequence[str]) -> Plain:
    return _changed(draft, "", draft["choice"], _helped_by(draft, units))


def _as_it_is(draft: RowMapping) -> Plain:
    return _changed(draft, "", draft["choice"], draft["body"])


def _helped_by(draft: RowMapping, units: Sequence[str]) -> str:
    order = decode(Order, parse(draft["body"]))
    known = dict.fromkeys((*units, *(order.co_units if units else ())))
    return canonical(encode(replace(order, co_units=tuple(one for one in known if one != draft["unit"])))).decode()


def _changed(draft: RowMapping, way: str, choice: str, body: str) -> Plain:
    return {"of_n": draft["n"], "new_way": way, "new_choice": choice, "new_body": body}
