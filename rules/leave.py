"""What a process leaves to people within bounds: to urge, and to stop the clocks."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class UrgeRule:
    """Manual urging: not again within `cooldown_hours`, and at most `at_most` times an item."""

    cooldown_hours: int
    at_most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseRule:
    """The clocks of an item may stand still `times` times, each time for `days` working days at most."""

    times: int
    days: int
