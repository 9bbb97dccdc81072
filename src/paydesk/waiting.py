"""A wait that takes long says what it waits for; whoever runs a command line listens, and a desk does not."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

SAY_AFTER_S = 2.0

_say: ContextVar[Callable[[str], object] | None] = ContextVar("say", default=None)
_in_a_wait: ContextVar[bool] = ContextVar("in_a_wait", default=False)


@contextmanager
def said_by(say: Callable[[str], object]) -> Iterator[None]:
    """Have each wait of this thread that takes ``SAY_AFTER_S`` seconds said once by ``say``, from another thread."""
    token = _say.set(say)
    try:
        yield
    finally:
        _say.reset(token)


@contextmanager
def waiting_for(subject: str) -> Iterator[None]:
    """Wait inside for ``subject``, which ends a sentence that begins "Waiting for"; a wait within it says nothing."""
    say = _say.get()
    if say is None or _in_a_wait.get():
        yield
        return
    timer = threading.Timer(SAY_AFTER_S, lambda: say(f"Waiting for {subject} ..."))
    timer.daemon = True
    token = _in_a_wait.set(True)
    timer.start()
    try:
        yield
    finally:
        _in_a_wait.reset(token)
        timer.cancel()
