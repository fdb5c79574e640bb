"""How a command ends: its exit status, and what a person is told when something outside the rules stops it."""

from __future__ import annotations

DONE = 0
REFUSED = 1
WRONG_USAGE = 2


class Problem(Exception):
    """Ends a command with `status`; the command line prints the message and, on the next line, the way out."""

    def __init__(self, message: str, way_out: str = "", status: int = REFUSED) -> None:
        super().__init__(message)
        self.message = message
        self.way_out = way_out
        self.status = status

    def lines(self) -> list[str]:
        """The one or two lines a person reads."""
        return [self.message, f"办法：{self.way_out}"] if self.way_out else [self.message]
