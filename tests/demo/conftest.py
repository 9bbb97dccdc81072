"""What the demo's tests on the screen need: coroutines as tests, a fixed time zone."""

from tests.tui.conftest import pytest_pyfunc_call

__all__ = ["pytest_pyfunc_call"]
