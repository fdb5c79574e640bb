"""Ledgers that are sealed, and one that has grown."""

from pathlib import Path

import pytest

from ledger.store.database import Database
from tests.ledger.proof.sealed_place import A, B, C, Place, lead
from tests.ledger.proof.verifiers import built
from tests.support.rounds.answered import wrong
from tests.support.scores.half_year import half_year


@pytest.fixture
def place(database: Database, tmp_path: Path) -> Place:
    return Place(database, tmp_path)


@pytest.fixture
def sealed(place: Place) -> Place:
    """Three items of five entries, sealed after each; the guards are gone."""
    for no in (A, B, C):
        lead(place.database, no)
        place.seal()
    assert place.verified().wrong == ()
    place.lift_guards()
    return place


@pytest.fixture
def grown(place: Place) -> Place:
    """Some six hundred entries under three checkpoints, and so two stored nodes of the tree."""
    for n in range(1, 121):
        lead(place.database, f"XX2026-{n:04d}")
        if n % 40 == 0:
            place.seal()
    return place


@pytest.fixture(scope="session")
def half_year_lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of a county with a half-year of scores. Whoever writes takes a copy."""
    database, _ = half_year(tmp_path_factory.mktemp("half-year") / "county")
    assert wrong(database) == []
    path = Path(str(database.url).removeprefix("sqlite:///"))
    database.close()
    return path


@pytest.fixture(scope="session")
def go_scores(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program that reckons scores again."""
    return built("scores", tmp_path_factory.mktemp("go"), "scoring", "expressions")
