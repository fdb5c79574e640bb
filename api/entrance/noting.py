"""What somebody who is in was refused because of who they are: written into the journal of access, after the answer has
gone, so that its time says nothing of what there is."""

from fastapi import Request
from starlette.background import BackgroundTask

from api.entrance.policy import part_at
from api.guards import meant
from api.refusals import Refusal
from desk.caller import Caller
from ledger.chain import lookup
from rules.access import READABLE_NAMES
from rules.errors import LEDGER_AWAY, Code, RuleViolation

_NOT_IN_POST = frozenset({Code.WRONG_ROLE, Code.WRONG_UNIT, Code.WRONG_AREA, Code.POST_NOT_HELD})


def noted(request: Request, refusal: Refusal) -> BackgroundTask | None:
    """What is to be done when the answer has gone; nothing, where the refusal is not one of scope."""
    caller: Caller | None = getattr(request.state, "caller", None)
    number = str(request.path_params.get("no", ""))
    hidden = refusal.code is Code.UNKNOWN_ITEM and number
    if caller is None or not (hidden or refusal.code in _NOT_IN_POST) or not meant(request):
        return None  # what a page elsewhere makes a browser ask is not what its user tried
    return BackgroundTask(_note, request, caller, number)


def _note(request: Request, caller: Caller, number: str) -> None:
    site = request.app.state.site
    try:
        if number:
            with site.database.read() as connection:
                lookup.item_row(connection, lookup.number(number))
        part = part_at(request.scope["route"].path)
        site.entrance.refused(caller, READABLE_NAMES[part] if part else "", number, site.now())
    except RuleViolation as nothing:  # there is none, to nobody; or it cannot be written now
        if nothing.code not in (Code.UNKNOWN_ITEM, Code.FIELD_INVALID, *LEDGER_AWAY):
            raise
