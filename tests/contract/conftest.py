"""Opens a role's side on the storage that a test is run on."""

from collections.abc import Callable, Iterator

import pytest

from paydesk.infra.core.role import Role
from tests.conftest import Sides
from tests.contract.pairs import pair as pair
from tests.contract.storages import Side, in_memory, on_postgres

Open = Callable[[Role], Side]


@pytest.fixture(params=["memory", "postgres"])
def side_of(request: pytest.FixtureRequest) -> Iterator[Open]:
    """Return what opens a role's side."""
    opened = []

    def make(role: Role) -> Side:
        if request.param == "memory":
            opened.append(in_memory(role))
        else:
            sides: Sides = request.getfixturevalue("sides")
            opened.append(on_postgres(sides, role))
        return opened[-1].__enter__()

    yield make
    for context in opened:
        context.__exit__(None, None, None)
