"""`duban figures`: which figures there are, the series of one, values imported and exported."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import typer

from desk.caller import Caller
from desk.exporting import Format
from desk.figures.extract import FigureSelection
from desk.figures.importing import import_figures
from desk.figures.showing import MOST_PERIODS, PERIODS, SeriesWanted, shown_figures, shown_series
from documents.sheets.unreadable import SheetRefused
from runtime.cli.audit.export import FORCE, OUT, write_export
from runtime.cli.caller import acting_as
from runtime.cli.output import JSON_OPTION, print_json, print_table, refusals_in_words
from runtime.ending import Problem
from runtime.settings import load
from runtime.store import open_database

figures = typer.Typer(help="数据项：一数一源的登记，逐期的数，导入和导出。", no_args_is_help=True)
_UNIT = typer.Option("", help="只看这个单位：编号、名称或简称")
_AREA = typer.Option("", help="只看这个片组的单位")
_KIND = typer.Option("", help="只看这一类单位")
_BESIDE = 12
"""So many periods stand beside each other: more would be cut to nothing."""
_LAST = typer.Option(PERIODS, "--last", min=1, max=MOST_PERIODS, help="最近几期")


@figures.command("list")
def list_(as_json: bool = JSON_OPTION) -> None:
    """有哪些数据项：周期、出处、归口、谁在问。"""
    with refusals_in_words(), open_database(load()).read() as connection:
        found = shown_figures(connection)
    if as_json:
        print_json([one.model_dump(mode="json") for one in found])
        return
    columns = ("编号", "名称", "种类", "周期", "出处", "归口", "谁在问、怎样算")
    rows = [
        (f.id, f.name, f.kind, f.every, f.source_name, f.owner, "、".join(f.asked_by) or f.how or f.note) for f in found
    ]
    print_table("数据项", columns, rows)


@figures.command("show")
def show(
    figure: str = typer.Argument(..., metavar="数据项", help="编号或名称"),
    unit: str = _UNIT,
    area: str = _AREA,
    kind: str = _KIND,
    last: int = _LAST,
    as_json: bool = JSON_OPTION,
) -> None:
    """一个数据项逐期的数；没有的期空着，不补不猜，各单位的不相加。"""
    wanted = SeriesWanted(figure=figure, unit=unit, area=area, kind=kind, last=last)
    with refusals_in_words(), open_database(load()).read() as connection:
        found = shown_series(connection, wanted, datetime.now(UTC))
    if as_json:
        print_json(found.model_dump(mode="json"))
        return
    for n in range(0, len(found.periods), _BESIDE):
        part = slice(n, n + _BESIDE)
        rows = [(row.unit_name, *(cell.words for cell in row.cells[part])) for row in found.rows]
        print_table(found.figure.name, ("单位", *found.periods[part]), rows)


@figures.command("import")
def import_(
    file: Path = typer.Argument(..., metavar="文件", help="csv 或 xlsx：单位、期，和各数据项一栏"),
    document: str = typer.Option(..., help="依据的文件，如 县组〔2026〕5号"),
    caller: Caller = acting_as("督查员"),
) -> None:
    """导入数据：有一格不能成立的，一个也不导入，逐格说明。"""
    if not file.is_file():
        raise Problem(f"没有 {file} 这个文件。", "核对文件名。")
    with refusals_in_words():
        try:
            done = import_figures(
                open_database(load()), file.read_bytes(), file.name, document, caller, datetime.now(UTC)
            )
        except SheetRefused as refusal:
            raise Problem(str(refusal), "改好文件再导入。") from refusal
    anew = f"{done.rescored} 个已有的得分随之改记。" if done.rescored else ""
    typer.echo(f"已导入 {done.units} 个单位的 {done.values} 个数据，并已留痕；{done.same} 个本来就是这样。{anew}")


@figures.command("export")
def export(
    figure: str = typer.Argument("", metavar="数据项", help="编号或名称；不写是全部", show_default=False),
    form: Format = typer.Option(Format.XLSX, "--format", help="xlsx、csv、jsonl 或 pdf"),
    out: Path = OUT,
    caller: Caller = acting_as(),
    force: bool = FORCE,
    unit: str = _UNIT,
    area: str = _AREA,
    kind: str = _KIND,
    last: int = _LAST,
    as_json: bool = JSON_OPTION,
) -> None:
    """导出：一个数一行。谁导出了什么也留痕。"""
    wanted = SeriesWanted(figure=figure, unit=unit, area=area, kind=kind, last=last)
    asked = FigureSelection(wanted=wanted, now=datetime.now(UTC))
    with refusals_in_words():
        write_export(open_database(load()), asked, form, out, caller, force=force, as_json=as_json)
