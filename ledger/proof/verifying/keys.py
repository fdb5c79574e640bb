"""The keys that seal: each is as it presented itself, vouched for by the one before, as the ledger noted it when it was
made, and as it stands outside."""

from collections.abc import Iterator

from sqlalchemy import Connection, RowMapping, select

from ledger.chain import journal
from ledger.proof.keys import KEY
from ledger.proof.outside import Outside
from ledger.proof.statements import SignedKey, key_id
from ledger.proof.verifying.found import Wrong
from rules.codec import instant_text
from rules.office.facts import KeyMade


def readable(connection: Connection) -> dict[str, bytes]:
    """The public keys of those whose statements can be read, by the id that they say."""
    found: dict[str, bytes] = {}
    for row in _rows(connection):
        one = _signed(row)
        try:
            found[one.id] = one.public
        except ValueError:
            continue
    return found


def verify_keys(connection: Connection, outside: Outside | None) -> Iterator[Wrong]:
    """What is wrong with the keys."""
    rows = _rows(connection)
    before: SignedKey | None = None
    for n, row in enumerate(rows, 1):
        for what in _verify_row(row, n, before):
            yield Wrong(stream="", seq=0, what=f"第 {n} 把封存密钥 {row['id']!s:.40} {what}")
        before = _signed(row)
    yield from _verify_noted(connection, rows)
    yield from _verify_outside(rows, outside)


def _rows(connection: Connection) -> list[RowMapping]:
    return list(connection.execute(select(KEY).order_by(KEY.c.n)).mappings())


def _signed(row: RowMapping) -> SignedKey:
    return SignedKey(statement=row["statement"], signature=row["signature"], endorsement=row["endorsement"])


def _verify_row(row: RowMapping, n: int, before: SignedKey | None) -> Iterator[str]:
    """Whether the key presents itself, and the one before has signed for it."""
    one = _signed(row)
    try:
        said = one.said
    except ValueError:
        yield "的声明读不懂：被改动过"
        return
    if row["n"] != n:
        yield f"登记为第 {row['n']} 把：前面的密钥被删除，或登记被改动"
    if row["id"] != said.id or key_id(one.public) != said.id:
        yield "的编号与公钥不符：声明或登记被改动过"
    if not one.is_own:
        yield "没有签过现在的声明：声明或签名被改动过"
    try:
        last, public = (before.id, before.public) if before else ("", b"")
    except ValueError:
        return  # the one before cannot be read, which is said
    if said.previous != last:
        yield f"说自己接着 {said.previous or '（没有）'}，登记里它前面是 {last or '（没有）'}：密钥被换过"
    elif before is None:
        if one.endorsement:
            yield "是第一把，却有前一把的签名：前面的密钥被删除，或签名被改动"
    elif one.endorsement == "":
        yield "没有前一把密钥的签名：登记为前一把丢失后新换，请向管理员核实"
    elif not one.is_endorsed_by(public):
        yield "上没有前一把密钥的真签名：密钥被换过"


def _verify_noted(connection: Connection, rows: list[RowMapping]) -> Iterator[Wrong]:
    """The entries `key_made` name the keys that are registered, in their order, and nothing else."""
    noted = list(journal.facts(connection, KeyMade))
    registered = [row["id"] for row in rows]
    told = {fact.key for _, fact in noted}
    for entry, fact in noted:
        if fact.key not in registered:
            what = f"这一条说启用了封存密钥 {fact.key}，登记里没有它：密钥和封存点被整套换过，或密钥被删除"
            yield Wrong(stream=entry["stream"], seq=entry["seq"], what=what)
    for row in rows:
        if row["id"] not in told:
            what = f"封存密钥 {row['id']!s:.40} 登记着，却没有启用它的记录：密钥是绕过程序换上的"
            yield Wrong(stream="", seq=0, what=what)
    if [fact.key for _, fact in noted if fact.key in registered] != [id_ for id_ in registered if id_ in told]:
        yield Wrong(stream="", seq=0, what="封存密钥的先后与启用它们的记录不一致：登记被改动")
    by_id = {row["id"]: row for row in rows}
    for entry, fact in noted:
        if fact.key not in by_id:
            continue
        try:
            said = _signed(by_id[fact.key]).said
        except ValueError:
            continue
        if (said.previous, instant_text(said.made_at)) != (fact.previous, entry["recorded_at"]):
            words = f"接着 {said.previous or '（没有）'}，{instant_text(said.made_at)}"
            what = f"封存密钥 {fact.key} 的声明（{words}）与这一条不一致"
            yield Wrong(stream=entry["stream"], seq=entry["seq"], what=what)


def _verify_outside(rows: list[RowMapping], outside: Outside | None) -> Iterator[Wrong]:
    """The keys outside are those that stand here, unchanged."""
    there = {one.id: one for one in outside.keys} if outside else {}
    here = {row["id"]: _signed(row) for row in rows}
    for id_, one in sorted(there.items()):
        if id_ not in here:
            why = "密钥被删除，或数据库被恢复成旧的备份"
            yield Wrong(stream="", seq=0, what=f"外面有封存密钥 {id_}，库里没有：{why}")
        elif here[id_] != one:
            yield Wrong(stream="", seq=0, what=f"封存密钥 {id_} 与外面的副本不同：密钥被换过")
