"""What the demo's tests need: coroutines as tests in a fixed time zone, and a login in which nothing may be left."""

from collections.abc import Iterator

import pytest

from tests.demo.guest import Guest
from tests.tui.conftest import pytest_pyfunc_call

__all__ = ["pytest_pyfunc_call"]


@pytest.fixture
def guest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guest]:
    guest = Guest(tmp_path_factory.mktemp("demo"))
    yield guest
    for process in guest.processes():
        process.kill()
