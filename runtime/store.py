"""Opening what is stored: the ledger's database and the evidence files, by the settings. No engine, no network."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError, NoSuchModuleError

from ledger.chain import pinned
from ledger.directory import people
from ledger.directory.people import Loaded
from ledger.store import migrations
from ledger.store.database import Database, LedgerUnavailable, hashing_of
from ledger.store.evidence import EvidenceStore
from ledger.store.migrations import SchemaProblem
from rules.machine.commands import Actor
from runtime.backup.marker import refuse_unfinished
from runtime.ending import Problem
from runtime.host import folder
from runtime.host.privacy import close_to_others
from runtime.settings import Settings

if TYPE_CHECKING:
    from desk.accounts.entrance import Entrance


def open_database(settings: Settings, *, migrate: bool = False, as_it_stands: bool = False) -> Database:
    """The ledger's database at the current schema. `migrate` brings it there; otherwise another schema is a Problem,
    and so is a folder without data, in which nothing is made. So is a data folder whose restoration did not come to its
    end, and a ledger without its guards, unless it is looked at `as_it_stands`, by whoever is to say so: nothing is
    written then, in the folder neither.
    """
    refuse_unfinished(settings.data)
    if not migrate:
        _refuse_nothing(settings)
    if not as_it_stands:
        close_to_others(settings.data)
        if not settings.database_url:
            folder.prepare(settings.data)
    try:
        database = Database(settings.database, reads_only=as_it_stands)
        if migrate:
            migrations.upgrade(database, settings.hash)
        elif as_it_stands:
            migrations.check_schema(database)
        else:
            migrations.check(database)
        _check_hash(settings, database)
    except SchemaProblem as problem:
        raise Problem(str(problem)) from problem
    except LedgerUnavailable as away:
        raise Problem(
            f"留痕库连不上：{away.fields.get('detail', '')}", "检查 DUBAN_DATABASE_URL 和数据库是否在运行。"
        ) from away
    except (DBAPIError, NoSuchModuleError) as failure:
        raise Problem(f"留痕库打不开：{failure}", "检查 DUBAN_DATABASE_URL 或数据目录里的 duban.db。") from failure
    return database


def open_entrance(settings: Settings, database: Database) -> Entrance:
    """The entrance to that database: one for a process, since it bounds how many hash passwords at once. What the first
    sign-in would otherwise wait for is done here, and takes a fifth of a second."""
    from desk.accounts.entrance import Entrance  # here and not above: no command but the site needs it
    from desk.accounts.hasher import Hasher
    from runtime.entering import limits_in_force

    limits = limits_in_force(settings)
    hasher = Hasher()
    hasher.warm_up()
    return Entrance(database=database, hasher=hasher, limits=limits)


def has_data(settings: Settings) -> bool:
    """Whether there is a ledger to read, as far as can be seen without opening it."""
    return bool(settings.database_url) or (settings.data / "duban.db").exists()


def _refuse_nothing(settings: Settings) -> None:
    """There is something to read; otherwise nothing is made either, and the way to begin is said. Raises Problem."""
    if not has_data(settings):
        raise Problem(
            f"数据目录 {settings.data} 里还没有数据。",
            "第一次使用请运行 duban up，或 duban migrate 再 duban load；数据在别处的，用 DUBAN_DATA 指明数据目录。",
        )


def _check_hash(settings: Settings, database: Database) -> None:
    """The ledger hashes by the algorithm that is set, if one is. Raises Problem."""
    with database.read() as connection:
        made_with = hashing_of(connection).name
    if settings.hash and settings.hash != made_with:
        raise Problem(
            f"这个留痕库是用 {made_with} 建的，DUBAN_HASH 却是 {settings.hash}。",
            "哈希算法建库时定下，不能换：去掉 DUBAN_HASH，或另起一个新库。",
        )


def evidence_store(settings: Settings, database: Database) -> EvidenceStore:
    """Where evidence files stand, named by the hash of that ledger."""
    with database.read() as connection:
        return EvidenceStore(settings.data / "evidence", hashing_of(connection))


EXAMPLE_COUNTY = Path(__file__).parent.parent / "definitions" / "demo" / "county.yaml"


def overlay_folder(settings: Settings) -> Path:
    """Where the site's own calendar overlays are kept, so that a later calendar is made with all of them."""
    return settings.data / "calendars"


def keys_folder(settings: Settings) -> Path:
    """Where the keys that sign checkpoints are kept."""
    return settings.data / "keys"


def load_shipped(
    database: Database, settings: Settings, *, county: bool, without: bool = False, by: Actor | None = None
) -> list[Loaded]:
    """The shipped processes, campaigns and assessments and the published calendar, with the site's overlays, are
    current; with `county` the invented one is known too. `without`, `by`: see loading.load_calendar, load_directory."""
    # Here and not above: opening needs no definitions.
    from definitions.assessments.assessment_file import shipped_assessments
    from definitions.burden.budget_file import load_budget_file
    from definitions.calendars import overlays_in, snapshot
    from definitions.campaigns.catalogue import shipped_campaigns
    from definitions.catalogue import load_catalogue
    from definitions.directory import load_directory
    from definitions.figures.figure_file import shipped_figures
    from ledger.burden.budgets import load_budget
    from ledger.directory import loading
    from ledger.rounds.campaigns import load_campaigns, put_figures_in_force
    from ledger.scores.in_force import put_assessments_in_force

    processes = load_catalogue()
    figures, campaigns = shipped_figures(processes), shipped_campaigns(processes)
    with database.write() as connection:
        done = [
            loading.load_processes(connection, processes),
            loading.load_calendar(connection, snapshot(overlays_in(overlay_folder(settings))), without=without, by=by),
            put_figures_in_force(connection, figures, datetime.now(UTC)),
            load_campaigns(connection, campaigns, datetime.now(UTC)),
            load_budget(connection, load_budget_file(), datetime.now(UTC)),
            put_assessments_in_force(connection, shipped_assessments(processes, campaigns, figures), datetime.now(UTC)),
        ]
        if county:
            done += loading.load_directory(connection, load_directory(EXAMPLE_COUNTY), by=by)
    return done


_DEMO_FILE = "invented-people"
"""Lies in a data folder whose people were invented by us: the site may let whoever comes be any of them."""


def is_demo(settings: Settings) -> bool:
    """Whether that folder was begun with the invented county."""
    return (settings.data / _DEMO_FILE).exists()


def load_at_first(database: Database, settings: Settings, *, county: bool) -> None:
    """An empty database has the shipped definitions; one that has any keeps its own. The county likewise."""
    with database.read() as connection:
        defined, known = pinned.any_current(connection), bool(people.all_units(connection))
    if not defined or (county and not known):
        load_shipped(database, settings, county=county and not known)
    if county and not known:
        (settings.data / _DEMO_FILE).write_text(
            "这里的单位和人员是虚构的；网站允许任选其中一人进来，直到有人设了密码。\n"
        )
