"""Units and people in JSON, and what each person is to hear."""

from fastapi import APIRouter

from api.entrance.caller import WhoAsks
from api.site import Here
from desk.showing.item_rows import show_person
from desk.showing.item_view import show_notices
from desk.showing.register import RowNames
from desk.showing.values import ShownNotice, ShownPerson, ShownUnit
from ledger.directory import people
from ledger.directory.sight import units_in_sight
from ledger.reading import lists, queries

router = APIRouter(prefix="/api/v1", tags=["单位和人员"])


@router.get("/units", summary="单位")
def units(site: Here) -> tuple[ShownUnit, ...]:
    """看得到的单位，按编号：本单位和下级、本片组的；看得到全部的，全部。"""
    with site.database.read() as connection:
        words = RowNames(connection, site.now())
        kinds = {p.unit_kind: p.unit_kind_name for p in lists.current_processes(connection)}
        seen = units_in_sight(connection)
        rows = [row for row in people.all_units(connection) if seen is None or row["id"] in seen]
        return tuple(words.unit(r["id"], r["name"], r["kind"], kinds.get(r["kind"], ""), r["area"]) for r in rows)


@router.get("/people", summary="人员")
def everybody(site: Here) -> tuple[ShownPerson, ...]:
    """人员和职务，按编号：看得到的单位的人，和不属于一个单位的职务。"""
    with site.database.read() as connection:
        seen = units_in_sight(connection)
        every = people.everybody(connection)
        return tuple(show_person(who) for who in every if seen is None or who.is_near(seen))


@router.get("/me/notices", summary="我的通知")
def notices(site: Here, caller: WhoAsks) -> tuple[ShownNotice, ...]:
    """我应当听到的，新的在前，最多 500 条。"""
    with site.database.read() as connection:
        return show_notices(connection, queries.notices_of(connection, person=caller.person))
