"""How much is written in one transaction beside people who want to write too. Knows no database."""

UNDISTURBED = 1.0
"""Seconds for which nobody has to have waited before chunks grow: whoever gives one command after the other is not to
meet a large one each time."""


class Pace:
    """Chunks that grow while nobody waits for them to end, and are small again as soon as somebody does."""

    def __init__(self) -> None:
        self._times, self._waited_at = 1, float("-inf")

    def size(self, least: int, most: int) -> int:
        """So many now: `least`, or more, up to `most`."""
        return max(least, min(least * self._times, most))

    def took(self, *, kept_waiting: bool, now: float) -> None:
        """A chunk was written, and somebody was kept waiting by it or not. `now`: in seconds, by any clock."""
        if kept_waiting:
            self._times, self._waited_at = 1, now
        elif now - self._waited_at >= UNDISTURBED:
            self._times = min(self._times * 2, _LARGEST)


_LARGEST = 64
"""Times the least: whatever is asked for at most, it comes there in a few steps and no number grows for ever."""
