"""A veil: how long it lasts, what lifts it, and that the entry which does says so."""

from dataclasses import replace

from rules.machine.commands import UnitRef
from rules.machine.facts import Approved, Closed, Issued
from rules.machine.timed import Migrated
from rules.telling.story import UNVEILED, tell
from tests.support.factories import INSTRUCTOR, K, Play
from tests.support.processes import UNANNOUNCED

UNIT = UnitRef(id="u1", name="县档案馆", kind="organ", area="a1")


def unannounced(*kinds: K) -> Play:
    play = Play(process=UNANNOUNCED.resolve("organ", "visit"), unit=UNIT, co_units=("u3",))
    for kind in kinds:
        play.do(kind)
    return play


def test_the_unit_is_kept_in_the_dark_until_its_own_step_begins() -> None:
    play = unannounced()
    assert isinstance(play.facts[0], Issued)
    assert play.facts[0].veiled
    assert "暗访，暂不告知" in tell(play.facts[0], {})
    for kind in (K.SUBMIT, K.RETURN, K.SUBMIT):
        (event,) = play.do(kind)
        assert play.state.veiled
        assert UNVEILED not in tell(event.fact, {})
    (event,) = play.do(K.APPROVE)
    assert isinstance(event.fact, Approved)
    assert not play.state.veiled
    assert tell(event.fact, {}).endswith(UNVEILED)


def test_the_verdict_behind_the_veil_lifts_it() -> None:
    """The visit is over, and there is nothing to keep: the unit sees what it was found to be."""
    process = UNANNOUNCED.resolve("organ", "visit")
    steps = tuple(replace(step, closes=step.closes or step.id == "confirm") for step in process.steps)
    early = replace(process, ref="early", steps=steps)
    play = Play(process=early, unit=UNIT)
    play.do(K.SUBMIT)
    (event,) = play.do(K.CLOSE, outcome="cleared")
    assert isinstance(event.fact, Closed)
    assert (event.fact.unveils, play.state.veiled) == (True, False)
    assert tell(event.fact, {}).endswith(UNVEILED)
    (event,) = unannounced(K.SUBMIT, K.APPROVE, K.SUBMIT).do(K.CLOSE, outcome="held")
    assert isinstance(event.fact, Closed)
    assert not event.fact.unveils, "it saw it already"


def test_once_lifted_it_stays_lifted_and_one_that_is_annulled_behind_it_is_never_told() -> None:
    play = unannounced(K.SUBMIT, K.APPROVE, K.SUBMIT, K.RETURN)
    assert play.state.step == "answer"
    play.do(K.SUBMIT)
    play.do(K.RETURN, step="visit")
    assert not play.state.veiled, "nobody forgets"
    play = unannounced(K.ANNUL)
    assert play.state.veiled


def test_by_a_version_without_it_the_unit_sees_the_item() -> None:
    play = unannounced(K.SUBMIT)
    open_ = replace(play.process, ref=f"{play.process.ref}2", version="2", veil="")
    (event,) = play.do(K.MIGRATE, process=open_)
    assert isinstance(event.fact, Migrated)
    assert (event.fact.unveils, play.state.veiled, tell(event.fact, {}).endswith(UNVEILED)) == (True, False, True)
    play = unannounced(K.SUBMIT)
    same = replace(play.process, ref=f"{play.process.ref}2", version="2")
    play.do(K.MIGRATE, process=same)
    assert play.state.veiled


def test_whoever_visits_is_not_of_the_unit() -> None:
    play = unannounced()
    assert play.do(K.SUBMIT, by=INSTRUCTOR)[0].kind == "submitted"
