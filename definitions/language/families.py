"""Whether follow-ups fit: within a process, that a table is filled in before its rows are issued and that nobody waits
for ever; beside the others, that the process which gets the rows takes them."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from definitions.fields import listed, suggestion
from definitions.language.together import apart
from definitions.mistakes import Mistake
from definitions.process import ProcessDefinition, StepDefinition, VariantDefinition
from definitions.source import Source
from rules.forms.form import ASKS, TITLE, Form, FormField, Question
from rules.forms.tally import AREA_UNITS
from rules.links import CHILD_DEPTH, IssueRule


def check_issues(source: Source, definition: ProcessDefinition) -> None:
    """Add to the source's mistakes what can be seen in the one file."""
    rules = {rule.id: rule for rule in definition.issues}
    issued = {name for variant in definition.variants for step in variant.steps for name in step.issues}
    for name, rule in rules.items():
        if rule.about:
            for what, expected in _wrong_about(definition, rule, issued):
                source.add(("issues", name, "to"), what, expected)
        elif name not in issued:
            source.add(("issues", name), f"后续事项“{name}”没有环节交办", "某个环节写 issues，否则删去")
    for variant in definition.variants:
        for step in variant.steps:
            if step.gathers:
                _check_gathering(source, variant, step)
            for place, name in enumerate(step.issues):
                if name in rules:
                    path = ("variants", variant.id, "steps", step.id, "issues", place)
                    for what, expected in _wrong(variant, step, rules[name]):
                        source.add(path, what, expected)
        _check_silent(source, variant)


def _wrong_about(definition: ProcessDefinition, rule: IssueRule, issued: set[str]) -> Iterator[tuple[str, str]]:
    """Rows of reports are for the units of an area, are issued with the report and with nothing else, and each by
    itself."""
    forms = [one.tally.form for one in definition.tallies if one.tally.each == AREA_UNITS and one.tally.form]
    if rule.form not in forms:
        yield (
            f"“{rule.form}”不是逐个单位反馈时填的表",
            f"每个单位一份（each: area_units）的表：{listed(forms) or '没有'}",
        )
    if rule.id in issued:
        yield f"“{rule.id}”随反馈交办，环节不再交办它", "从环节的 issues 去掉，或 to: row.列"
    if rule.after_in or rule.wait not in (None, 0):
        yield "各次反馈的行之间没有先后，也不数几项", "去掉 after；wait: all 或 none"


def _check_silent(source: Source, variant: VariantDefinition) -> None:
    """An outcome that issues nothing says so where something would be issued, and some other one issues it."""
    silent = [outcome.id for outcome in variant.outcomes if not outcome.issues]
    if not silent:
        return
    path = ("variants", variant.id, "outcomes", silent[-1], "issues")
    if not any(step.closes and step.issues for step in variant.steps):
        source.add(path, "认定的环节本来就不交办后续事项", "去掉 issues: none，或 closes: true 的环节写 issues")
    elif len(silent) == len(variant.outcomes):
        source.add(path, "每种认定都不交办，后续事项永远交办不了", "至少一种认定不写 issues: none")


def _check_gathering(source: Source, variant: VariantDefinition, step: StepDefinition) -> None:
    """What ends by itself asks nothing of anybody then."""
    path = ("variants", variant.id, "steps", step.id)
    outcome = next((one for one in variant.outcomes if one.id == step.outcome), None)
    if not step.closes or outcome is None:
        source.add((*path, "ends"), "子项都办结时自己办结，没有写认定为什么", "closes: true 和 outcome: 一个认定结果")
    elif outcome.when or outcome.reason:
        source.add((*path, "outcome"), f"“{outcome.id}”有条件或须写说明，不能自己认定", "没有 when、reason 的认定结果")
    if step.form:
        source.add((*path, "form"), "自己办结的环节没有人填表", "去掉 form，或去掉 ends")


def _wrong(variant: VariantDefinition, step: StepDefinition, rule: IssueRule) -> Iterator[tuple[str, str]]:
    if step.form != rule.form and not any(
        one.form == rule.form and step.id in variant.reached(*one.onward()) for one in variant.steps
    ):
        yield f"走到“{step.id}”以前没有人填过“{rule.form}”", f"form: {rule.form} 的环节，或它后面的环节"
    if step.ends_item and rule.wait != 0:
        yield f"“{step.id}”办结的同时交办“{rule.id}”，没有环节等它", "wait: none，或由办结以前的环节交办"


def check_families(found: Iterable[ProcessDefinition], beside: Iterable[ProcessDefinition] = ()) -> list[Mistake]:
    """What is wrong between processes that stand beside each other, as far as those `found` are to blame."""
    own = {one.id: one for one in found}
    known = {one.id: one for one in beside} | own
    mistakes: list[Mistake] = []
    for definition in own.values():
        wrong = [
            (("issues", rule.id, *([key] if key else [])), what, expected)
            for rule in definition.issues
            for key, what, expected in _misfits(definition, rule, known)
        ]
        if definition.together:
            wrong += [(("together",), what, expected) for what, expected in apart(definition, known)]
        source = Source(Path(definition.file)) if wrong else None
        for path, what, expected in wrong:
            assert source is not None
            line = source.line(path)
            mistakes.append(Mistake(file=definition.file, line=line, path=".".join(path), what=what, expected=expected))
    return mistakes


