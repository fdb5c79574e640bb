"""Reading what a step of a process file has to publish, and whether its window leaves time for that."""

from definitions.fields import FileMapping
from definitions.process import ProcessDefinition
from definitions.source import Source
from definitions.window_table import least_days
from rules.publicity import Publicity, PublicityScope

DAYS_LIMIT = 250
WHAT_LIMIT = 100


def read_publicity(table: FileMapping) -> Publicity | None:
    """What the step has to publish, if anything."""
    if not table.has("publish"):
        return None
    rule = table.table("publish", "公示：{scope: inside 或 public, days: 至少几个工作日, what: 公示什么}")
    found = Publicity(
        scope=rule.choice("scope", PublicityScope),
        days=rule.integer("days", 1, DAYS_LIMIT),
        what=rule.text("what", "公示什么，如候选人名单", WHAT_LIMIT),
    )
    rule.done()
    return found


def check_publicity(source: Source, definition: ProcessDefinition) -> None:
    """For each kind of unit the step lasts longer than what it publishes has to stand: else it could only be late."""
    for variant in definition.variants:
        for step in variant.steps:
            if step.publish is None:
                continue
            for kind in definition.unit_kinds:
                shortest = least_days(step.window.of(kind.id))
                if shortest <= step.publish.days:
                    path = ("variants", variant.id, "steps", step.id, "publish", "days")
                    what = (
                        f"{kind.name}（{kind.id}）要公示 {step.publish.days} 个工作日，而本环节最短只有 {shortest} 个"
                    )
                    source.add(path, what, f"小于 {shortest} 的天数，或加长本环节的时限")
