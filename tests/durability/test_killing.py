"""Real processes, kill -9 at random points with commands in flight: what was acknowledged stands, once."""

import random
from collections import Counter
from datetime import timedelta
from functools import partial

import pytest

from ledger.chain import lookup
from ledger.proof.verify import verify
from rules.process import Role
from runtime.settings import Settings
from tests.durability.parts import Parts
from tests.support import witness

ROUNDS = 20
ITEMS = 16
CALLERS = ("one", "two", "three")
EVERYTHING = ("server", "worker", "site", *CALLERS)
VICTIMS = ("engine", "engine", "worker", "worker", "site", "site", *CALLERS)
LATE = timedelta(days=30)


@pytest.mark.soak
@pytest.mark.timeout(240)
def test_killing_anything_at_any_moment_loses_and_doubles_nothing(settings: Settings) -> None:
    seed = random.SystemRandom().randrange(10**6)
    chance = random.Random(seed)
    killed: Counter[str] = Counter()
    with Parts(settings) as parts:
        parts.issue(ITEMS, ago=LATE)
        for name in EVERYTHING:
            parts.begin(name)
            if name == "server":
                parts.wait("the server answers", parts.server)
        for turn in range(ROUNDS):
            enough = parts.acknowledged() + chance.randrange(3, 30)
            parts.wait(f"commands go through (seed {seed}, {dict(killed)})", partial(parts.beyond, enough))
            parts.issue(1, ago=LATE)
            victims = EVERYTHING if turn == ROUNDS // 2 else (chance.choice(VICTIMS),)
            for name in victims:
                parts.kill(name)
                killed[name] += 1
            for name in victims:
                if name != "engine":
                    parts.begin(name)
                if name == "server":
                    parts.wait("the server answers", parts.server)
        last = parts.acknowledged()
        parts.wait("commands go through at the end", partial(parts.beyond, last + 30))
        parts.stop.touch()
        assert [parts.join(name) for name in CALLERS] == [0, 0, 0]

        with parts.database.read() as connection:
            numbers = [row["no"] for row in lookup.open_items(connection)]
        stand = Counter(
            (no, e.command)
            for no in numbers
            for e in witness.events(parts.database, no)
            if e.actor.role is not Role.SYSTEM and e.kind != "issued"
        )
        answers = parts.answers()
        acknowledged = {(a["no"], a["id"]) for a in answers if "seq" in a}
        refused = {(a["no"], a["id"]) for a in answers if "code" in a}
        assert acknowledged - set(stand) == set(), f"lost (seed {seed}, {dict(killed)})"
        assert [which for which, times in stand.items() if times > 1] == [], f"doubled (seed {seed})"
        assert set(stand) - acknowledged == set(), f"stands, and nobody was told (seed {seed})"
        assert refused & set(stand) == set(), f"refused, and stands (seed {seed})"
        assert all(witness.said_once(parts.database, no) for no in numbers), f"a rung spoke twice (seed {seed})"
        assert any("rung_reached" in witness.kinds(parts.database, no) for no in numbers)
        assert verify(parts.database).wrong == (), f"seed {seed}"
        assert len(numbers) == ITEMS + ROUNDS
        assert len(acknowledged) > 10 * ROUNDS