def _misfits(
    definition: ProcessDefinition, rule: IssueRule, known: Mapping[str, ProcessDefinition]
) -> Iterator[tuple[str, str, str]]:
    other = known.get(rule.process)
    if other is None:
        expected = f"已载入的流程：{listed(known)}"
        yield "process", f"没有流程“{rule.process}”{suggestion(rule.process, known)}", expected
        return
    if other.veil:
        what = f"流程“{other.id}”瞒着承办单位（veil），而交办它的事项里谁都看得到交办了什么"
        yield "process", what, "一个没有 veil 的流程；暗访直接交办"
        return
    if any(form.id == ASKS for form in other.forms):
        yield "process", f"流程“{other.id}”的表由轮次定，不能由别的事项交办", "一个不问轮次（round.asks）的流程"
        return
    table = _table(definition, rule)
    variants = [variant.id for variant in other.variants]
    if rule.variant and rule.variant not in variants:
        what = f"流程“{other.id}”没有走法“{rule.variant}”{suggestion(rule.variant, variants)}"
        yield "variant", what, listed(variants)
    column = next((one for one in table.columns if one.id == rule.variant_in), None) if table else None
    for option in column.options if column else ():
        if option.id not in variants:
            yield "variant", f"“{rule.variant_in}”可以选“{option.id}”，它不是“{other.id}”的走法", listed(variants)
    kinds = {kind.id for kind in other.unit_kinds}
    for kind in definition.unit_kinds if not (rule.unit_in or rule.about) else ():
        if kind.id not in kinds:
            what = f"承办的是{kind.name}时交办不了：流程“{other.id}”不用于{kind.name}"
            yield "process", what, f"一个用于 {listed([k.id for k in definition.unit_kinds])} 的流程"
    if table:
        yield from _unfilled(rule, table, other.matter)
    if circle := _circle(definition.id, known):
        yield "wait", f"等待绕了一圈：{' → '.join(circle)}，谁也办结不了", "其中一处 wait: none"
    deep = _deepest(definition.id, known, ())
    if deep > CHILD_DEPTH:
        yield "process", f"后续事项有 {deep} 层", f"不超过 {CHILD_DEPTH} 层"


def _unfilled(rule: IssueRule, table: FormField, matter: Form) -> Iterator[tuple[str, str, str]]:
    """What the other process asks of every item is said of each row, in a form that it takes."""
    columns = {one.id: one for one in table.columns}
    said = {pair[0] for pair in rule.matter}
    for name in said:
        if matter.field(name) is None or name == TITLE:
            others = [one.id for one in matter.fields if one.id != TITLE]
            yield "matter", f"流程“{rule.process}”的事由没有“{name}”{suggestion(name, others)}", listed(others)
    for field in matter.fields[1:]:
        column = columns.get(field.id)
        if field.needed and field.id not in said and (column is None or not column.need):
            what = f"流程“{rule.process}”交办时要填“{field.id}”（{field.name}），这里没有"
            yield "", what, f"一列 {field.id}，写 need: true；或 matter: {{{field.id}: …}}"
        elif column is not None and field.id not in said and not _takes(field, column):
            what = f"列“{field.id}”与流程“{rule.process}”事由里的“{field.id}”不是同一种"
            yield "", what, f"{field.kind}，选项也要是它有的；或给这一列另取名字"


def _takes(field: FormField, column: Question) -> bool:
    options = {option.id for option in field.options}
    return field.kind is column.kind and all(option.id in options for option in column.options)


def _table(definition: ProcessDefinition, rule: IssueRule) -> FormField | None:
    form = next((one for one in definition.forms if one.id == rule.form), None)
    return form.field(rule.table) if form else None


def _circle(start: str, known: Mapping[str, ProcessDefinition]) -> tuple[str, ...]:
    """The way by which an item of that process waits for one of its own kind; nothing when there is none."""
    waiting: list[tuple[str, ...]] = [(start,)]
    seen: set[str] = set()
    while waiting:
        way = waiting.pop()
        for rule in known[way[-1]].issues if way[-1] in known else ():
            if rule.wait == 0:
                continue
            if rule.process == start:
                return (*way, start)
            if rule.process not in seen:
                seen.add(rule.process)
                waiting.append((*way, rule.process))
    return ()


def _deepest(process: str, known: Mapping[str, ProcessDefinition], above: tuple[str, ...]) -> int:
    """How many follow-ups deep it goes below an item of that process; what comes back to itself is bounded later."""
    if process in above or process not in known:
        return 0
    return max((1 + _deepest(rule.process, known, (*above, process)) for rule in known[process].issues), default=0)
