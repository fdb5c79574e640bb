"""How a behaviour is written in files and options: `unit=3 reviewer=0 execute=never`, or one word for everybody."""

from __future__ import annotations

import re
from collections.abc import Collection

from definitions.fields import listed
from rules.telling.simulation import EXTENSION, OF_NODES, REPORT, SIGN, Behaviour, Habit

_NEVER = ("never", "不办")
PARTIES = {"unit": "unit", "reviewer": "reviewer", "单位": "unit", "审核方": "reviewer"}
BEHAVIOUR_EXPECTED = "到期日前（负）后（正）第几个工作日办，或 never（不办），如 unit=3 reviewer=0 execute=never"
_DAYS = re.compile(r"[+-]?[0-9]{1,3}")


def read_behaviour(text: str, steps: Collection[str]) -> Behaviour:
    """The behaviour that the text describes; whoever is not named never acts. Raises ValueError with the reason."""
    named: dict[str, Habit] = {}
    known = [*steps, SIGN, REPORT, EXTENSION, OF_NODES]
    for part in re.split(r"[\s,，;；]+", text.strip()):
        name, equals, value = part.rpartition("=")
        if value not in _NEVER and not _DAYS.fullmatch(value):
            raise ValueError(f"“{part}”看不懂，应为{BEHAVIOUR_EXPECTED}")
        habit = Habit(days=None if value in _NEVER else int(value))
        if not equals:
            named |= {"unit": habit, "reviewer": habit}
        elif PARTIES.get(name, name) in ("unit", "reviewer", *known):
            named[PARTIES.get(name, name)] = habit
        else:
            raise ValueError(f"没有“{name}”这个环节，可用：{listed(['unit', 'reviewer', *known])}")
    never = Habit(days=None)
    unit, reviewer = named.pop("unit", never), named.pop("reviewer", never)
    return Behaviour(unit=unit, reviewer=reviewer, steps=tuple(named.items()))
