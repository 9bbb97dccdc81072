"""Stacks that a test may start, kill and spoil: each in a site of its own, gone afterwards."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.site import Site

NewSite = Callable[..., Site]


@pytest.fixture
def new_site() -> Iterator[NewSite]:
    """Return a maker of sites; ``extra`` is their environment, ``root`` where they stand."""
    sites: list[Site] = []

    def make(root: Path | None = None, **extra: str) -> Site:
        site = Site(root or Path(tempfile.mkdtemp(prefix="pd-")), extra)
        sites.append(site)
        return site

    yield make
    for site in sites:
        site.close()
        shutil.rmtree(site.root, ignore_errors=True)
