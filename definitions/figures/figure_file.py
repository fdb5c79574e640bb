"""Reading the register of figures: what the file says, each mistake with its line. What campaigns ask of it is checked
beside them."""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from definitions.catalogue import SHIPPED
from definitions.fields import FileMapping, listed, suggestion
from definitions.form_file import check_keys, read_said
from definitions.process import ProcessDefinition
from definitions.source import Source
from rules.codec import encode
from rules.figures.figure import KINDS, PUBLICATIONS, Figure, FigureRate, FigureRegister, FigureSource
from rules.forms.form import AnswerKind
from rules.rounds.periods import Rhythm

SHIPPED_FIGURES = SHIPPED / "figures" / "figures.yaml"
OF_QUESTIONS_ONLY = ("need", "options", "derive", "because", "rows", "columns")
"""Keys of a field of a form that no figure has."""
_OFFICE = re.compile(r"[^\n]{1,40}")
_RHYTHMS = tuple(one.value for one in Rhythm if one is not Rhythm.ONCE)
_KIND_OF_RATE = {
    FigureRate.CLOSED_ON_TIME: (AnswerKind.PERCENT, AnswerKind.YES_NO),
    FigureRate.NODES_ON_TIME: (AnswerKind.PERCENT,),
    FigureRate.TALLIES_MET: (AnswerKind.PERCENT,),
    FigureRate.PUBLISHED: (AnswerKind.COUNT,),
}
"""Of which kinds a figure is that the ledger tells by that rate."""


def load_figures(path: Path, processes: Sequence[ProcessDefinition]) -> FigureRegister:
    """The register that a file gives. Raises definition_invalid with every mistake of the file."""
    source = Source(path)
    if source.root is None:
        source.refuse()
    top = FileMapping(source, (), source.root)
    known = {process.id: process for process in processes}
    owner = top.word("owner", _OFFICE, "归口的部门，如 县委组织部") if top.has("owner") else ""
    figures = tuple(_figure(name, table, known, owner) for name, table in top.tables("figures", "数据项：每项一个名字"))
    top.done()
    _check_names(source, figures)
    source.refuse()
    found = FigureRegister(figures=figures)
    return replace(found, version=digest_of(found))


def shipped_figures(processes: Sequence[ProcessDefinition]) -> FigureRegister:
    """The register that comes with the program."""
    return load_figures(SHIPPED_FIGURES, processes)


def digest_of(register: FigureRegister) -> str:
    """What its version is: a hash of all that it says."""
    content = encode(replace(register, version=""))
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _figure(name: str, table: FileMapping, processes: dict[str, ProcessDefinition], owner: str) -> Figure:
    said = read_said(name, table)
    kind: AnswerKind = said["kind"]
    if kind not in KINDS:
        table.mistake("kind", f"“{name}”是 {kind}", listed([one for one in AnswerKind if one in KINDS]))
    check_keys(name, kind, table)
    for key in OF_QUESTIONS_ONLY:
        if table.has(key):
            table.mistake(key, f"数据项“{name}”不写“{key}”", "去掉：问到的都要填，一个数一格")
    source = table.choice("source", FigureSource)
    every = table.reference("every", _RHYTHMS)
    more = _told(name, table, processes, kind) if source is FigureSource.LEDGER else {}
    prefill = table.has("prefill") and table.reference("prefill", ("last",)) == "last"
    confirm = table.flag("confirm")
    for key in ("prefill", "confirm"):
        if table.has(key) and source is not FigureSource.ASKED:
            table.mistake(key, f"“{name}”不问，没有旧数可带", f"去掉 {key}")
    if confirm and not prefill:
        table.mistake("confirm", f"“{name}”没有带入的旧数，无从确认", "与 prefill: last 一起写，否则删去")
    figure = Figure(
        id=name,
        name=said["name"],
        kind=kind,
        every=Rhythm(every) if every in _RHYTHMS else Rhythm.MONTH,
        source=source,
        places=said.get("places", 0),
        least=said.get("least"),
        most=said.get("most"),
        limit=said.get("limit", 0),
        prefill=prefill,
        confirm=confirm,
        owner=table.word("owner", _OFFICE, "归口的部门") if table.has("owner") else owner,
        note=table.text("note", "说明", 300) if table.has("note") else "",
        **more,  # type: ignore[arg-type]
    )
    table.done()
    return figure


def _told(
    name: str, table: FileMapping, processes: dict[str, ProcessDefinition], kind: AnswerKind
) -> dict[str, object]:
    """Of a figure that the ledger tells: of which process and by which rate. Publications are counted."""
    expected = f"{PUBLICATIONS}，或一个流程：{listed(processes)}"
    of = table.word("of") if table.has("of") else ""
    if not of:
        table.source.add(table.path, f"“{name}”由留痕算，没有写算什么", f"of: {expected}")
        return {}
    if of == PUBLICATIONS:
        if table.has("rate"):
            table.mistake("rate", "公示只计次数", "去掉 rate")
        _check_kind(name, table, kind, FigureRate.PUBLISHED)
        what = table.text("what", "只计公示的这一样") if table.has("what") else ""
        if what and not any(_publishes(process, what) for process in processes.values()):
            table.mistake("what", f"没有流程公示“{what}”", "某个环节 publish 的 what")
        return {"of": of, "rate": FigureRate.PUBLISHED, "what": what}
    process = processes.get(of)
    if process is None:
        table.mistake("of", f"没有流程“{of}”{suggestion(of, processes)}", expected)
    rates = [one.value for one in FigureRate if one is not FigureRate.PUBLISHED]
    rate = table.reference("rate", rates)
    if rate not in rates:
        return {"of": of}
    found = FigureRate(rate)
    if process and found is FigureRate.NODES_ON_TIME and not any(t.dated for one in process.tallies for t in one.kinds):
        table.mistake("rate", f"流程“{of}”没有定日期的节点", "一个 tallies 有 by 的流程，或别的 rate")
    if process and found is FigureRate.TALLIES_MET and not process.tallies:
        table.mistake("rate", f"流程“{of}”没有逐次记的", "一个有 tallies 的流程，或别的 rate")
    _check_kind(name, table, kind, found)
    return {"of": of, "rate": found}


def _publishes(process: ProcessDefinition, what: str) -> bool:
    steps = (step for variant in process.variants for step in variant.steps)
    return any(step.publish is not None and step.publish.what == what for step in steps)


def _check_kind(name: str, table: FileMapping, kind: AnswerKind, rate: FigureRate) -> None:
    if kind not in _KIND_OF_RATE[rate]:
        table.mistake("kind", f"“{name}”算出来的不是 {kind}", listed(_KIND_OF_RATE[rate]))


def _check_names(source: Source, figures: Sequence[Figure]) -> None:
    """No two are called the same: whoever fills in a table by headings knows which is which."""
    seen: dict[str, str] = {}
    for one in figures:
        if one.name in seen and one.name:
            source.add(("figures", one.id, "name"), f"“{one.name}”已是 {seen[one.name]} 的名称", "不重复的名称")
        seen.setdefault(one.name, one.id)
