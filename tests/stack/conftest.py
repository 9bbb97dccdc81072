"""Stacks that a test may start, kill and spoil: each in a house of its own, gone afterwards."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.house import House

NewHouse = Callable[..., House]


@pytest.fixture
def new_house() -> Iterator[NewHouse]:
    """Return a maker of houses; ``extra`` is their environment, ``root`` where they stand."""
    houses: list[House] = []

    def make(root: Path | None = None, **extra: str) -> House:
        found = House(root or Path(tempfile.mkdtemp(prefix="pd-")), extra)
        houses.append(found)
        return found

    yield make
    for house in houses:
        house.close()
        shutil.rmtree(house.root, ignore_errors=True)
