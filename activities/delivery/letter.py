"""What a message says: for each item what happened, how it stands and where to look. Reads; sends nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from html import escape
from itertools import groupby

from sqlalchemy import Connection, RowMapping

from definitions.channels import Channels
from ledger.chain import deliveries, pinned
from ledger.chain.deliveries import Message
from ledger.reading.entry_words import EntryWords
from rules.dates.calendar import LOCAL, local_date
from rules.dates.distance import distance
from rules.dates.explain import provisionally, short_day
from rules.machine.commands import NOBODYS_TURN
from rules.process import Party
from rules.telling.item_words import current_step, status_name
from rules.telling.posts import on_behalf

FINDING_LIMIT = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One message, said. `person`, `address`: empty for a group; `to`: a name; `page`: the same in HTML."""

    id: str
    person: str
    to: str
    address: str
    subject: str
    text: str
    page: str
    made: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class _LetterItem:
    """One item of a letter."""

    heading: str
    stands: str
    lines: tuple[str, ...]
    link: str
    colour: str


def letters(
    connection: Connection, channels: Channels, messages: Sequence[Message], group: str, now: datetime
) -> list[Letter]:
    """The messages in their order, each said as of `now`. `group`: the name of the group that they go to, if any."""
    content = deliveries.content(connection, [message.id for message in messages])
    known = deliveries.addresses(connection, {message.person for message in messages})
    every = [row for rows in content.values() for row in rows]
    words = EntryWords(connection, every, also={row["person"] for row in every})
    said = []
    for message in messages:
        who = known.get(message.person)
        parts = [_part(connection, channels, rows, words, group, now) for rows in _by_item(content[message.id])]
        to = " ".join((group or (who["name"] if who else message.person)).split())
        subject = _subject(content[message.id])
        said.append(
            Letter(
                id=message.id,
                person=message.person,
                to=to,
                address=(who["email"] or "") if who else "",
                subject=subject,
                text=_text(to, parts, channels.site),
                page=_page(to, subject, parts, channels.site),
                made=now,
            )
        )
    return said


def _by_item(rows: Iterable[RowMapping]) -> list[list[RowMapping]]:
    return [list(found) for _, found in groupby(rows, key=lambda row: row["no"])]


def _subject(rows: Sequence[RowMapping]) -> str:
    items = {row["no"]: row for row in rows}
    late = sum(row["late"] for row in items.values())
    if len(items) == 1:
        (row,) = items.values()
        return f"督办：{row['no']} {_short(row['title'], 30)}{'（逾期）' if late else ''}"
    return f"督办：{len(items)} 个事项有新情况" + (f"，{late} 个逾期" if late else "")


def _part(
    connection: Connection,
    channels: Channels,
    rows: Sequence[RowMapping],
    words: EntryWords,
    group: str,
    now: datetime,
) -> _LetterItem:
    item = rows[0]
    process = pinned.process(connection, item["process_ref"])
    lamp = process.lamp(item["lamp"])
    status, step = status_name(item["status"], process.words), current_step(item["status"], item["step_name"])
    stands = (item["unit_name"], lamp.name, status, step, _due(connection, item, now))
    return _LetterItem(
        heading=f"{item['no']}　{_short(item['title'], FINDING_LIMIT)}",
        stands=" · ".join(filter(None, stands)),
        lines=tuple(_line(list(of), words, group) for _, of in groupby(rows, key=lambda row: row["seq"])),
        link=f"{channels.site}/items/{item['no']}" if channels.site else "",
        colour=lamp.colour,
    )


def _due(connection: Connection, item: RowMapping, now: datetime) -> str:
    if item["due"] is None or item["status"] in NOBODYS_TURN:
        return ""
    day = date.fromisoformat(item["due"])
    calendar = pinned.calendar(connection, item["calendar_ref"])
    away = distance(calendar, day, local_date(now), late=item["late"], party=Party(item["party"]))
    owed = item["due_of"] and f"{item['due_of']} "
    return f"{owed}{provisionally(short_day(day), item['provisional'])}到期，{away}"


def _line(rows: Sequence[RowMapping], words: EntryWords, group: str) -> str:
    """One entry: when, who, what; in a group also whom it is for, otherwise for whom one stands in."""
    row = rows[0]
    when = datetime.fromisoformat(row["at"]).astimezone(LOCAL)
    parts = (f"{when.month}月{when.day}日", f"{when:%H:%M}", words.doer(row), words.line(row))
    said = " ".join(filter(None, parts))
    if group:
        told = {f"{words.role(r)}{words.person(r['person'], r)}": None for r in rows}
        return f"{said}（请{'、'.join(told)}留意）"
    return on_behalf(said, dict.fromkeys(words.person(r["behalf"], r) for r in rows if r["behalf"]))


def _text(to: str, parts: Sequence[_LetterItem], site: str) -> str:
    out = [f"{to}：", ""]
    for n, part in enumerate(parts, 1):
        out += [f"{n}. {part.heading}", f"   {part.stands}", *(f"   - {line}" for line in part.lines)]
        out += [f"   {part.link}", ""] if part.link else [""]
    out.append(f"全部通知见收件箱：{site}/inbox" if site else "全部通知见网站的收件箱。")
    return "\n".join(out) + "\n"


_STYLE = {
    "body": "font:15px/1.6 'Noto Sans CJK SC','Microsoft YaHei',sans-serif;color:#222;"
    "max-width:42em;margin:1em auto;padding:0 12px",
    "part": "border-left:4px solid {colour};padding:.1em 0 .1em .8em;margin:1.1em 0",
    "mute": "color:#595959",
    "list": "margin:.3em 0;padding-left:1.2em",
}


def _page(to: str, subject: str, parts: Sequence[_LetterItem], site: str) -> str:
    """Plain HTML without pictures: mail programs show little else, and it prints."""
    out = [
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">',
        f'<title>{escape(subject)}</title></head><body style="{_STYLE["body"]}"><p>{escape(to)}：</p>',
    ]
    for part in parts:
        heading = escape(part.heading)
        if part.link:
            heading = f'<a href="{escape(part.link)}">{heading}</a>'
        lines = "".join(f"<li>{escape(line)}</li>" for line in part.lines)
        out.append(
            f'<div style="{_STYLE["part"].format(colour=part.colour)}"><strong>{heading}</strong>'
            f'<div style="{_STYLE["mute"]}">{escape(part.stands)}</div><ul style="{_STYLE["list"]}">{lines}</ul></div>'
        )
    inbox = f'<a href="{escape(site)}/inbox">收件箱</a>' if site else "网站的收件箱"
    out.append(f'<p style="{_STYLE["mute"]}">全部通知见{inbox}。</p></body></html>')
    return "".join(out)


def _short(text: str, limit: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
