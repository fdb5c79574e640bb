"""Whatever people, the administrator and the clock do, in whatever order: nobody is recognised who may not be."""

import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from ledger.proof.verify import verify
from ledger.store import migrations
from ledger.store.database import Database
from rules.errors import Code, RuleViolation
from tests.ledger.accounts.coming_in import GOOD, LIMITS, OTHER, WRONG, door
from tests.support import world
from tests.support.two.people import posted

PEOPLE = ("lian", "dang", "guan")
STEPS = 25


@dataclass
class Model:
    """A person's account as it has to be."""

    password: str | None = None
    active: bool = True
    in_post: bool = True
    failures: list[datetime] = field(default_factory=list)
    held: datetime | None = None


@dataclass
class Inside:
    """A session as it has to be."""

    person: str
    secret: str
    begun: datetime
    seen: datetime
    ended: bool = False


class Entering(RuleBasedStateMachine):
    """Three people with accounts, on a database of its own."""

    links = Bundle("links")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        path = shutil.copy(_template(), Path(self.folder.name) / "duban.db")
        self.database = Database(f"sqlite:///{path}")
        self.door = door(self.database)
        self.models = {person: Model() for person in PEOPLE}
        self.inside: list[Inside] = []
        self.open_links: dict[str, tuple[str, datetime]] = {}
        self.addresses = 0

    def teardown(self) -> None:
        assert verify(self.database).wrong == ()
        self.database.close()
        self.folder.cleanup()

    @initialize(target=links)
    def accounts(self) -> Any:
        """Each has an account, two of them a password and a session, the third a link."""
        for person in PEOPLE:
            self._linked(person, self.door.open(person))
        links = tuple(self.open_links)
        for link in links[:2]:
            self.use(link, GOOD)
        return multiple(*links)

    @rule(target=links, person=st.sampled_from(PEOPLE))
    def invite(self, person: str) -> Any:
        """A new link ends the old one; who is off or left gets none."""
        model = self.models[person]
        if not (model.active and model.in_post):
            with pytest.raises(RuleViolation):
                self.door.invite(person)
            return multiple()
        secret = self.door.invite(person)
        self.open_links = {link: of for link, of in self.open_links.items() if of[0] != person}
        self._linked(person, secret)
        return secret

    @rule(secret=links, password=st.sampled_from((GOOD, OTHER)))
    def use(self, secret: str, password: str) -> None:
        """A link works once, before it expires, for who may come in; it ends every session."""
        person, expires = self.open_links.get(secret, ("", self.now))
        model = self.models.get(person)
        if model is None or not (self.now < expires and model.active and model.in_post):
            assert self._refused(lambda: self.door.use(secret, password, address=self._address()))
            return
        admitted = self.door.use(secret, password, address=self._address())
        del self.open_links[secret]
        self._end(person)
        model.password, model.failures, model.held = password, [], None
        self._came_in(person, admitted.secret)

    @rule(person=st.sampled_from(PEOPLE), password=st.sampled_from((GOOD, OTHER, WRONG)))
    def sign_in(self, person: str, password: str) -> None:
        """Let in is who knows the password of an account that lets in and is not locked."""
        model = self.models[person]
        locked = model.held is not None and self.now < model.held
        lets_in = model.active and model.in_post and not locked
        if lets_in and model.password is not None and password == model.password:
            self._came_in(person, self.door.try_in(person, password, address=self._address()).secret)
            model.failures, model.held = [], None
            return
        assert self._refused(lambda: self.door.try_in(person, password, address=self._address()))
        if not locked:
            self._failed(model)

    @rule(person=st.sampled_from(PEOPLE), active=st.booleans())
    def switch(self, person: str, active: bool) -> None:
        """Switched off, nobody of the account is in."""
        self.door.switch(person, active)
        self.models[person].active = active

    @rule(person=st.sampled_from(PEOPLE), in_post=st.booleans())
    def post(self, person: str, in_post: bool) -> None:
        """Who has no post is not in, and is again when they have one."""
        row = next(one for one in world.PEOPLE if one["id"] == person)
        posts = [one for one in world.POSTS if one["person"] == person] if in_post else []
        posted(self.database, row, posts, self.now)
        self.models[person].in_post = in_post

    @rule(n=st.integers(0, 20))
    def sign_out(self, n: int) -> None:
        """Whoever signs out is out."""
        if self.inside:
            one = self.inside[n % len(self.inside)]
            self.door.entrance.sign_out(one.secret, self.now)
            if self._lives(one):
                one.ended = True

    @rule(minutes=st.sampled_from((0.3, 1, 5, 11, 21, 29, 31, 200, 500)))
    def wait(self, minutes: float) -> None:
        """The clock goes on."""
        self.door.wait(minutes)

    @invariant()
    def who_is_recognised_is_who_has_to_be(self) -> None:
        """Every cookie that was ever given, at every moment."""
        for one in self.inside:
            lives = self._lives(one)
            assert self.door.person_in(one.secret) == (one.person if lives else None), one
            if lives and self.now >= one.seen + timedelta(minutes=1):
                one.seen = self.now

    @property
    def now(self) -> datetime:
        return self.door.now

    def _lives(self, one: Inside) -> bool:
        model = self.models[one.person]
        in_time = self.now < one.seen + LIMITS.idle and self.now < one.begun + LIMITS.life
        return not one.ended and model.active and model.in_post and in_time

    def _linked(self, person: str, secret: str) -> None:
        self.open_links[secret] = (person, self.now + LIMITS.link)

    def _came_in(self, person: str, secret: str) -> None:
        self.inside.append(Inside(person, secret, self.now, self.now))

    def _end(self, person: str) -> None:
        for one in self.inside:
            one.ended = one.ended or one.person == person

    def _failed(self, model: Model) -> None:
        window, limit = LIMITS.account.window, LIMITS.account.tries
        if model.held is not None or not model.failures or self.now >= model.failures[0] + window:
            model.failures, model.held = [], None
        model.failures.append(self.now)
        if len(model.failures) >= limit:
            model.held = self.now + LIMITS.account.hold

    def _address(self) -> str:
        """Another one each time: what an address does is tested by itself."""
        self.addresses += 1
        return f"10.{self.addresses >> 8}.{self.addresses & 255}.1"

    def _refused(self, call: Any) -> bool:
        with pytest.raises(RuleViolation) as refusal:
            call()
        return refusal.value.code is Code.SIGN_IN_REFUSED


@cache
def _template() -> Path:
    """A database with the small world, made once."""
    path = Path(tempfile.mkdtemp()) / "duban.db"
    database = Database(f"sqlite:///{path}")
    migrations.upgrade(database)
    world.load(database)
    database.close()
    return path


def test_nobody_is_recognised_who_may_not_be() -> None:
    run_state_machine_as_test(Entering, settings=settings(max_examples=12, stateful_step_count=STEPS, deadline=None))


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_nobody_is_recognised_who_may_not_be_in_many_lives() -> None:
    run_state_machine_as_test(Entering, settings=settings(max_examples=200, stateful_step_count=60, deadline=None))
