"""`verify` of a campaign file: which share of what came in is drawn and looked at, by which process; and whether that
can work."""

import re
from collections.abc import Iterator, Mapping
from datetime import date

from definitions.fields import FileMapping, listed
from definitions.process import ProcessDefinition
from definitions.source import Source
from rules.draw.drawing import DRAW_ID
from rules.draw.facts import StratumBy
from rules.figures.asking import takes_asks
from rules.forms.form import AnswerKind
from rules.process import Holder, Role
from rules.rounds.campaign import Campaign, Verify, verifying_draw
from rules.rounds.periods import period_of

VERIFIED_UNIT, VERIFIED_ITEM = "unit", "item"
"""The fields of the process's matter that say which unit was drawn, and the number of what it brought in."""
WITNESSES = 2
_SHARE = re.compile(r"(100|[1-9][0-9]?)%")
_A_DAY = date(2026, 12, 31)


def read_verify(top: FileMapping, processes: Mapping[str, ProcessDefinition]) -> Verify:
    """What the file says."""
    table = top.table("verify")
    share = table.word("share", _SHARE, "1% 至 100%，形如 5%")
    strata = table.words("strata", tuple(StratumBy))
    if len(strata) > 1:
        table.mistake("strata", f"写了 {len(strata)} 种分层", "一种，形如 [area]")
    if table.has("seed"):
        seed = table.table("seed")
        seed.integer("witnesses", WITNESSES, WITNESSES)
        seed.done()
    else:
        table.source.add(table.path, "没有见证人，抽中谁就由一个人说了算", "seed: {witnesses: 2}")
    table.reference("by", (Role.INSTRUCTOR,))
    process = processes.get(table.reference("process", processes))
    variants = [one.id for one in process.variants] if process else []
    variant = table.reference("variant", variants) if process else table.word("variant")
    table.done()
    return Verify(
        share=int(share[:-1]) if _SHARE.fullmatch(share) else 1,
        by=StratumBy(strata[0]) if strata else StratumBy.AREA,
        process=process.id if process else "",
        variant=variant,
    )


def check_verify(source: Source, campaign: Campaign, processes: Mapping[str, ProcessDefinition]) -> None:
    """Add to the source's mistakes what cannot work."""
    if campaign.verify is None:
        return
    for key, what, expected in _wrong(campaign, processes[campaign.verify.process], campaign.verify.variant):
        source.add(("verify", key) if key else ("verify",), what, expected)


def _wrong(campaign: Campaign, process: ProcessDefinition, variant: str) -> Iterator[tuple[str, str, str]]:
    if campaign.holder is Holder.AREA:
        yield "", "流程由片组承办：核实抽的是单位报上来的", "由单位承办的流程，或删去 verify"
    draw = verifying_draw(campaign.id, period_of(campaign.rhythm, _A_DAY).id)
    if not DRAW_ID.fullmatch(draw):
        yield "", f"抽取的编号 {draw} 有 {len(draw)} 个字", "编号（campaign）短一些的周期工作：抽取的编号最多 40 个字"
    if process.holder is not Holder.AREA:
        yield "process", f"“{process.id}”由单位承办：核实不再问单位", "holder: area 的流程"
        return
    if not process.lazily:
        yield "process", f"“{process.id}”每件各起流程：抽出来的同一事务里就交办", "写了 starts: lazily 的流程"
    resolved = process.resolve(process.unit_kinds[0].id, variant)
    if takes_asks(resolved):
        yield "process", f"“{process.id}”填轮次问的表", "自己有表的流程"
    first = resolved.steps[0].posts
    if first and Role.INSTRUCTOR not in {post.role for post in first.of}:
        yield "process", f"“{process.id}”的第一个环节不由指导员办", "第一个环节由 instructor@area 办的流程"
    kinds = {VERIFIED_UNIT: AnswerKind.UNIT, VERIFIED_ITEM: AnswerKind.TEXT}
    for name, kind in kinds.items():
        field = process.matter.field(name)
        if field is None or field.kind is not kind:
            yield "process", f"“{process.id}”的事由没有 {name}", f"{name}: {{kind: {kind}}}"
    lacking = [one.id for one in process.matter.fields if one.need and one.id not in {"title", *kinds}]
    if lacking:
        yield "process", f"“{process.id}”的事由还要填 {listed(lacking)}", "只要 title、unit、item 的流程"
