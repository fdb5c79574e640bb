"""One item's whole life as a page and as a PDF, from the plain data that desk/timeline.py reads out of the ledger.

The same data give the same bytes. The page needs nothing but itself: no script, no font, no other file.
"""

from datetime import datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from documents.reports.printing import printed
from rules.codec import Plain


def as_html(data: Plain) -> str:
    """The timeline as one page of its own, to be read and printed anywhere."""
    return _template().render(data)


def as_pdf(data: Plain) -> bytes:
    """The timeline as a PDF; the same bytes for the same data. Takes a process and about a second.

    Raises print_failed.
    """
    return printed("timeline", data, datetime.fromisoformat(data["dated"]))


@cache
def _template() -> Template:
    loader = FileSystemLoader(Path(__file__).parent)
    jinja = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return jinja.get_template("timeline.html")
