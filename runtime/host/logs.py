"""How every part of the product writes its log: one line for one thing said, whatever came from outside in it."""

from __future__ import annotations

import logging
import re

# What ends a line somewhere, moves a terminal's cursor, or turns the direction of writing.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
CONTINUED = "    | "
"""Stands before every further line of a traceback, so that none of them looks like a line of the log."""


def escaped(text: str) -> str:
    r"""The text in one line that shows what cannot be shown: a line break as \n, an escape as \x1b."""
    return _UNPRINTABLE.sub(lambda m: m[0].encode("unicode_escape").decode("ascii"), text)


class OneLine(logging.Formatter):
    """Formats a record as one line; a traceback follows in lines that are marked as such."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The record's line, escaped."""
        return escaped(super().formatMessage(record))

    def format(self, record: logging.LogRecord) -> str:
        """The record's line, and its traceback when there is one."""
        record.exc_text = None  # another formatter may have kept its own there
        first, *further = super().format(record).split("\n")
        return "\n".join([first, *(CONTINUED + escaped(line) for line in further)])


def begin() -> None:
    """What this process and the libraries in it have to say goes to standard error, escaped."""
    handler = logging.StreamHandler()
    handler.setFormatter(OneLine("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.captureWarnings(True)
