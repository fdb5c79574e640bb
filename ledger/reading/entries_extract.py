"""Entries as an extract: those of one item, or of a period, each in words and with its hash."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, Connection, RowMapping, func, select

from ledger.chain import lookup
from ledger.chain.entries import ENTRY
from ledger.chain.journal import is_journal
from ledger.reading.entry_words import EntryWords
from ledger.reading.extracts import ROWS_AT_ONCE, CellValue, Column, ColumnKind, Extract, ExtractRow, clean, moment
from rules.codec import instant_text
from rules.dates.calendar import instant_of
from rules.dates.explain import explain, long_day
from rules.telling.dated import dues_of
from rules.telling.story import late_by, written

ENTRY_COLUMNS = (
    Column(name="position", heading="总序", kind=ColumnKind.NUMBER, width=9),
    Column(name="stream", heading="事项", width=15, share=11),
    Column(name="seq", heading="序", kind=ColumnKind.NUMBER, width=6, share=4),
    Column(name="at", heading="时间", kind=ColumnKind.MOMENT, width=20, share=10),
    Column(name="kind", heading="类别", width=12, share=9),
    Column(name="what", heading="做了什么", width=60, share=40),
    Column(name="actor", heading="办理人", width=10, share=9),
    Column(name="behalf", heading="代谁", width=10, share=7),
    Column(name="role", heading="身份", width=10, share=8),
    Column(name="unit", heading="单位", width=24),
    Column(name="via", heading="来路", width=9, share=6),
    Column(name="through", heading="经手", width=14),
    Column(name="written", heading="原文", width=40),
    Column(name="answers", heading="填报", width=40),
    Column(name="because", heading="日期怎样推算", width=40),
    Column(name="told", heading="通知了谁", width=30, share=18),
    Column(name="recorded_at", heading="记录时间", kind=ColumnKind.MOMENT, width=20),
    Column(name="late_by", heading="迟记", width=9, share=6),
    Column(name="actor_id", heading="办理人编号", width=11),
    Column(name="command", heading="操作编号", width=38),
    Column(name="prev_hash", heading="上一条的哈希", kind=ColumnKind.HASH, width=66),
    Column(name="hash", heading="哈希", kind=ColumnKind.HASH, width=66, share=23),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EntrySelection:
    """Which entries: those of the item `no` (empty: of all), true from `since` to `until` (local dates, included)."""

    no: str = ""
    since: date | None = None
    until: date | None = None


def entries_extract(connection: Connection, asked: EntrySelection) -> Extract:
    """The entries in the order of the ledger, those of journals with them. Raises unknown_item."""
    if asked.no:
        lookup.item_row(connection, asked.no)
    where = _where(asked)
    return Extract(
        what="entries",
        title=f"事项 {asked.no} 办理过程" if asked.no else "留痕",
        scope=_scope(asked),
        columns=ENTRY_COLUMNS,
        total=connection.execute(select(func.count()).select_from(ENTRY).where(*where)).scalar_one(),
        rows=_rows(connection, where),
        marked="kind",
    )


def _where(asked: EntrySelection) -> list[ColumnElement[bool]]:
    where = [ENTRY.c.stream == asked.no] if asked.no else []
    if asked.since:
        where.append(ENTRY.c.at >= instant_text(instant_of(asked.since, time())))
    if asked.until:
        where.append(ENTRY.c.at < instant_text(instant_of(asked.until + timedelta(days=1), time())))
    return where


def _scope(asked: EntrySelection) -> tuple[tuple[str, str], ...]:
    parts = (("事项", asked.no), ("从", asked.since), ("到", asked.until))
    return tuple((name, long_day(v) if isinstance(v, date) else v) for name, v in parts if v)


def _rows(connection: Connection, where: Sequence[ColumnElement[bool]]) -> Iterator[ExtractRow]:
    query = select(ENTRY).where(*where).order_by(ENTRY.c.position).limit(ROWS_AT_ONCE)
    after = 0
    while chunk := connection.execute(query.where(ENTRY.c.position > after)).mappings().all():
        words = EntryWords(connection, chunk)
        for row in chunk:
            yield _row(row, words)
        after = chunk[-1]["position"]


def _row(row: RowMapping, words: EntryWords) -> ExtractRow:
    if is_journal(row["stream"]):
        return ExtractRow(_values(row, words, what=words.line(row), said=row["body"]))
    fact = words.event(row).fact
    because = [sentence for due in dues_of(fact) for sentence in explain(due)]
    values = _values(
        row,
        words,
        what=words.sentence(row, fact),
        said=written(fact),
        answers="\n".join(f"{question}：{answer}" for question, answer in words.answers(row, fact)),
        because="\n".join(because),
    )
    return ExtractRow(values, words.colour(row, fact))


def _values(
    row: RowMapping, words: EntryWords, *, what: str, said: str, answers: str = "", because: str = ""
) -> tuple[CellValue, ...]:
    return (
        row["position"],
        row["stream"],
        row["seq"],
        moment(row["at"]),
        words.kind(row),
        clean(what),
        clean(words.person(row["actor"], row)),
        clean(words.person(row["behalf"], row)) if row["behalf"] else "",
        words.role(row),
        clean(words.unit(row["unit"])),
        words.came(row),
        clean(row["through"] or ""),
        clean(said),
        clean(answers),
        clean(because),
        clean(words.told(row)),
        moment(row["recorded_at"]),
        late_by(datetime.fromisoformat(row["at"]), datetime.fromisoformat(row["recorded_at"])),
        clean(row["actor"]),
        clean(row["command"]),
        row["prev_hash"],
        row["hash"],
    )
