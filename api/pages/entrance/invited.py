"""An invitation's link: whoever holds it sets a password, and is in."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.pages.entrance.sign_in import Typed, come_in, coming_from
from api.pages.render import PlainPages
from api.refusals import refusal_of
from api.site import Open
from rules.errors import Code, RuleViolation

router = APIRouter(prefix="/invitation", include_in_schema=False)


@router.get("/{secret}")
def invited(site: Open, pages: PlainPages, secret: str) -> Response:
    """Where a password is chosen. Looking at it uses nothing up and says of no link whether it works."""
    return pages.plain("invitation.html", refusal=None, length=site.entrance.limits.length, secret=secret[:200])


@router.post("/{secret}")
async def used(
    request: Request,
    site: Open,
    pages: PlainPages,
    secret: str,
    password: Typed = "",
    again: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """The password is set; then the first page."""
    coming = coming_from(request, site)
    try:
        check_typed_twice(password, again)
        admitted = await run_in_threadpool(
            lambda: site.entrance.use_invitation(secret, password, now=site.now(), **coming)
        )
    except RuleViolation as violation:
        refusal = refusal_of(violation)
        return pages.plain("invitation.html", refusal=refusal, length=site.entrance.limits.length, secret=secret[:200])
    return come_in(site, admitted, "/")


def check_typed_twice(password: str, again: str) -> None:
    """Both times it was the same. Raises password_refused."""
    if password != again:
        raise RuleViolation(Code.PASSWORD_REFUSED, why="两次输入的不一样")
