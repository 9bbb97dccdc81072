"""A site for each module of tests: one embedded stack, real servers, gone afterwards."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.site import Site


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """Return a site whose servers all answer."""
    root = Path(tempfile.mkdtemp(prefix="pd-"))
    started = Site(root)
    try:
        started.run("stack", "up", within_s=300)
        yield started
    finally:
        started.close()
        shutil.rmtree(root)


@pytest.fixture(autouse=True)
def _terminals(request: pytest.FixtureRequest) -> Iterator[None]:
    """Close what a test opened in its site."""
    yield
    if "site" in request.fixturenames:
        opened: Site = request.getfixturevalue("site")
        while opened.terminals:
            opened.terminals.pop().close()
