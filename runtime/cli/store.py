"""`duban migrate` and `duban load`: the database's schema, and what stands in it before the first item."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import typer
from sqlalchemy import Connection

from definitions.assessments.assessment_file import load_assessment
from definitions.assessments.checks import full_points_table
from definitions.burden.budget_file import load_budget_file
from definitions.calendars import Overlay, load_overlay, overlays_in, snapshot
from definitions.campaigns.catalogue import load_campaigns
from definitions.catalogue import load_catalogue, load_process
from definitions.directory import load_directory
from definitions.figures.figure_file import load_figures
from definitions.process import ProcessDefinition
from definitions.source import Source
from desk.caller import Caller
from ledger.burden.budgets import budget_in_force, load_budget
from ledger.chain.figures.in_force import figures_in_force
from ledger.directory import loading, people
from ledger.directory.following import LeftItem, carried_out
from ledger.directory.leaving import Missing
from ledger.directory.people import Loaded
from ledger.rounds.campaigns import in_force, put_figures_in_force
from ledger.rounds.campaigns import load_campaigns as put_in_force
from ledger.rounds.changed import campaigns_changed
from ledger.scores.in_force import assessments_in_force, check_figures, put_assessments_in_force
from ledger.store import migrations
from ledger.store.database import Database
from rules.assessment.sheets import points_text
from rules.dates.calendar import Calendar, local_date
from rules.machine.commands import Actor
from rules.names import ROLE_NAMES
from rules.permitting import OfficeAct, roles_for, wrong_role
from rules.process import Role
from runtime.cli.caller import acting_as, by_hand
from runtime.cli.joint.guarding import asked_of_another
from runtime.cli.output import JSON_OPTION, print_json, print_table, refusals_in_words
from runtime.cli.register.directory import DOCUMENT, FROM_DAY, first_day, handed_on, tell, tell_handed_on
from runtime.ending import WRONG_USAGE, Problem
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
    "campaign": "周期工作",
    "budget": "减负预算",
    "assessment": "考核",
    "figure": "数据项",
}


def migrate() -> None:
    """把数据库升级到当前版本。"""
    database = open_database(load_settings(), migrate=True)
    typer.echo(f"数据库已是 {migrations.revision_of(database)} 版，防改触发器有效。")


def load(
    files: list[Path] = typer.Argument(None, help="YAML 文件：单位名录、流程定义、日历、考核等", show_default=False),
    shipped: bool = typer.Option(False, "--shipped", help="载入随程序附带的流程定义和已公布的日历"),
    example: bool = typer.Option(False, "--example", help="再载入示例县（96 个单位，虚构）"),
    renamed: list[str] = typer.Option(None, "--renamed", help="这个编号还是同一个人，只是改了名", show_default=False),
    without: bool = typer.Option(False, "--without-overlays", help="日历不再带这里没有的补充"),
    end_missing: bool = typer.Option(
        False, "--end-missing", help="名录文件里没有的单位和职务终止：从 --from 那天，不写是今天"
    ),
    first: datetime = FROM_DAY,
    document: str = DOCUMENT,
    dry_run: bool = typer.Option(False, "--dry-run", help="名录：只看会怎样，什么也不改"),
    hand_on: bool = typer.Option(False, "--hand-on", help="名录：载入后接着移交撤销单位的事项，同 directory hand-on"),
    caller: Caller = acting_as(
        "以谁的名义", more="给予管理员职务、换日历的（要另一人复核）；--hand-on 的督查员", needed=False
    ),
    as_json: bool = JSON_OPTION,
) -> None:
    """载入单位、人员、片组、流程和日历；说明改了什么；载入两次和一次一样。给予管理员职务、换日历要两个人：先提请，另一人复核
    同意以后再载入一次。"""
    files = files or []
    if not files and not shipped and not example:
        raise Problem("没有说载入什么。", "给出 YAML 文件，或用 --shipped、--example。", WRONG_USAGE)
    settings = load_settings()
    database = by_hand(open_database(settings, migrate=True))
    with refusals_in_words():
        by = _in_whose_name(database, caller)
    database = database.by(by) if by else database
    if hand_on and (as_json or not caller.person):
        raise Problem("--hand-on 要说以谁的名义移交，不能和 --json 同用。", "加上 --as 督查员。", WRONG_USAGE)
    if first or document or dry_run or hand_on:
        apart = settings.administrators_apart
        left = _load_units(database, files, renamed or [], end_missing, first, document, dry_run, as_json, by, apart)
        if hand_on and left and not dry_run:
            reason = f"单位已撤销或合并（{document}）" if document else "单位已撤销或合并"
            with refusals_in_words():
                on = handed_on(settings, left, caller, reason)
            tell_handed_on(on, as_json=False)
        return
    with refusals_in_words(), asked_of_another(database, as_json=as_json):
        done = load_shipped(database, settings, county=example, without=without, by=by) if shipped or example else []
        loaded, absent = _load_files(
            database, settings, files, renamed=renamed or [], end_missing=end_missing, without=without, by=by
        )
        done += loaded
    if as_json:
        counts = ("table", "new", "changed", "same", "ended")
        print_json([{name: getattr(d, name) for name in counts} for d in done])
    else:
        rows = [(TABLE_NAMES[d.table], d.new, d.changed, d.same, d.ended) for d in done]
        print_table("已载入", ("内容", "新增", "改动", "不变", "终止"), rows)
        _tell_missing(absent, ended=end_missing)
        if any(one.table == "assessment" and one.new + one.changed for one in done):
            _tell_full_points(database)


def _tell_full_points(database: Database) -> None:
    """What the indicators of each assessment come to, for every kind and size of unit."""
    with database.read() as connection:
        known = assessments_in_force(connection)
    for one in known.values():
        columns, rows = full_points_table(one)
        print_table(f"{one.name}：总分 {points_text(one.total)}，各类单位加起来", columns, rows)
        if one.rescales:
            typer.echo("不到总分的，其余各项按比例折算。")


def _load_units(
    database: Database,
    files: list[Path],
    renamed: list[str],
    end_missing: bool,
    first: datetime | None,
    document: str,
    dry_run: bool,
    as_json: bool,
    by: Actor | None,
    apart: bool,
) -> tuple[LeftItem, ...]:
    """Directories from a day on, by a document: what follows is said. Returns what has to be handed on now."""
    roots = [Source(path).root for path in files]
    if not files or any(root and {"process", "year"} & {key.value for key, _ in root.value} for root in roots):
        raise Problem("--from、--document、--dry-run 只用于名录文件。", "流程和日历请另外载入。", WRONG_USAGE)
    now = datetime.now(UTC)
    how = replace(first_day(first, now), document=document, dry_run=dry_run)
    with refusals_in_words(), asked_of_another(database, as_json=as_json):
        directories = [load_directory(path) for path in files]
        absent: list[Missing] = []

        def change(connection: Connection) -> None:
            for directory in directories:
                loading.load_directory(
                    connection,
                    directory,
                    renamed=renamed,
                    first=how.first,
                    document=how.document,
                    now=now,
                    by=by,
                    foreseen=how.dry_run,
                )
            if apart:
                loading.check_apart(connection)
            absent.append(loading.missing(connection, directories))
            if end_missing:
                loading.end(connection, absent[0], now, how.first, how.document)

        found = carried_out(database, change, how.first, asking=campaigns_changed, dry_run=how.dry_run)
    tell(found, how, as_json=as_json)
    if not as_json:
        _tell_missing(absent[0], ended=end_missing)
        if how.first > local_date(now):
            typer.echo(f"人员和职务没有动：到 {how.first} 那天再载入一次。")
    return found.items if how.first <= local_date(now) else ()


_NAMED = 20


def _tell_missing(absent: Missing | None, *, ended: bool) -> None:
    """What the files do not name, and what can be done about it."""
    if absent is None or not (absent.posts or absent.units):
        return
    typer.echo("名录文件里没有、" + ("已从今天起终止的：" if ended else "仍在库里的："))
    for unit, open_items in absent.units[:_NAMED]:
        typer.echo(
            f"  单位 {unit['name']}（{unit['id']}）" + (f"，还有 {open_items} 项未办结，请改派" if open_items else "")
        )
    for post in absent.posts[:_NAMED]:
        where = f"，{post['unit_name']}" if post["unit_name"] else ""
        typer.echo(f"  {post['name']}（{post['person']}）的职务：{ROLE_NAMES[Role(post['role'])]}{where}")
    more = max(0, len(absent.units) - _NAMED) + max(0, len(absent.posts) - _NAMED)
    if more:
        typer.echo(f"  另有 {more} 处。")
    if not ended:
        typer.echo("确已撤销、离任的，加上 --end-missing 再载入一次；写在别的名录文件里的，请一起载入。")


def _in_whose_name(database: Database, caller: Caller) -> Actor | None:
    """The caller in the post in which they give administrators' posts, or else in any; None where nobody is named.
    Raises unknown_person, wrong_role for somebody without a post."""
    if not caller.person:
        return None
    with database.read() as connection:
        who = people.somebody(connection, caller.person)
    if not who.posts:
        raise wrong_role(OfficeAct.GRANT, people.held(who))
    fitting = [post for post in who.posts if post.role in roles_for(OfficeAct.GRANT)]
    return caller.acting((fitting or list(who.posts))[0])


def _with_overlays(overlays: list[tuple[Overlay, Path]], settings: Settings) -> Calendar:
    """The calendar with these overlays beside those loaded before; the same id replaces its earlier version."""
    folder = overlay_folder(settings)
    files = {path.name: path for path in overlays_in(folder)} | {f"{one.id}.yaml": path for one, path in overlays}
    return snapshot([files[name] for name in sorted(files)])


def _keep(overlays: list[tuple[Overlay, Path]], settings: Settings) -> None:
    """The overlays stand in the data folder, beside those loaded before."""
    folder = overlay_folder(settings)
    folder.mkdir(parents=True, exist_ok=True)
    for overlay, path in overlays:
        kept = folder / f"{overlay.id}.yaml"
        if path.resolve() != kept.resolve():
            kept.write_bytes(path.read_bytes())


def _load_files(
    database: Database,
    settings: Settings,
    files: list[Path],
    *,
    renamed: list[str],
    end_missing: bool,
    without: bool,
    by: Actor | None,
) -> tuple[list[Loaded], Missing | None]:
    overlays: list[tuple[Overlay, Path]] = []
    processes, directories, campaigns, budgets = [], [], [], []
    registers: list[Path] = []
    assessments: list[Path] = []
    for path in files:
        root = Source(path).root
        keys = {key.value for key, _ in root.value} if root else set()
        if "assessment" in keys:  # it names its campaign, and its year
            assessments.append(path)
        elif "campaign" in keys:  # it names its process too
            campaigns.append(path)
        elif "process" in keys:
            processes.append(load_process(path))
        elif "budget" in keys:
            budgets.append(load_budget_file(path))
        elif "figures" in keys:
            registers.append(path)
        elif "year" in keys:
            overlays.append((load_overlay(path), path))
        else:
            directories.append(load_directory(path))
    done: list[Loaded] = []
    known = _beside(processes) if campaigns or registers or assessments else []
    figures = [load_figures(path, known) for path in registers]
    if overlays:  # the files stand there first, and none that another has still to confirm
        with database.read() as connection:
            loading.check_calendar(connection, _with_overlays(overlays, settings), by, datetime.now(UTC))
        _keep(overlays, settings)
    with database.write() as connection:
        for budget in budgets:
            done.append(load_budget(connection, budget, datetime.now(UTC)))
        others = [one.campaign for one in in_force(connection).values()]
        register, of = figures[-1] if figures else figures_in_force(connection), budget_in_force(connection)
        read = load_campaigns(campaigns, known, others, of, register) if campaigns else ()
        if processes:
            done.append(loading.load_processes(connection, processes))
        done += [put_figures_in_force(connection, register, datetime.now(UTC)) for register in figures]
        if campaigns:
            done.append(put_in_force(connection, read, datetime.now(UTC)))
        if assessments:
            asked = [one.campaign for one in in_force(connection).values()]
            whole = [load_assessment(path, known, asked, register) for path in assessments]
            done.append(put_assessments_in_force(connection, whole, datetime.now(UTC)))
        if registers:
            check_figures(connection, register)
        if overlays:
            kept = snapshot(overlays_in(overlay_folder(settings)))
            done.append(loading.load_calendar(connection, kept, without=without, by=by))
        for directory in directories:
            done += loading.load_directory(connection, directory, renamed=renamed, by=by)
        if directories and settings.administrators_apart:
            loading.check_apart(connection)
        absent = loading.missing(connection, directories) if directories else None
        if absent and end_missing:
            loading.end(connection, absent, datetime.now(UTC))
    return done, absent


def _beside(processes: list[ProcessDefinition]) -> list[ProcessDefinition]:
    """The processes that a campaign can name: those of the same call, and the shipped ones."""
    own = {process.id for process in processes}
    return [*processes, *(process for process in load_catalogue() if process.id not in own)]
