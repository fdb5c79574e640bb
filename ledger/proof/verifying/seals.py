"""The ledger as a whole: positions without gaps, the tree under every checkpoint, keys and signatures, copies outside.

All of it is judged by the roots that are worked out anew from the entries' hashes; stored tree nodes only help to say
where in a range something was changed.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from sqlalchemy import Connection, RowMapping, select

from ledger.chain.entries import ENTRY
from ledger.proof import checkpoints
from ledger.proof.checkpoints import NODE, Checkpoint
from ledger.proof.merkle import LEVELS, Frontier, Node, grow
from ledger.proof.outside import Outside
from ledger.proof.verifying import keys
from ledger.proof.verifying.found import Wrong
from ledger.store.canonical import GENESIS
from ledger.store.database import hashing_of
from rules.codec import instant_text

_CHUNK = 10_000


@dataclass(slots=True)
class Walk:
    """The tree, grown entry by entry, and what was found on the way. `holds`: the last checkpoint whose root the
    entries lead to, with the tree there: from it a later verification may go on."""

    frontier: Frontier
    holds: Checkpoint | None = None
    held: Frontier | None = None
    gaps: list[tuple[int, int]] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)


def verify_seals(
    connection: Connection,
    outside: Outside | None,
    *,
    begin: Frontier | None = None,
    since: Checkpoint | None = None,
    step: Callable[[int], object] = lambda entries: None,
) -> tuple[list[Wrong], Walk]:
    """What is wrong with the whole. `begin`, `since`: the tree up to a checkpoint verified before, to go on from."""
    wrong: list[Wrong] = []
    stored = list(checkpoints.listed_rows(connection, since.number if since else 0))
    known = _readable(stored, wrong)
    if since and _at(connection, since.number) != since:
        what = f"上次核验过的封存点 #{since.number} 不见了或被换过：数据库被恢复成旧的备份，或封存点被改动"
        wrong.append(Wrong(stream="", seq=0, what=what))
    wrong += keys.verify_keys(connection, outside)
    wrong += _verify_signatures(connection, known, since)
    outer = [one for one in (outside.checkpoints if outside else ()) if not since or one.number > since.number]
    if outside:
        wrong += _verify_outside(connection, outside, known, outer)
    walk = _walk(connection, begin or Frontier(hashing=hashing_of(connection)), [*known, *outer], since, wrong, step)
    wrong += [Wrong(stream="", seq=0, what=_gap(first, last)) for first, last in walk.gaps]
    wrong += _verify_nodes(connection, walk, known, begin.size if begin else 0)
    return wrong, walk


def _verify_nodes(connection: Connection, walk: Walk, known: list[Checkpoint], begun: int) -> Iterator[Wrong]:
    """The stored nodes are those of the tree, as far as entries were found to be what was sealed. `begun`: how many
    leaves were not walked over this time; the nodes over them are taken as they are."""
    sealed = known[-1].size if known else begun
    if walk.gaps or sealed != (walk.holds.size if walk.holds else 0):
        return  # the entries themselves are not what was sealed, which is said; or only the outside knows of them
    right = {(node.level, node.index): node.hash.hex() for node in walk.nodes if _end(node.level, node.index) <= sealed}
    query = select(NODE.c.level, NODE.c.n, NODE.c.hash)
    stored = {(level, n): text for level, n, text in connection.execute(query) if not 0 < _end(level, n) <= begun}
    for names, what in (
        ([key for key in right if key in stored and stored[key] != right[key]], "被改动"),
        ([key for key in right if key not in stored], "被删除"),
        ([key for key in stored if key not in right], "是多出来的"),
    ):
        if names:
            some = "、".join(f"第 {level} 层第 {n} 个" for level, n in names[:5])
            which = f"{some}{f'等 {len(names)} 个' if len(names) > 5 else ''}"
            told = f"存下的树（tree_node）里{which}结点{what}；记录与封存点相符，运行 duban audit seal 会由记录重建"
            yield Wrong(stream="", seq=0, what=told)


def _end(level: object, n: object) -> int:
    """How many leaves there are up to the end of that node; 0 for what is no node of the tree."""
    if not isinstance(level, int) or not isinstance(n, int) or level not in LEVELS:
        return 0
    return (n + 1) << level


def _gap(first: int, last: int) -> str:
    which = f"第 {first} 条" if first == last else f"第 {first} 至 {last} 条"
    return f"全库缺少{which}记录：被删除"


def _at(connection: Connection, number: int) -> Checkpoint | None:
    return next(iter(_readable(list(checkpoints.listed_rows(connection, number - 1, 1)), [])), None)


def _readable(stored: Iterable[RowMapping], wrong: list[Wrong]) -> list[Checkpoint]:
    """The checkpoints that can be read at all."""
    found: list[Checkpoint] = []
    for row in stored:
        number = row["number"]
        try:
            one = Checkpoint.of(row["body"], row["signature"])
        except ValueError:
            wrong.append(Wrong(stream="", seq=0, what=f"封存点 #{number} 读不懂：被改动过"))
            continue
        if one.number != number:
            what = f"封存点 #{number} 的内容说自己是 #{one.number}：被换过"
            wrong.append(Wrong(stream="", seq=0, what=what))
            continue
        if (row["size"], row["key"]) != (one.size, one.key):
            what = f"封存点 #{number} 旁边记的条数或密钥与它的内容不同：被改动过"
            wrong.append(Wrong(stream="", seq=0, what=what))
        found.append(one)
    return found


def _verify_signatures(connection: Connection, known: list[Checkpoint], since: Checkpoint | None) -> Iterator[Wrong]:
    """Numbers follow, each names the one before, each is signed by a key of this ledger."""
    public = keys.readable(connection)
    ledger, algorithm = checkpoints.identity(connection), hashing_of(connection).name
    before = since
    for one in known:
        name = f"封存点 #{one.number}"
        if one.ledger != ledger or one.algorithm != algorithm:
            yield Wrong(stream="", seq=0, what=f"{name} 不是这个留痕库的：从别的库搬来，或库的身份被改动")
        if one.key not in public:
            yield Wrong(stream="", seq=0, what=f"{name} 的密钥 {one.key} 不是这个库的密钥：封存点被换过")
        elif not one.is_signed_by(public[one.key]):
            yield Wrong(stream="", seq=0, what=f"{name} 的签名不对：封存点被改动过")
        if before is None:
            follows = one.previous == GENESIS
        else:
            follows = one.number > before.number and one.previous == before.hash and one.size >= before.size
        if not follows:
            yield Wrong(stream="", seq=0, what=f"{name} 与前一个封存点接不上：中间的封存点被删除，或被换过")
        before = one


def _verify_outside(
    connection: Connection, outside: Outside, known: list[Checkpoint], outer: list[Checkpoint]
) -> Iterator[Wrong]:
    """What stands outside stands inside, unchanged."""
    for line in outside.damaged:
        yield Wrong(stream="", seq=0, what=f"外面的封存文件第 {line} 行读不懂：那份副本被改动或写坏")
    inside = {one.number: one for one in known}
    last = known[-1].number if known else 0
    rest: list[Checkpoint] = []
    for one in outer:
        mine = inside.get(one.number)
        if mine is None:
            rest.append(one)
        elif mine != one:
            yield Wrong(stream="", seq=0, what=f"封存点 #{one.number} 与外面的副本不同：库里的被换过")
    for one in rest:
        why = "数据库被恢复成旧的备份，或封存点被删除" if one.number > last else "封存点被删除"
        what = f"外面有封存点 #{one.number}（{instant_text(one.at)}，{one.size} 条），库里没有：{why}"
        yield Wrong(stream="", seq=0, what=what)


def _walk(
    connection: Connection,
    begin: Frontier,
    sealed: Iterable[Checkpoint],
    since: Checkpoint | None,
    wrong: list[Wrong],
    step: Callable[[int], object],
) -> Walk:
    """The tree over all entries behind `begin`, each checkpoint's root compared where its size is reached."""
    walk = Walk(frontier=begin, holds=since, held=begin if since else None)
    each = {one.body: one for one in sealed}  # inside and outside they are the same, as a rule
    waiting = sorted(each.values(), key=lambda one: (one.size, one.number))
    position = begin.size
    for one in waiting:
        position = _grow_to(connection, walk, position, one.size, step)
        if walk.frontier.size == one.size and walk.frontier.root().hex() == one.root:
            walk.holds, walk.held = one, walk.frontier
        elif walk.frontier.size < one.size:
            lost = one.size - walk.frontier.size
            what = (
                f"封存点 #{one.number} 盖住 {one.size} 条，现在按顺序只有 {walk.frontier.size} 条："
                f"末尾至少 {lost} 条被删除，或数据库被恢复成旧的备份"
            )
            if not walk.gaps:
                wrong.append(Wrong(stream="", seq=0, what=what))
        elif not walk.gaps:
            first = (walk.holds.size if walk.holds else 0) + 1
            wrong.append(Wrong(stream="", seq=0, what=_differs(connection, walk, one, first)))
    _grow_to(connection, walk, position, None, step)
    return walk


