"""Reading one indicator of an assessment's file: the keys of its kind, each mistake with its line."""

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from itertools import pairwise

from ruamel.yaml.nodes import MappingNode

from definitions.directory import SIZES, UNIT_KINDS
from definitions.fields import FileMapping, listed, suggestion
from rules.assessment.assessment import (
    POINT,
    WHOLE_SHARE,
    Applies,
    Counting,
    Indicator,
    IndicatorKind,
    LeastOf,
    Level,
    MeritKind,
)
from rules.assessment.scoring import FIGURE_FORM, value_figures
from rules.assessment.sheets import points_text
from rules.burden.budget import WATCHED_WORDS
from rules.figures.figure import Figure, FigureRegister, FigureSource
from rules.forms.expressions import ExpressionFault, names_in, text_of
from rules.forms.form import AnswerKind, Form, FormField
from rules.forms.parsing import parse
from rules.forms.scope import Scope, ValueKind
from rules.names import CONDITION_NAMES
from rules.process import Role
from rules.rounds.campaign import Campaign
from rules.rounds.periods import MONTHS_OF_PERIOD, RHYTHM_NAMES, Rhythm

JUDGES = (Role.SUPERVISOR, Role.LEADER, Role.INSTRUCTOR, Role.AREA_LEADER)
"""Who can judge: somebody of the body, or of the unit's area."""
NEEDS = ("document", "date", "evidence")
"""What a merit or a fault is entered with."""
_RHYTHMS = tuple(one.value for one in Rhythm if one is not Rhythm.ONCE)
_POINTS = re.compile(r"(-?)(\d{1,3})(?:\.(\d{1,2}))?")
_PERCENT = re.compile(r"(\d{1,3})(?:\.(\d{1,2}))?%")
_THRESHOLD = re.compile(r"\d{1,3}(\.\d{1,2})?")
_POINTS_EXPECTED = "分数，最多两位小数，如 4 或 0.5"
_COMMON = ("name", "kind", "every", "standard", "kinds", "sizes", "conditions")
_KEYS: dict[IndicatorKind, tuple[str, ...]] = {
    IndicatorKind.LEDGER: ("full", "figure", "by", "least", "short", "rungs"),
    IndicatorKind.COUNTED: ("full", "figure", "least", "parts", "short"),
    IndicatorKind.COMPUTED: ("full", "value", "by"),
    IndicatorKind.ON_TIME: ("full", "campaign", "figure", "late", "missing"),
    IndicatorKind.JUDGED: ("full", "judge", "figures", "second"),
    IndicatorKind.ADD_DEDUCT: ("add", "deduct", "needs", "entries"),
}
"""Which keys an indicator of each kind has besides the common ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Among:
    """What an indicator stands among. `levels`: those of its file, where it has none of its own."""

    register: FigureRegister
    campaigns: Collection[Campaign]
    levels: tuple[Level, ...]


def points(table: FileMapping, key: str, least: int = 0, most: int = 1000 * POINT) -> int:
    """A required number of points, in hundredths."""
    written = table.word(key, _POINTS, _POINTS_EXPECTED)
    return read_points(table, key, written, least, most)


def read_points(table: FileMapping, key: str, written: str, least: int, most: int) -> int:
    """The points that a text says, in hundredths; what is out of bounds is a mistake."""
    found = _POINTS.fullmatch(written)
    if found is None:
        return least
    value = (int(found[2]) * POINT + int((found[3] or "").ljust(2, "0") or 0)) * (-1 if found[1] else 1)
    if not least <= value <= most:
        bounds = f"{points_text(least)} 至 {points_text(most)}"
        table.mistake(key, f"“{key}”写的是 {written} 分", f"{bounds} 分")
        return least
    return value


def share(table: FileMapping, key: str) -> int:
    """A required percentage, in ten-thousandths of the whole."""
    written = table.word(key, _PERCENT, "百分之几，如 50%")
    return _share(table, key, written)


def _share(table: FileMapping, key: str, written: str) -> int:
    found = _PERCENT.fullmatch(written)
    if found is None:
        return 0
    value = int(found[1]) * 100 + int((found[2] or "").ljust(2, "0") or 0)
    if value > WHOLE_SHARE:
        table.mistake(key, f"“{key}”写的是 {written}", "不超过 100%")
    return value


def read_indicator(name: str, table: FileMapping, among: Among) -> Indicator:
    """The indicator that the table says."""
    kind = table.choice("kind", IndicatorKind)
    every = table.reference("every", _RHYTHMS)
    base = Indicator(
        id=name,
        name=table.text("name", "指标的名称"),
        kind=kind,
        every=Rhythm(every) if every in _RHYTHMS else Rhythm.YEAR,
        standard=table.text("standard", "标准", 200) if table.has("standard") else "",
        applies=read_applies(table),
    )
    if base.of_base:
        base = replace(base, full=points(table, "full", 1))
    for key in table:
        others = [one.value for one, keys in _KEYS.items() if key in keys and one is not kind]
        if others and key not in _KEYS[kind] and key not in _COMMON:
            table.has(key)
            table.mistake(key, f"{kind} 的指标不写“{key}”", f"去掉；它用于 {listed(others)}")
    found = _READERS[kind](base, table, among)
    _check_words(found, table, among)
    table.done()
    return found


def read_applies(table: FileMapping) -> Applies:
    """To which units it applies."""
    return Applies(
        kinds=table.words("kinds", UNIT_KINDS) if table.has("kinds") else (),
        sizes=table.words("sizes", SIZES) if table.has("sizes") else (),
        conditions=table.words("conditions", CONDITION_NAMES) if table.has("conditions") else (),
    )


def _figure(table: FileMapping, key: str, name: str, every: Rhythm, among: Among) -> Figure | None:
    """The figure of that name, known for every period of the indicator; what is wrong with it is a mistake."""
    found = among.register.figure(name)
    known = [one.id for one in among.register.figures]
    if found is None:
        if name:
            table.mistake(key, f"没有数据项“{name}”{suggestion(name, known)}", f"其中之一：{listed(known)}")
        return None
    if MONTHS_OF_PERIOD[found.every] > MONTHS_OF_PERIOD[every]:
        rarely, often = RHYTHM_NAMES[found.every], RHYTHM_NAMES[every]
        table.mistake(key, f"“{name}”{rarely}一个数，指标却{often}算一次", f"every: {found.every}，或更久")
    if found.asked and not any(name in asks.figures for one in among.campaigns for asks in one.asks):
        table.mistake(key, f"没有哪个周期工作问“{name}”，永远不会有数", "先在周期工作的 asks 里问它")
    return found


def read_levels(table: FileMapping, key: str = "by") -> tuple[Level, ...]:
    """From so much on, such a share, the highest first."""
    inner, found = table.table(key, "从百分之几起得几成，如 {90: 100%, 75: 80%}"), []
    for bound in inner:
        if not _THRESHOLD.fullmatch(bound):
            inner.mistake(bound, f"界限写的是“{bound}”", "百分之几，不带百分号，如 90")
            inner.has(bound)
            continue
        whole, _, part = bound.partition(".")
        found.append(Level(least=int(whole) * 100 + int(part.ljust(2, "0") or 0), share=share(inner, bound)))
    inner.done()
    if any(one.least <= other.least or one.share <= other.share for one, other in pairwise(found)):
        table.mistake(key, "档次不是一档比一档低，后面的永远到不了", "从高到低写，界限和得分都递减")
    return tuple(found)


def _least(table: FileMapping, key: str, applies: Applies) -> tuple[LeastOf, ...]:
    """So often at least: for everybody, or for each kind of unit."""
    node = table.node(key, "几次，或每类单位几次，如 {organ: 4, social: 1}")
    if not isinstance(node, MappingNode):
        return (LeastOf(least=table.integer(key, 1, 999)),)
    inner = table.table(key)
    kinds = applies.kinds or tuple(UNIT_KINDS)
    for one in inner:
        if one not in kinds:
            inner.has(one)
            inner.mistake(one, f"没有单位类别“{one}”，或本指标不适用{suggestion(one, kinds)}", listed(kinds))
    for one in kinds:
        if not inner.has(one):
            table.mistake(key, f"没有写{UNIT_KINDS[one]}（{one}）至少几次", "适用的每一类都写")
    return tuple(LeastOf(least=inner.integer(one, 0, 999), kind=one) for one in kinds if inner.has(one))


def _read_ledger(base: Indicator, table: FileMapping, among: Among) -> Indicator:
    name = table.word("figure")
    figure = _figure(table, "figure", name, base.every, among)
    if figure and figure.source is not FigureSource.LEDGER:
        expected = listed([one.id for one in among.register.figures if one.source is FigureSource.LEDGER])
        table.mistake("figure", f"“{name}”不是由留痕算的", f"其中之一：{expected}；填报的数用 counted、computed")
    kind = figure.kind if figure else AnswerKind.PERCENT
    if kind is AnswerKind.PERCENT and not (table.has("by") or among.levels):
        table.mistake("figure", f"“{name}”是百分数，没有写怎样折成分", "by: {90: 100%, 75: 80%}")
    for key, kinds in (("by", (AnswerKind.PERCENT,)), ("least", (AnswerKind.COUNT,)), ("short", (AnswerKind.COUNT,))):
        if table.has(key) and kind not in kinds:
            table.mistake(key, f"“{name}”是 {kind}，用不着 {key}", "去掉")
    counts: tuple[Counting, ...] = ()
    if kind is AnswerKind.COUNT:
        least = _least(table, "least", base.applies)
        counts = (Counting(figure=name, least=least),)
    return replace(
        base,
        figure=name,
        levels=(read_levels(table) if table.has("by") else among.levels) if kind is AnswerKind.PERCENT else (),
        counts=counts,
        short=points(table, "short", 1, base.full) if table.has("short") else 0,
        rungs=table.flag("rungs"),
    )


def _read_counted(base: Indicator, table: FileMapping, among: Among) -> Indicator:
    counts: list[Counting] = []
    if table.has("parts"):
        inner = table.table("parts", "每个数据项至少几次，如 {committee: 3, lectures: 1}")
        for name in inner:
            figure = _figure(inner, name, name, base.every, among)
            _check_countable(inner, name, figure)
            counts.append(Counting(figure=name, least=_least(inner, name, base.applies)))
        inner.done()
        if table.has("figure") or table.has("least"):
            table.mistake("parts", "既写了 parts，又写了 figure、least", "写一种：几个数用 parts")
    else:
        name = table.word("figure")
        _check_countable(table, "figure", _figure(table, "figure", name, base.every, among))
        counts.append(Counting(figure=name, least=_least(table, "least", base.applies)))
    return replace(base, counts=tuple(counts), short=points(table, "short", 1, base.full) if table.has("short") else 0)


def _check_countable(table: FileMapping, key: str, figure: Figure | None) -> None:
    if figure and figure.kind not in (AnswerKind.COUNT, AnswerKind.NUMBER, AnswerKind.MONEY):
        table.mistake(key, f"“{figure.id}”是 {figure.kind}，不能计次数", "一个 count、number 或 money 的数据项")


def _read_computed(base: Indicator, table: FileMapping, among: Among) -> Indicator:
    written = table.text("value", "数据项的式子，如 dues_paid / dues_owed", 300)
    form = Form(
        id=FIGURE_FORM,
        fields=tuple(
            FormField(id=one.id, name=one.name, kind=one.kind, places=one.places)
            for one in among.register.figures
            if one.numeric
        ),
    )
    value = ""
    try:
        scope = Scope([form], home=FIGURE_FORM)
        whole = scope.settled(parse(written)) if written else None
        if whole is not None:
            if scope.kind(whole) is not ValueKind.NUMBER:
                raise ExpressionFault(f"“{written}”不是一个数", "一个比，如 dues_paid / dues_owed")
            for figure in dict.fromkeys(one.path[-1] for one in names_in(whole)):
                _figure(table, "value", figure, base.every, among)
            value = text_of(whole)
    except ExpressionFault as fault:
        table.mistake("value", fault.what, fault.expected)
    if not table.has("by") and not among.levels:
        table.mistake("value", "没有写怎样折成分", "by: {100: 100%, 80: 60%}")
    return replace(base, value=value, levels=read_levels(table) if table.has("by") else among.levels)


def _read_on_time(base: Indicator, table: FileMapping, among: Among) -> Indicator:
    name = table.reference("campaign", [one.id for one in among.campaigns])
    campaign = next((one for one in among.campaigns if one.id == name), None)
    if campaign and (
        campaign.rhythm is Rhythm.ONCE or MONTHS_OF_PERIOD[campaign.rhythm] > MONTHS_OF_PERIOD[base.every]
    ):
        table.mistake("campaign", f"“{name}”{RHYTHM_NAMES[campaign.rhythm]}一次，比指标少", "更勤的周期工作")
    figure = table.word("figure") if table.has("figure") else ""
    told = _figure(table, "figure", figure, base.every, among) if figure else None
    if told and campaign and table.source.sound((*table.path, "campaign")):
        each = [id_ for asks in campaign.asks if asks.rhythm is campaign.rhythm for id_ in asks.figures]
        if figure not in each:
            what = f"“{name}”不是每一期都问“{figure}”，看不出按时报了没有"
            table.mistake("figure", what, f"其中之一：{listed(each)}")
    late = share(table, "late") if table.has("late") else 0
    missing = share(table, "missing") if table.has("missing") else 0
    if missing > late:
        table.mistake("missing", "没有报的得分比迟报的还多", "missing 不高于 late")
    return replace(base, campaign=name, figure=figure, late=late, missing=missing)


def _read_judged(base: Indicator, table: FileMapping, among: Among) -> Indicator:
    if not table.has("judge"):
        table.source.add(table.path, "没有写由谁评定", f"judge: {listed(JUDGES)}")
    judge = table.reference("judge", JUDGES) if table.has("judge") else ""
    figures = table.words("figures", [one.id for one in among.register.figures]) if table.has("figures") else ()
    for name in figures:
        _figure(table, "figures", name, base.every, among)
    if not base.standard:
        table.source.add(table.path, "评定的指标没有写标准", "standard: 有教育、有检查、问题有处理")
    second = points(table, "second", 1, base.full) if table.has("second") else 0
    return replace(base, judge=Role(judge) if judge in set(JUDGES) else None, figures=figures, second=second)


def _read_merits(base: Indicator, table: FileMapping, among: Among) -> Indicator:
    add, deduct = points(table, "add"), points(table, "deduct")
    merits = []
    for name, one in table.tables("entries", "加减分的各项，如 award: {name: 县级表彰, points: 1}"):
        worth = points(one, "points", -1000 * POINT)
        cap, way = (add, "加") if worth > 0 else (deduct, "扣")
        if not worth:
            one.mistake("points", "写的是 0 分", "加的是正数，扣的是负数")
        elif not cap:
            one.mistake("points", f"{way}分的上限是 0，这一项永远不计", f"{'add' if worth > 0 else 'deduct'} 大于 0")
        elif abs(worth) > cap:
            what = f"一项就{way} {points_text(abs(worth))} 分，超过上限"
            one.mistake("points", what, f"不超过 {points_text(cap)} 分")
        merits.append(MeritKind(id=name, name=one.text("name", "名称"), points=worth))
        one.done()
    for key, cap, way, there in (
        ("add", add, "加", any(one.points > 0 for one in merits)),
        ("deduct", deduct, "扣", any(one.points < 0 for one in merits)),
    ):
        if cap and merits and not there:
            table.mistake(key, f"最多{way} {points_text(cap)} 分，entries 里却没有{way}分的", f"{key}: 0，或写上一项")
    needs = table.words("needs", NEEDS) if table.has("needs") else ("document", "date")
    return replace(base, add=add, deduct=deduct, merits=tuple(merits), needs=needs)


_READERS = {
    IndicatorKind.LEDGER: _read_ledger,
    IndicatorKind.COUNTED: _read_counted,
    IndicatorKind.COMPUTED: _read_computed,
    IndicatorKind.ON_TIME: _read_on_time,
    IndicatorKind.JUDGED: _read_judged,
    IndicatorKind.ADD_DEDUCT: _read_merits,
}


def _check_words(found: Indicator, table: FileMapping, among: Among) -> None:
    """Nobody is assessed by days online, punching in or likes, whatever document says so."""
    figures = [among.register.named(one) for one in (*found.reads, *value_figures(found))]
    rounds = [one.name for one in among.campaigns if one.id == found.campaign]
    for said in (found.name, found.standard, *figures, *rounds, *(one.name for one in found.merits)):
        word = next((one for one in WATCHED_WORDS if one in said), None)
        if word:
            what = f"“{said}”里有“{word}”：在线、打卡、点赞之类不作为考核的依据"
            table.source.add(table.path, what, "按工作成效考核，去掉这一项")
            return
