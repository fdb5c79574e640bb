"""`duban migrate` and `duban load`: the database's schema, and what stands in it before the first item."""

from __future__ import annotations

from pathlib import Path

import typer

from definitions.calendars import Overlay, load_overlay, overlays_in, snapshot
from definitions.catalogue import load_process
from definitions.directory import load_directory
from definitions.source import Source
from ledger import loading, migrations
from ledger.database import Database
from ledger.people import Loaded
from runtime.cli.output import JSON_OPTION, print_json, print_table, refusals_in_words
from runtime.problems import WRONG_USAGE, Problem
from runtime.settings import Settings
from runtime.settings import load as load_settings
from runtime.store import load_shipped, open_database, overlay_folder

TABLE_NAMES = {
    "area": "片组",
    "unit": "单位",
    "person": "人员",
    "post": "职务",
    "process_version": "流程",
    "calendar_version": "日历",
}


def migrate() -> None:
    """把数据库升级到当前版本。"""
    database = open_database(load_settings(), migrate=True)
    typer.echo(f"数据库已是 {migrations.revision_of(database)} 版，防改触发器有效。")


def load(
    files: list[Path] = typer.Argument(None, help="YAML 文件：单位名录、流程定义、日历", show_default=False),
    shipped: bool = typer.Option(False, "--shipped", help="载入随程序附带的流程定义和已公布的日历"),
    example: bool = typer.Option(False, "--example", help="再载入示例县（96 个单位，虚构）"),
    as_json: bool = JSON_OPTION,
) -> None:
    """载入单位、人员、片组、流程和日历；说明改了什么；载入两次和一次一样。"""
    files = files or []
    if not files and not shipped and not example:
        raise Problem("没有说载入什么。", "给出 YAML 文件，或用 --shipped、--example。", WRONG_USAGE)
    settings = load_settings()
    database = open_database(settings, migrate=True)
    with refusals_in_words():
        done = load_shipped(database, settings, county=example) if shipped or example else []
        done += _load_files(database, settings, files)
    if as_json:
        print_json([{"table": d.table, "new": d.new, "changed": d.changed, "same": d.same} for d in done])
    else:
        rows = [(TABLE_NAMES[d.table], d.new, d.changed, d.same) for d in done]
        print_table("已载入", ("内容", "新增", "改动", "不变"), rows)


def _keep(overlay: Overlay, path: Path, settings: Settings) -> Path:
    """The overlay stands in the data folder, beside those loaded before; the same id replaces its earlier version."""
    folder = overlay_folder(settings)
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / f"{overlay.id}.yaml"
    if path.resolve() != kept.resolve():
        kept.write_bytes(path.read_bytes())
    return kept


def _load_files(database: Database, settings: Settings, files: list[Path]) -> list[Loaded]:
    processes, directories, overlays = [], [], []
    for path in files:
        root = Source(path).root
        keys = {key.value for key, _ in root.value} if root else set()
        if "process" in keys:
            processes.append(load_process(path))
        elif "year" in keys:
            overlays.append(_keep(load_overlay(path), path, settings))
        else:
            directories.append(load_directory(path))
    done: list[Loaded] = []
    with database.write() as connection:
        if processes:
            done.append(loading.load_processes(connection, processes))
        if overlays:
            done.append(loading.load_calendar(connection, snapshot(overlays_in(overlay_folder(settings)))))
        for directory in directories:
            done += loading.load_directory(connection, directory)
    return done
