"""`duban definitions list|show|diff|check`: what processes there are and what they say. Nothing is written."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import typer
from rich.text import Text

from definitions.catalogue import load_beside, load_process, load_processes
from definitions.mistakes import DefinitionErrors, Mistake
from definitions.process import ProcessDefinition
from desk.showing.versions import (
    ShownChange,
    ShownChapter,
    ShownVersion,
    old_words,
    show_versions,
    shown_comparison,
    shown_process,
)
from ledger.reading.versions import KnownVersion, version_of, versions
from runtime.cli.output import JSON_OPTION, console, print_json, print_table, refusals_in_words
from runtime.ending import REFUSED
from runtime.settings import load
from runtime.store import open_database

WHICH = "流程的编号或名称（现行的版本）；加 @ 和版本或校验码指定版本；也可以是一个 YAML 文件"


def list_versions(as_json: bool = JSON_OPTION) -> None:
    """有哪些流程和版本，哪个现行，各有几项未办结的在用。"""
    database = open_database(load())
    with database.read() as connection:
        known = show_versions(connection)
    if as_json:
        print_json([one.model_dump(mode="json") for one in known])
        return
    print_table(
        "流程定义",
        ("流程", "名称", "版本", "校验码", "走法", "单位类别", "现行", "未办结"),
        [
            (
                one.process,
                one.name,
                one.edition,
                one.hash,
                "、".join(one.variants.values()),
                "、".join(one.unit_kinds.values()),
                "现行" if one.current else "以前的",
                f"{one.open_items} 项",
            )
            for one in known
        ],
    )
    if old := old_words(known):
        typer.echo(old)


def show(
    what: str = typer.Argument(..., help=f"哪个流程：{WHICH}"),
    unit_kind: str = typer.Option("", "--unit-kind", help="只看这一类单位（编号或名称）"),
    as_json: bool = JSON_OPTION,
) -> None:
    """一个流程写着什么：环节、谁办、各类单位的时限、督办阶梯、认定。"""
    with refusals_in_words():
        shown = shown_process(*_named(what), unit_kind=unit_kind, drawn=False)
    if as_json:
        print_json(shown.model_dump(mode="json", exclude={"chapters": {"__all__": {"picture"}}}))
        return
    typer.echo(_title(shown.version))
    for chapter in shown.chapters:
        _say(chapter)


def diff(
    what: str = typer.Argument(..., help=f"哪个流程：{WHICH}"),
    other: str = typer.Argument("", metavar="[与哪个比]", help="与哪个比；不写就与现行的版本比", show_default=False),
    as_json: bool = JSON_OPTION,
) -> None:
    """两个版本（或一个文件与现行的）有什么不同。先写的是旧的，后写的是新的；只写一个时，它是新的。"""
    with refusals_in_words():
        before, after = _named(what, other) if other else _against_current(what)
    found = shown_comparison(before, after)
    if as_json:
        print_json(found.model_dump(mode="json"))
        return
    typer.echo(f"{_title(found.before)} → {_title(found.after)}")
    if found.changes:
        print_table(
            "不同之处", ("走法", "哪里", "什么", "原来", "改为"), [_changed(change) for change in found.changes]
        )
    else:
        typer.echo("办法没有不同。")
    if found.before.open_items:
        typer.echo(
            f"在办的 {found.before.open_items} 项仍按 {found.before.edition}（{found.before.hash}）走，不受影响。"
        )


def check(files: list[Path] = typer.Argument(..., help="流程定义的 YAML 文件"), as_json: bool = JSON_OPTION) -> None:
    """查流程定义写得对不对，一次列出全部错误；什么也不载入。"""
    found: tuple[ProcessDefinition, ...] = ()
    mistakes: tuple[Mistake, ...] = ()
    try:
        found = load_processes(files, load_beside(files))
    except DefinitionErrors as errors:
        mistakes = errors.mistakes
    if as_json:
        print_json({"sound": not mistakes, "mistakes": [asdict(mistake) for mistake in mistakes]})
    elif mistakes:
        for mistake in mistakes:
            typer.echo(str(mistake))
        typer.echo(f"共 {len(mistakes)} 处错误，整份不会载入。")
    for definition in () if as_json else found:
        typer.echo(f"{definition.file}：{_summary(definition)}；没有错误。")
    if mistakes:
        raise typer.Exit(REFUSED)


def _summary(definition: ProcessDefinition) -> str:
    variants = "、".join(f"{v.name} {len(v.steps)} 个环节" for v in definition.variants)
    return f"{definition.name} {definition.version}，{variants}，{len(definition.unit_kinds)} 类单位"


def _named(*words: str) -> tuple[KnownVersion, ...]:
    """The versions that people name: files are read, all else the ledger knows. No ledger is needed for files."""
    files = [_of_file(word) for word in words]
    if all(files):
        return tuple(one for one in files if one)
    with open_database(load()).read() as connection:
        known = versions(connection)
    return tuple(one or version_of(known, word) for one, word in zip(files, words, strict=True))


def _of_file(word: str) -> KnownVersion | None:
    if not word.endswith((".yaml", ".yml")):
        return None
    definition = load_process(Path(word))
    return KnownVersion(processes=definition.all_resolved(), current=False, open_items=0)


def _against_current(word: str) -> tuple[KnownVersion, ...]:
    (after,) = _named(word)
    return (*_named(after.process), after)


def _title(version: ShownVersion) -> str:
    return f"{version.name} {version.edition}（{version.hash}）"


def _say(chapter: ShownChapter) -> None:
    out = console()
    out.print(Text(f"\n{chapter.name}", style="bold"))
    for part in chapter.parts:
        name = "" if part.id == "" else f"{part.kind_name} {part.name}"
        if name:
            out.print(Text(f"  {name}"))
        for line in part.lines:
            out.print(Text(f"    {line.about}：{line.words}"))


def _changed(change: ShownChange) -> tuple[str, ...]:
    return change.chapter, change.part, change.about or "整个", change.before or "没有", change.after or "没有"
