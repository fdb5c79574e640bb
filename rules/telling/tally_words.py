"""A tally in words: what its process says of it."""

from rules.forms.tally import AREA_UNITS, OwedBy, Tally
from rules.forms.wording import condition_words
from rules.process import Process


def amount_words(tally: Tally, amount: int | str) -> str:
    """So much of what the tally counts."""
    return str(amount) if tally.sum else f"{amount} 次"


def tally_words(process: Process, tally: Tally) -> str:
    """How often what is owed, about what, by when, and what counts."""
    parts = [f"{about_words(process, tally)}{'合计满' if tally.sum else ''} {amount_words(tally, tally.least)}"]
    parts += [_by_words(tally, owed) for owed in tally.by]
    if tally.column:
        parts.append("各以填报的日期为限")
    elif not tally.by:
        parts.append("环节结束前")
    if tally.of:
        others = {one.id: one.name for one in process.tallies}
        parts.append(f"“{others.get(tally.of, tally.of)}”的反馈也计入")
    if tally.apart:
        parts.append(f"两次相隔 {tally.apart} 个工作日以上才计")
    if tally.when:
        parts.append(f"{condition_words(tally.when, process.forms)}的才计")
    return "，".join(parts)


def about_words(process: Process, tally: Tally) -> str:
    """About what it is owed each."""
    if tally.each == AREA_UNITS:
        return "片组的每个单位"
    if tally.table is None:
        return ""
    form = process.form(tally.table[0])
    field = form.field(tally.table[1]) if form else None
    return f"“{field.name}”的每一项" if field else ""


def _by_words(tally: Tally, owed: OwedBy) -> str:
    count = f"共 {amount_words(tally, owed.count)}" if len(tally.by) > 1 else ""
    if owed.first:
        return f"{_day(owed.first)}至{_day(owed.by)}之间自报{count}"
    return f"{_day(owed.by)}前{count}"


def _day(text: str) -> str:
    month, day = text.split("-")
    return f"{int(month)}月{int(day)}日"
