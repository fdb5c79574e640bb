"""How far off a date is, in working days and words. One sentence part, for pages and messages alike."""

from datetime import date

from rules.dates.calendar import Calendar
from rules.names import PARTY_NAMES
from rules.process import Party


def distance(calendar: Calendar, due: date, today: date, *, late: bool, party: Party = Party.UNIT) -> str:
    """How far `due` is from today, in working days and words. A lateness that is not the unit's says whose it is."""
    if late or due < today:
        days = calendar.count(due, today)
        return whose(party) + (f"逾期 {days} 个工作日" if days else "刚刚逾期")
    days = calendar.count(today, due)
    return f"还有 {days} 个工作日" if days else "今天到期"


def whose(party: Party) -> str:
    """What stands before 逾期 in a row that names the unit: nothing when the unit is late, else who is."""
    return "" if party is Party.UNIT else PARTY_NAMES[party]
