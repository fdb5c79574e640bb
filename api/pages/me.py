"""Who is in, as pages show them."""

from typing import Annotated

from fastapi import Depends

from api.entrance.caller import WhoAsks
from api.site import Here, Site
from desk.caller import Caller
from desk.showing.item_rows import show_person
from desk.showing.values import ShownPerson
from ledger.directory import people
from ledger.directory.people import Somebody
from rules.permitting import OfficeAct, roles_for


def me_of(caller: WhoAsks, site: Here) -> ShownPerson:
    """Whoever is in."""
    return show_person(need_me(site, caller))


def may(me: ShownPerson, act: OfficeAct) -> bool:
    """Whether that person holds a post in which one does that."""
    return any(post.role in roles_for(act) for post in me.posts)


Me = Annotated[ShownPerson, Depends(me_of)]


def need_me(site: Site, caller: Caller) -> Somebody:
    """The same with all posts, for pages that act."""
    with site.database.read() as connection:
        return people.somebody(connection, caller.person)
