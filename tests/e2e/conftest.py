"""A house for each module of tests: one embedded stack, real servers, gone afterwards."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.house import House


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    """Return a house whose servers all answer."""
    root = Path(tempfile.mkdtemp(prefix="pd-"))
    found = House(root)
    try:
        found.run("stack", "up", within_s=300)
        yield found
    finally:
        found.close()
        shutil.rmtree(root)


@pytest.fixture(autouse=True)
def _terminals(request: pytest.FixtureRequest) -> Iterator[None]:
    """Close what a test opened in its house."""
    yield
    if "house" in request.fixturenames:
        opened: House = request.getfixturevalue("house")
        while opened.terminals:
            opened.terminals.pop().close()
