"""Whether the tallies of a process fit the rest of it: nothing is owed that could not be reported, or in vain."""

from collections.abc import Iterator
from dataclasses import replace

from definitions.fields import listed
from definitions.parts.tally import TallyDefinition
from definitions.process import ProcessDefinition, StepDefinition, VariantDefinition
from definitions.source import Source
from rules.forms.expressions import ExpressionFault, text_of
from rules.forms.form import AnswerKind, Form, FormField
from rules.forms.parsing import parse
from rules.forms.scope import Scope
from rules.forms.tally import AREA_UNITS, SUBJECT_LENGTH, Tally
from rules.nodes.node import OPEN_LIMIT
from rules.process import Holder, Party, WindowUnit

SUMMED = frozenset({AnswerKind.COUNT, AnswerKind.NUMBER, AnswerKind.MONEY})
_MOST_DAYS_A_MONTH = 23
TALLIES_REST_ON = ("tallies", "forms", "variants", "windows", "unit_kinds", "holder", "sign", "sign_form")
"""The parts of a file that have to be sound before its tallies are checked."""


def settle_tallies(source: Source, definition: ProcessDefinition) -> ProcessDefinition:
    """The definition with the conditions of its tallies whole; what does not fit is added to the mistakes."""
    if not all(source.sound((key,)) for key in ("forms", "tallies")):
        return definition
    forms = {form.id: form for form in definition.forms}
    settled = tuple(replace(one, tally=_condition(source, forms, definition, one.tally)) for one in definition.tallies)
    return replace(definition, tallies=settled)


def _condition(source: Source, forms: dict[str, Form], definition: ProcessDefinition, tally: Tally) -> Tally:
    if not tally.when:
        return tally
    path = ("tallies", tally.id, "when")
    form = _form_of(definition, forms, tally)
    if form is None:
        source.add(path, f"“{tally.id}”没有表单，条件无从看起", "form: 表单，或去掉 when")
        return tally
    try:
        scope = Scope([form], home=form.id)
        return replace(tally, when=text_of(scope.condition(parse(tally.when))))
    except ExpressionFault as fault:
        source.add(path, fault.what, fault.expected)
        return tally


def _form_of(definition: ProcessDefinition, forms: dict[str, Form], tally: Tally) -> Form | None:
    """The form by whose answers it counts: its own, or that of the tally whose reports count here."""
    if tally.form:
        return forms.get(tally.form)
    other = next((one.tally for one in definition.tallies if one.tally.id == tally.of), None)
    return forms.get(other.form) if other else None


def check_tallies(source: Source, definition: ProcessDefinition) -> None:
    """Add what does not fit. Only of a definition whose steps and forms are sound."""
    for one in definition.tallies:
        if source.sound(("tallies", one.tally.id)):
            _check_tally(source, definition, one)
    _check_sign_form(source, definition)
    for variant in definition.variants:
        for step in variant.steps:
            _check_step(source, definition, variant, step)
    _check_forms(source, definition)


def _check_tally(source: Source, definition: ProcessDefinition, one: TallyDefinition) -> None:
    tally, path = one.tally, ("tallies", one.tally.id)
    places = list(_places(definition, tally))
    if not places:
        names = listed(dict.fromkeys(step.id for v in definition.variants for step in v.steps))
        source.add((*path, "step"), f"没有名为“{tally.step}”的环节", names)
        return
    for _, step in places:
        if step.party is not Party.UNIT or step.waits:
            source.add((*path, "step"), f"“{step.id}”不是单位办理的环节，没有人反馈", "单位的环节")
            return
    forms = {form.id: form for form in definition.forms}
    _check_of(source, definition, tally)
    form = _form_of(definition, forms, tally)
    if tally.sum:
        field = form.field(tally.sum) if form else None
        if field is None or field.kind not in SUMMED:
            what = f"“{tally.sum}”是 {field.kind}" if field else f"表单里没有“{tally.sum}”"
            source.add((*path, "sum"), what, "它的表单里的一项 count、number 或 money")
    _check_each(source, definition, places, tally)
    _check_apart(source, definition, places, one)
    if one.tally.elastic or any(t.elastic for t in one.kinds):
        if not definition.sign_form:
            source.add((*path, "by"), "弹性日期在签收时自报，而签收没有表单", "sign_form: 表单，或写一个固定的日期")
        elif (found := forms.get(definition.sign_form)) and found.field(tally.id):
            what = f"签收的表单“{found.id}”里已有“{tally.id}”这一项"
            source.add(path, what, "与签收表单各项不同的名字：自报的日期加在那张表上")


def _places(definition: ProcessDefinition, tally: Tally) -> Iterator[tuple[VariantDefinition, StepDefinition]]:
    for variant in definition.variants:
        for step in variant.steps:
            if step.id == tally.step:
                yield variant, step


def _check_of(source: Source, definition: ProcessDefinition, tally: Tally) -> None:
    other = next((one.tally for one in definition.tallies if one.tally.id == tally.of), None)
    if other is None:
        return
    path = ("tallies", tally.id, "of")
    if other.of:
        source.add(path, f"“{other.id}”自己也记的是“{other.of}”", f"直接写 of: {other.of}")
    elif (other.step, other.each) != (tally.step, tally.each):
        source.add(path, f"“{other.id}”的环节或对象（step、each）与“{tally.id}”不同", "两项的 step、each 相同")


