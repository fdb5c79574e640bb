"""What goes to many units at once, as the drafts of a batch: beside each unit's own the one that would stand over them.
Which way it goes, is decided where the batch is confirmed (ledger/chain/family/gathering)."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, select

from ledger.chain.batches import NewItem
from ledger.chain.entries import ITEM
from ledger.chain.family.gathering import ABOVE, APART, CO, LEAD, TOGETHER, WAY_WORDS, ways_of
from ledger.chain.matters import NEW, SAME, Standing, again_key
from ledger.reading import lists
from rules.forms.answers import Pairs
from rules.forms.form import AnswerKind
from rules.forms.wording import text_words
from rules.machine.commands import Status, UnitRef
from rules.machine.issuing import Order
from rules.process import Process

SINGLE = ("", LEAD)
"""The parts of drafts that are what a row says: one for each unit that it names to do it."""


def above_of(connection: Connection, process: str) -> dict[str, Process]:
    """The process in force of what stands over many items of that one, by kind of unit; nothing where none does."""
    current = lists.current_processes(connection)
    name = next((one.together for one in current if one.id == process), "")
    found: dict[str, Process] = {}
    for one in current if name else ():
        if one.id == name:
            found.setdefault(one.unit_kind, one)
    return found


def gathered(
    below: Process, above: dict[str, Process], leads: Sequence[NewItem], helping: Sequence[UnitRef]
) -> list[NewItem]:
    """The drafts of a finding, the one over them last: of those that it is given to, and where it is one of whoever
    helps too. Only these `leads`, where it can go one way only."""
    more = [unit for unit in helping if unit.id != leads[0].order.unit.id] if len(leads) == 1 else []
    ways = ways_of(len(leads), len(more))
    unit = leads[0].order.unit
    if not ways or unit.kind not in above:
        return list(leads)
    first = leads[0]
    others = [_for(first, unit) for unit in more]
    drafts = [*(replace(one, way=LEAD) for one in leads), *others]
    return [*drafts, _over(below, above[unit.kind], drafts, ways[0])]


def _for(draft: NewItem, unit: UnitRef) -> NewItem:
    key = _key(draft.import_key, unit.id)
    return replace(draft, way=CO, import_key=key, order=replace(draft.order, unit=unit, co_units=()), choice="leave")


def _over(below: Process, above: Process, drafts: Sequence[NewItem], way: str) -> NewItem:
    order = drafts[0].order
    return NewItem(
        process=above.id,
        variant=above.variant,
        import_key=_key("together", *(draft.import_key for draft in drafts)),
        order=Order(no="", unit=order.unit, title=order.title, matter=_matter(below, above, order.matter)),
        finding=drafts[0].finding,
        way=ABOVE,
        choice=way,
    )


def _key(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def _matter(below: Process, above: Process, said: Pairs) -> Pairs:
    """What is said of each of them that the other's matter asks too, in its order; of a choice, its words in a text."""
    told = {pair[0]: pair[1] for pair in said}
    pairs = []
    for field in above.matter.fields[1:]:
        own, text = below.matter.field(field.id), told.get(field.id)
        if own and text:
            words = own.kind is AnswerKind.CHOICE and field.kind is AnswerKind.TEXT
            pairs.append((field.id, text_words(own, text) if words else text))
    return tuple(pairs)


def proposed(connection: Connection, drafts: Sequence[NewItem]) -> tuple[NewItem, ...]:
    """The drafts, each of which stands to what was issued before; nothing new stands over what is known already."""
    keys = {draft.import_key for draft in drafts if draft.way == ABOVE}
    query = select(ITEM.c.import_key, ITEM.c.no, ITEM.c.status).where(ITEM.c.import_key.in_(sorted(keys)))
    known = {key: (no, status) for key, no, status in connection.execute(query)} if keys else {}
    new: dict[int, int] = {}
    for draft in drafts:
        if draft.way == LEAD and draft.standing.verdict == NEW:
            new[draft.finding] = new.get(draft.finding, 0) + 1
    return tuple(_settled(draft, known, new.get(draft.finding, 0)) if draft.way == ABOVE else draft for draft in drafts)


def _settled(draft: NewItem, known: dict[str, tuple[str, str]], new: int) -> NewItem:
    no, status = known.get(draft.import_key, ("", ""))
    if status == Status.ANNULLED:
        draft = replace(draft, import_key=again_key(draft.import_key, no))
    elif no:
        draft = replace(draft, standing=Standing(verdict=SAME, no=no))
    if draft.choice == TOGETHER and (new < 2 or draft.standing.verdict == SAME):
        return replace(draft, choice=APART)
    return draft


def single(drafts: Sequence[NewItem]) -> int:
    """How many items the drafts are, each unit's own for itself."""
    return sum(draft.way in SINGLE for draft in drafts)


@dataclass(frozen=True, slots=True, kw_only=True)
class ManyUnits:
    """What is to be decided of a finding for so many `units`: by the number `n` of the draft over them, one of these
    `ways`, code to words; `way` is proposed."""

    n: int
    units: int
    way: str
    ways: Mapping[str, str]


def shown_ways(drafts: Sequence[NewItem]) -> dict[int, ManyUnits]:
    """Each finding for many units, by its place."""
    found: dict[int, ManyUnits] = {}
    parts: dict[int, Counter[str]] = {}
    for n, draft in enumerate(drafts, 1):
        if draft.way in (LEAD, CO):
            parts.setdefault(draft.finding, Counter())[draft.way] += 1
        elif draft.way == ABOVE:
            of = parts[draft.finding]
            ways = {way: WAY_WORDS[way] for way in ways_of(of[LEAD], of[CO])}
            found[draft.finding] = ManyUnits(n=n, units=of.total(), way=draft.choice, ways=ways)
    return found
