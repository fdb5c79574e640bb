"""How far off a date is, in working days and words. One sentence part, for pages and messages alike."""

from datetime import date

from rules.calendar import Calendar


def distance(calendar: Calendar, due: date, today: date, *, late: bool) -> str:
    """How far `due` is from today, in working days and words."""
    if late or due < today:
        days = calendar.count(due, today)
        return f"逾期 {days} 个工作日" if days else "刚刚逾期"
    days = calendar.count(today, due)
    return f"还有 {days} 个工作日" if days else "今天到期"
