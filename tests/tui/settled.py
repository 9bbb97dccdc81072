"""When a desk is done with what it was given: no key waits, no message, no thread is at work, and all is painted.

Textual's own wait looks whether the process takes processor time, twice for each key: some fifty milliseconds. What is
looked at here are facts.
"""

import asyncio
import time

from textual.app import App, ScreenStackError
from textual.pilot import Pilot
from textual.screen import Screen
from textual.worker import WorkerState

WITHIN_S = 1.0
"""As long as Textual waits at most for a process that goes on to compute."""
THREADS_WITHIN_S = 0.05
"""A thread that is still at work then waits for something that the test has in its hands."""
_POLL_S = 0.001


async def at_once(*_: object) -> None:
    """Wait for nothing: ``press`` waits itself."""


async def press(pilot: Pilot[object], *keys: str) -> None:
    """Press keys, as ``Pilot.press`` does: each once the desk is done with the one before."""
    for key in keys:
        await pilot.app._press_keys([key])
        await settled(pilot.app)


async def pause(pilot: Pilot[object], delay: float | None = None) -> None:
    """Wait until the desk is done, and so many seconds more, as ``Pilot.pause`` does; then paint."""
    await settled(pilot.app)
    if delay is not None:
        await asyncio.sleep(delay)
    pilot.app.screen._on_timer_update()


async def settled(app: App[object]) -> None:
    """Wait until the desk is done with all that it was given; after ``WITHIN_S`` seconds, go on all the same."""
    began = time.monotonic()
    while (took_s := time.monotonic() - began) < WITHIN_S:
        await _nothing_ready()
        try:
            screen = app.screen
        except ScreenStackError:
            return  # The desk is closing.
        if _unpainted(screen):
            screen._on_timer_update()
        elif _keys_wait(app) or (took_s < THREADS_WITHIN_S and _threads_work(app)):
            await asyncio.sleep(_POLL_S)
        else:
            return


async def _nothing_ready() -> None:
    """Wait until every task of the loop waits for something from outside of it."""
    loop = asyncio.get_running_loop()
    await asyncio.sleep(0)
    while loop._ready:  # type: ignore[attr-defined]
        await asyncio.sleep(0)


def _unpainted(screen: Screen[object]) -> bool:
    return bool(
        screen._layout_required
        or screen._scroll_required
        or screen._repaint_required
        or screen._recompose_required
        or screen._dirty_widgets
        or screen._callbacks
    )


def _keys_wait(app: App[object]) -> bool:
    keys = getattr(app, "_keys", None)
    return keys is not None and not keys._waiting._getters


def _threads_work(app: App[object]) -> bool:
    return any(worker.state in (WorkerState.PENDING, WorkerState.RUNNING) for worker in app.workers)
