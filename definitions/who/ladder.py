"""Reading the ladder of a process file: what happens before and after a date, and who hears of it."""

from collections.abc import Collection

from definitions.fields import FileMapping
from rules.permitting import HELD, OF_UNIT
from rules.process import ClockKind, Holder, Lamp, Role, Rung

MOVER = "mover"
"""In an audience: whoever has the next move."""


def read_rung(name: str, table: FileMapping, lamps: Collection[Lamp], holder: Holder) -> Rung:
    """What happens at an offset from due, and to whom it is told."""
    clocks = [kind.value for kind in ClockKind if kind is not ClockKind.WAITING]
    audience, mover = _audience(table, holder)
    rung = Rung(
        id=name,
        name=table.text("name", "这一级的中文名称"),
        offset=table.integer("offset", -500, 500),
        applies=tuple(ClockKind(kind) for kind in table.words("applies", clocks)),
        audience=audience,
        lamp=table.reference("lamp", [lamp.id for lamp in lamps]),
        consequence=table.text("consequence", "后果，如 通报", 200) if table.has("consequence") else "",
        points=table.integer("points", 0, 100) if table.has("points") else 0,
        immediate=table.flag("immediate"),
        repeat=table.integer("repeat", 1, 250) if table.has("repeat") else None,
        mover=mover,
    )
    if rung.repeat and rung.points:
        table.mistake("points", "重复的一级每次都会扣分，没有上限", "不重复的一级，或去掉 points")
    table.done()
    return rung


def _audience(table: FileMapping, holder: Holder) -> tuple[tuple[Role, ...], bool]:
    """Whom a rung tells: roles, and whether also whoever has the move."""
    roles = [role.value for role in HELD if holder is Holder.UNIT or role not in OF_UNIT]
    words = table.words("audience", [MOVER, *roles])
    return tuple(Role(word) for word in words if word != MOVER), MOVER in words
