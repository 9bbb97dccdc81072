"""What the screens' tests need: a fixed time zone, a world, and a way to wait for what a screen shows."""

import asyncio
import inspect
import os
import time
from collections.abc import Callable

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from paydesk.contractor.app import ContractorApp
from paydesk.manager.app import ManagerApp
from paydesk.tui.keys import queue
from paydesk.tui.table.request_table import RequestTable
from tests.fakes import FakeContractorDesk, FakeManagerDesk, World
from tests.pace import scaled
from tests.tui.scene import scene
from tests.tui.settled import at_once, pause, press

os.environ["TZ"] = "UTC"
time.tzset()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a test that is a coroutine."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    wanted = {name: pyfuncitem.funcargs[name] for name in inspect.signature(pyfuncitem.obj).parameters}
    asyncio.run(pyfuncitem.obj(**wanted))
    return True


@pytest.fixture
def world() -> World:
    return scene()


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the line of keys wait for ever: a key that is never done fails its test instead of making it slow."""
    monkeypatch.setattr(queue, "_PATIENCE_S", 3600.0)
    # The tests' clocks are no real ones: how long a busy machine lets a key wait is not taken off them.
    monkeypatch.setattr(queue, "_waited_s", lambda _: 0.0)


@pytest.fixture(autouse=True)
def _settles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the pilot wait for facts after each key, and not for the process to take no processor time."""
    monkeypatch.setattr("textual.app.wait_for_idle", at_once)
    monkeypatch.setattr(Pilot, "press", press)
    monkeypatch.setattr(Pilot, "pause", pause)


class Clock:
    """Seconds that go on a second with every look, so that every key counts as pressed on purpose."""

    def __init__(self, step_s: float = 1.0) -> None:
        self.now = 0.0
        self.step_s = step_s

    def __call__(self) -> float:
        self.now += self.step_s
        return self.now


def contractor(world: World, person: str = "ada", desk: FakeContractorDesk | None = None) -> ContractorApp:
    return ContractorApp(lambda: desk or FakeContractorDesk(world, person), now=world.clock)


def manager(
    world: World, person: str = "bo", clock: Callable[[], float] | None = None, desk: FakeManagerDesk | None = None
) -> ManagerApp:
    return ManagerApp(lambda: desk or FakeManagerDesk(world, person), now=world.clock, monotonic=clock or Clock())


async def seen(pilot: Pilot[None], look: Callable[[], object], within_s: float = 60) -> None:
    """Wait until something is true on the screen; fails after ``within_s`` seconds."""
    within_s = scaled(within_s)
    end = time.monotonic() + within_s
    while not look():
        assert time.monotonic() < end, f"not seen within {within_s:.3g} s: {shown(pilot)}"
        await pilot.pause(0.01)


async def opened(pilot: Pilot[None]) -> RequestTable:
    """Wait until the first rows stand; returns the list."""
    table = pilot.app.screen_stack[0].query_one(RequestTable)
    await seen(pilot, lambda: table.rows)
    return table


async def still(pilot: Pilot[None]) -> None:
    """Wait until the first rows stand and nothing blinks, for a picture."""
    await opened(pilot)
    for field in pilot.app.screen.query(Input):
        field.cursor_blink = False
    await pilot.pause()


def shown(pilot: Pilot[None]) -> str:
    """Return what the screen on top shows, as text."""
    lines = pilot.app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in lines)