def _check_each(
    source: Source,
    definition: ProcessDefinition,
    places: list[tuple[VariantDefinition, StepDefinition]],
    tally: Tally,
) -> None:
    path = ("tallies", tally.id)
    if tally.column and tally.table is None:
        source.add((*path, "by"), f"“{tally.id}”不是逐行欠的，没有“{tally.column}”这一列", "each: 表单.表，或写日期")
        return
    if tally.each == AREA_UNITS and definition.holder is not Holder.AREA:
        source.add((*path, "each"), "承办的是单位，没有片组的各单位", "holder: area，或另一张表")
    if tally.table is None:
        return
    form_id, table_id = tally.table
    form = next((one for one in definition.forms if one.id == form_id), None)
    field = form.field(table_id) if form else None
    if form is None or field is None or field.kind is not AnswerKind.ROWS:
        tables = [f"{f.id}.{one.id}" for f in definition.forms for one in f.fields if one.kind is AnswerKind.ROWS]
        source.add((*path, "each"), f"没有“{tally.each}”这张表", listed(tables) if tables else "一张 kind: rows 的表")
        return
    for variant, step in places:
        if not _known(definition, variant, step, form_id):
            what = f"走到“{step.id}”时可能还没有填过“{form_id}”"
            source.add((*path, "each"), what, "每条路在它之前都要填的表单，或签收时填的")
            break
    _check_columns(source, tally, form_id, field)


def _check_columns(source: Source, tally: Tally, form_id: str, field: FormField) -> None:
    first = field.columns[0]
    limit = first.limit or 0
    if first.kind is not AnswerKind.TEXT or not first.need or not 1 <= limit <= SUBJECT_LENGTH:
        what = f"“{tally.each}”的第一列“{first.id}”分不清各行"
        expected = f"必填（need: true）的文字，limit 不超过 {SUBJECT_LENGTH}，各行不同"
        source.add(("forms", form_id, field.id, "columns", first.id), what, expected)
    if tally.column:
        found = next((one for one in field.columns if one.id == tally.column), None)
        if found is None or found.kind is not AnswerKind.DATE:
            dates = [one.id for one in field.columns if one.kind is AnswerKind.DATE]
            what = f"“{tally.each}”没有“{tally.column}”这一列日期"
            source.add(("tallies", tally.id, "by"), what, listed([f"row.{d}" for d in dates]) or "一列 kind: date")


def _known(definition: ProcessDefinition, variant: VariantDefinition, step: StepDefinition, form: str) -> bool:
    """Whether that form has been answered whichever way the item came to the step."""
    if form == definition.sign_form:
        return True
    asking = [one.id for one in variant.steps if one.form == form and one is not step]
    if not asking:
        return False
    first = variant.steps[0].id
    return any(first == one or step.id not in variant.reached(first, without=one) for one in asking)


def _check_apart(
    source: Source,
    definition: ProcessDefinition,
    places: list[tuple[VariantDefinition, StepDefinition]],
    one: TallyDefinition,
) -> None:
    """So many as are owed fit into the step, so far apart."""
    tally = one.tally
    if not tally.apart or tally.sum:
        return
    for _, step in places:
        for kind in definition.unit_kinds:
            resolved = one.resolve(kind.id)
            window = step.window.of(kind.id)
            days = window.amount * (_MOST_DAYS_A_MONTH if window.unit is WindowUnit.MONTHS else 1)
            if resolved and (needed := (resolved.least - 1) * tally.apart) > days:
                what = f"{resolved.least} 次各隔 {tally.apart} 个工作日要 {needed} 个，“{step.id}”最长只有 {days} 个"
                source.add(("tallies", tally.id, "apart"), what, "更小的间隔，或更少的次数")
                return


def _check_sign_form(source: Source, definition: ProcessDefinition) -> None:
    if definition.sign_form and definition.sign is None:
        source.add(("sign_form",), "不必签收，没有人填签收的表单", "sign: 时限，或去掉 sign_form")


def _check_step(
    source: Source, definition: ProcessDefinition, variant: VariantDefinition, step: StepDefinition
) -> None:
    """Where all has to be reached, something is owed; and never so much that an item could not hold it."""
    path = ("variants", variant.id, "steps", step.id)
    if step.short and not step.reaches:
        source.add((*path, "short"), "没有写 ends: reached，本来就可以随时上报", "ends: reached，或去掉 short")
    for kind in definition.unit_kinds:
        owed = [t for one in definition.tallies if one.tally.step == step.id and (t := one.resolve(kind.id))]
        if step.reaches and not owed:
            what = f"{kind.name}（{kind.id}）在“{step.id}”没有要记的，无所谓完成"
            source.add((*path, "ends"), what, "tallies 里有一项的 step 是它，或去掉 ends")
        nodes = sum(_subjects(definition, tally) for tally in owed)
        if nodes > OPEN_LIMIT:
            what = f"{kind.name}（{kind.id}）在“{step.id}”同时最多会有 {nodes} 个节点"
            largest = max(owed, key=lambda tally: _subjects(definition, tally))
            at = ("forms", *largest.table, "rows") if largest.table else ("tallies",)
            source.add(at, what, f"不超过 {OPEN_LIMIT} 个：少几项，或减少表的行数")


def _subjects(definition: ProcessDefinition, tally: Tally) -> int:
    if tally.table is None:
        return 1
    form = next((one for one in definition.forms if one.id == tally.table[0]), None)
    field = form.field(tally.table[1]) if form else None
    return (field.most or 1) if field else 0


def _check_forms(source: Source, definition: ProcessDefinition) -> None:
    """A form is asked in one place: when signing, when a step ends, or with reports."""
    steps = {step.form for variant in definition.variants for step in variant.steps if step.form}
    reports = {one.tally.form for one in definition.tallies if one.tally.form}
    signing = {definition.sign_form} - {""}
    for form in sorted((steps & reports) | (steps & signing) | (reports & signing)):
        what = f"表单“{form}”既在签收、环节里填，又在反馈里填，分不清填的是哪一次"
        source.add(("forms", form), what, "各用一张表单")
