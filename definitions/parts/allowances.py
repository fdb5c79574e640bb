"""What a process allows beside its steps: extensions, urging, pauses."""

from definitions.fields import FileMapping
from definitions.window_table import read_one
from rules.process import ExtensionRule, PauseRule, UrgeRule


def read_extension(table: FileMapping) -> ExtensionRule:
    rule = ExtensionRule(
        times=table.integer("times", 0, 20),
        percent=table.integer("percent", 1, 100),
        decide=read_one(table, "decide"),
        leader_over=table.integer("leader_over", 0, 1000),
    )
    table.done()
    return rule


def read_urge(table: FileMapping) -> UrgeRule:
    rule = UrgeRule(
        cooldown_hours=table.integer("cooldown_hours", 0, 24 * 30), at_most=table.integer("at_most", 0, 1000)
    )
    table.done()
    return rule


def read_pause(table: FileMapping) -> PauseRule:
    rule = PauseRule(times=table.integer("times", 1, 100), days=table.integer("days", 1, 250))
    table.done()
    return rule
