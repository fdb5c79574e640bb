"""The register of publications in JSON."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.bodies import Word
from api.site import Here
from desk.registers.publications import ShownPublications, show_publications
from ledger.reading.queries import PAGE, PAGE_LIMIT

router = APIRouter(prefix="/api/v1/publications", tags=["公示"])


@router.get("", summary="公示登记")
def publications(
    site: Here,
    unit: Annotated[Word, Query(description="只看这个单位：编号、名称或简称")] = "",
    after: Annotated[Word, Query(description="上一页答复里的 next")] = "",
    size: Annotated[int, Query(ge=1, le=PAGE_LIMIT)] = PAGE,
) -> ShownPublications:
    """公示过什么、在哪里、从哪一天到哪一天，后登记的在前。同 `duban publications --json`。"""
    with site.database.read() as connection:
        return show_publications(connection, unit=unit, after=after, size=size)
