"""The processes in JSON: which versions there are, and one in words and pictures."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.bodies import Word
from api.site import Here
from desk.showing.versions import ShownProcess, ShownVersion, show_process, show_versions

router = APIRouter(prefix="/api/v1/definitions", tags=["流程"])


@router.get("", summary="流程定义的版本")
def definitions(site: Here) -> tuple[ShownVersion, ...]:
    """每个流程的每个版本：哪个现行，各有几项未办结的在用。"""
    with site.database.read() as connection:
        return show_versions(connection)


@router.get("/{process}", summary="一个流程")
def definition(
    site: Here,
    process: Word,
    version: Annotated[Word, Query(description="版本或校验码；不写就是现行的")] = "",
    unit_kind: Annotated[Word, Query(description="只看这一类单位")] = "",
) -> ShownProcess:
    """环节、谁办、各类单位的时限、督办阶梯、认定，逐条成话；每种走法一张图（SVG）。"""
    with site.database.read() as connection:
        return show_process(connection, process, version=version, unit_kind=unit_kind)
