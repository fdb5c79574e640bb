"""The services elsewhere that the tests of other ways in share."""

from collections.abc import Iterator

import pytest

from tests.support.servers.elsewhere import Elsewhere, elsewhere


@pytest.fixture(scope="session")
def running() -> Iterator[Elsewhere]:
    with elsewhere() as server:
        yield server


@pytest.fixture
def server(running: Elsewhere) -> Elsewhere:
    """It behaves well when the test begins."""
    running.tell()
    return running
