"""The letter by which somebody is invited: by the administrator, at once, and kept nowhere: it opens a door."""

from datetime import datetime
from html import escape

from activities.delivery.letter import Letter
from rules.dates.calendar import LOCAL


def invitation_letter(
    *,
    invitation: str,
    person: str,
    to: str,
    address: str,
    sign_in_name: str,
    link: str,
    expires: datetime,
    now: datetime,
) -> Letter:
    """The letter, with the link that works once."""
    until = f"{expires.astimezone(LOCAL):%Y-%m-%d %H:%M}"
    lines = (
        f"{to}：",
        f"请用下面的链接设定您在督办系统的密码，此后以登录名 {sign_in_name} 登录。",
        link,
        f"链接只能用一次，{until} 以前有效。不是您要的，请不要打开，并告诉管理员。",
    )
    page = "".join(f"<p>{escape(line)}</p>" for line in lines)
    return Letter(
        id=f"invitation-{invitation}",
        person=person,
        to=" ".join(to.split()),
        address=address,
        subject="督办系统：设定密码",
        text="\n\n".join(lines) + "\n",
        page=f"<!doctype html><html lang=zh><meta charset=utf-8><body>{page}</body></html>",
        made=now,
    )