def _grow_to(
    connection: Connection, walk: Walk, position: int, until: int | None, step: Callable[[int], object]
) -> int:
    """The tree up to that size (to the end when None), as far as there are entries; returns the last position read."""
    while until is None or position < until:
        query = select(ENTRY.c.position, ENTRY.c.hash).where(ENTRY.c.position > position)
        if until is not None:
            query = query.where(ENTRY.c.position <= until)
        cursor = connection.execute(query.order_by(ENTRY.c.position).limit(_CHUNK)).cursor
        rows = cursor.fetchall() if cursor else []
        if not rows:
            if until is not None and _beyond(connection, until):
                walk.gaps.append((position + 1, until))
                return until
            return position
        leaves: list[bytes] = []
        for here, found in rows:
            if here != position + 1:
                walk.gaps.append((position + 1, here - 1))
            position = here
            leaves.append(_raw(found))
        walk.frontier, nodes = grow(walk.frontier, leaves)
        walk.nodes += nodes
        step(len(rows))
    return position


def _beyond(connection: Connection, position: int) -> bool:
    return connection.execute(select(ENTRY.c.position).where(ENTRY.c.position > position).limit(1)).first() is not None


def _raw(found: object) -> bytes:
    try:
        return bytes.fromhex(str(found))
    except ValueError:
        return str(found).encode()


def _differs(connection: Connection, walk: Walk, one: Checkpoint, first: int) -> str:
    where = f"第 {first} 至 {one.size} 条（全库顺序）之间"
    what = f"封存点 #{one.number} 与记录不符：{where}有记录被改动、调换、插入或重新编过哈希"
    blocks = _changed_blocks(connection, walk, first, one.size)
    if blocks:
        named = "、".join(f"第 {n * 256 + 1} 至 {n * 256 + 256} 条" for n in blocks[:5])
        what += f"；按封存时存下的树，在 {named}{' 等处' if len(blocks) > 5 else ''}"
    return what


def _changed_blocks(connection: Connection, walk: Walk, first: int, last: int) -> list[int]:
    """Which blocks of 256 entries differ from the nodes stored when they were sealed."""
    lowest = (node for node in walk.nodes if node.level == LEVELS[0])
    here = {node.index: node.hash.hex() for node in lowest if (node.index + 1) * 256 >= first}
    query = select(NODE.c.n, NODE.c.hash).where(NODE.c.level == 8, NODE.c.n <= last // 256).order_by(NODE.c.n)
    return [n for n, stored in connection.execute(query) if n in here and here[n] != stored]
