"""The time limit and the kind of a finding, from the columns that speak of them. Pure."""

from datetime import date

from documents.sheets.drafts import FindingDraft
from documents.sheets.meanings import TITLE_COLUMN
from documents.sheets.rows import SAME_AS_ABOVE, Taken, squeezed
from documents.sheets.written.dates import DATE_EXPECTED, ReadLimit, VariantId, read_due, read_due_text, read_kind
from rules.dates.calendar import Calendar

_MAX_CHARACTERS = 200
_ANY_DAY = date(2000, 1, 1)


def read_limit(draft: FindingDraft, today: date, calendar: Calendar | None = None) -> tuple[ReadLimit | None, str]:
    """The time limit as read, if there is any, and the kind that it or a column of its own names."""
    columns = draft.heading.having("due")
    found: list[tuple[Taken, ReadLimit]] = []
    blank = draft.first(columns[0]).address if columns else ""
    for column in columns:
        found = [pair for taken in draft.cells("", column) if (pair := _one_due(draft, taken, today, calendar))]
        if found:
            break
    for taken, one in found:
        if one.says:
            draft.note(taken.address, one.says, "wrong" if one.level == "wrong" else "guess", one.code)
    named = _kind_column(draft)
    due: ReadLimit | None = _latest(draft, found)
    kind: str = due.kind if due else "staged"
    if named:
        how = draft.heading.columns[named[0].column]
        if how.guessed:
            draft.note(named[0].address, f"“{how.heading}”一栏写的是整改方式，按整改方式理解", "guess")
        if due and due.kind != "staged" and due.kind != named[1]:
            draft.note(named[0].address, "整改方式与时限的写法不一致，按整改方式理解", "guess")
        kind = named[1]
    if due is None and kind == "staged":
        where = blank or draft.first(draft.heading.having(TITLE_COLUMN)[0]).address
        draft.note(where, f"没有写整改时限，交办后按流程时限计算；如有要求，{DATE_EXPECTED}", "guess")
    return due, kind


def limit_key(draft: FindingDraft) -> str:
    """What names the time limit on whatever day the sheet is read: 1个月内 is another day tomorrow, and the same limit.
    Without a calendar, so that a new one leaves it the same too.

    To be asked after `read_limit`.
    """
    for column in draft.heading.having("due"):
        found: list[ReadLimit] = []
        for taken in draft.cells("", column):
            if len(taken.cell.text) > _MAX_CHARACTERS:  # no time limit, as read_limit has said
                continue
            same = squeezed(taken.text) in SAME_AS_ABOVE
            one = (
                read_due_text(draft.above.get("due", ""), _ANY_DAY)
                if same
                else read_due(taken.cell, _ANY_DAY, date1904=draft.table.sheet.date1904)
            )
            if one:
                found.append(one)
        if found:
            return max((one.day.isoformat() for one in found if one.day), default="")
    return ""


def _one_due(
    draft: FindingDraft, taken: Taken, today: date, calendar: Calendar | None
) -> tuple[Taken, ReadLimit] | None:
    if len(taken.cell.text) > _MAX_CHARACTERS:
        return taken, ReadLimit(level="wrong", says=f"文字过长，看不出时限；{DATE_EXPECTED}", code="date_invalid")
    if squeezed(taken.text) in SAME_AS_ABOVE:
        text = draft.repeated("due", taken)
        due = read_due_text(text, today, calendar)
    else:
        due = read_due(taken.cell, today, calendar, date1904=draft.table.sheet.date1904)
        draft.above["due"] = taken.text
    return (taken, due) if due else None


def _latest(draft: FindingDraft, found: list[tuple[Taken, ReadLimit]]) -> ReadLimit | None:
    """Of several limits in one finding's rows the latest day and the longest kind."""
    if len(found) <= 1:
        return found[0][1] if found else None
    days = {due.day for _, due in found}
    kinds = [due.kind for _, due in found]
    kind: VariantId = "long_term" if "long_term" in kinds else "staged" if "staged" in kinds else "at_once"
    last = max((due.day for _, due in found if due.day), default=None)
    if len(days) > 1 or len(set(kinds)) > 1:
        taken = found[-1][0]
        draft.note(taken.address, f"各行时限不同，取最晚的 {last}" if last else "各行时限不同，按较长的理解", "guess")
    return ReadLimit(day=last, kind=kind)


def _kind_column(draft: FindingDraft) -> tuple[Taken, str] | None:
    named = {squeezed(name): id_ for id_, name in draft.heading.meanings.kinds.items()}
    for taken in draft.cells("kind"):
        kind = named.get(squeezed(taken.text)) or read_kind(taken.text)
        if kind:
            return taken, kind
        expected = "、".join(draft.heading.meanings.kinds.values()) or "立行立改、分阶段或长期"
        draft.note(taken.address, f"看不懂“{taken.text[:20]}”；应为{expected}", "wrong", "field_invalid")
    return None
