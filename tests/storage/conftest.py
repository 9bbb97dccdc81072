"""A bench for the command line without broker, shared by the tests of a file."""

from collections.abc import Iterator

import pytest

from paydesk.stack.embedded import EmbeddedStack
from tests.conftest import fresh_sides
from tests.storage.offline import Bench, opened


@pytest.fixture(scope="module")
def bench(stack: EmbeddedStack) -> Iterator[Bench]:
    with pytest.MonkeyPatch.context() as patch, fresh_sides(stack) as sides, opened(sides, patch) as bench:
        patch.setenv("PAYDESK_HOME", str(stack.folder.home))
        yield bench
