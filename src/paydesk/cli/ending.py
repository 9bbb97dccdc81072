"""Signals that end a command: raised as an exception, so that what was saved until then can still be told."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_ENDING = (signal.SIGTERM, signal.SIGHUP)
_TELLING = (signal.SIGINT, *_ENDING)


class EndedBySignal(BaseException):
    """A signal asked this process to end."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def _end(number: int, _: FrameType | None) -> None:
    raise EndedBySignal(number)


@contextmanager
def raised() -> Iterator[None]:
    """Have SIGTERM and SIGHUP raise ``EndedBySignal``, as ^c raises; who has set them otherwise is left alone."""
    before = []
    if threading.current_thread() is threading.main_thread():
        before = [number for number in _ENDING if signal.getsignal(number) is signal.SIG_DFL]
    for number in before:
        signal.signal(number, _end)
    try:
        yield
    finally:
        for number in before:
            if signal.getsignal(number) is not signal.SIG_IGN:  # As ``Deaf`` leaves it for what comes last.
                signal.signal(number, signal.SIG_DFL)


class Deaf:
    """Once ``begin`` was called, no signal interrupts what is told last; ``end`` undoes that."""

    def __init__(self) -> None:
        self._before: dict[signal.Signals, signal._HANDLER] = {}

    def begin(self) -> None:
        """Ignore ^c, SIGTERM and SIGHUP from now on."""
        if not self._before and threading.current_thread() is threading.main_thread():
            self._before = {number: signal.getsignal(number) or signal.SIG_DFL for number in _TELLING}
            for number in _TELLING:
                signal.signal(number, signal.SIG_IGN)

    def end(self) -> None:
        """Heed them again as before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}
