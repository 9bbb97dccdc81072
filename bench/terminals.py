"""A program in a pseudo-terminal of 120x36, whose frames are read as they end."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Self

COLUMNS, ROWS = 120, 36
PATIENCE_S = 60.0
_ASKS, _ANSWER, _END = b"\x1b[?2026$p", b"\x1b[?2026;2$y", b"\x1b[?2026l"
"""Whether frames have an end; that they do; that end."""
_STYLE = re.compile(rb"\x1b\[[0-9;:]*m")
_KEPT = 100_000


class Terminal:
    """A program whose frames are read; a subclass looks at each.

    Args:
        command: The program and what it is given.
        env: Its environment.
    """

    def __init__(self, command: Sequence[str], env: Mapping[str, str]) -> None:
        self._fd, other = pty.openpty()
        fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.began = time.perf_counter()
        self.process = subprocess.Popen(
            command, stdin=other, stdout=other, stderr=other, env=dict(env), start_new_session=True
        )
        os.close(other)
        self.changed = threading.Condition()
        self.painted = b""
        self.frames: list[tuple[float, bytes]] = []
        """When each frame since the last ``forget`` ended, and its bytes without colours."""
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        rest = b""
        while True:
            try:
                got = os.read(self._fd, 65536)
            except OSError:
                return
            at = time.perf_counter()
            if _ASKS in got:
                os.write(self._fd, _ANSWER)
            *frames, rest = (rest + got).split(_END)
            with self.changed:
                self.painted = (self.painted + got)[-_KEPT:]
                for frame in frames:
                    plain = _STYLE.sub(b"", frame)
                    self.frames.append((at, plain))
                    self.frame(at, plain)
                self.changed.notify_all()

    def frame(self, at: float, plain: bytes) -> None:
        """Look at a frame; called with ``changed`` held."""

    def press(self, keys: str) -> None:
        """Press keys."""
        os.write(self._fd, keys.encode())

    def forget(self) -> None:
        """Forget what was painted so far."""
        with self.changed:
            self.frames.clear()
            self.painted = b""

    def until_painted(self, text: str) -> None:
        """Wait until something was painted."""
        with self.changed:
            there = self.changed.wait_for(lambda: text.encode() in _STYLE.sub(b"", self.painted), PATIENCE_S)
            assert there, f"{text} was not painted: {self.painted[-2000:]!r}"

    def frame_with(self, *texts: str) -> float:
        """Wait for a frame that paints all of these; returns when the first one ended, as ``time.perf_counter``."""
        words = [text.encode() for text in texts]

        def first() -> float | None:
            return next((at for at, frame in self.frames if all(word in frame for word in words)), None)

        return self._wait(first, f"no frame has {texts}")

    def _wait(self, look: Callable[[], float | None], otherwise: str) -> float:
        with self.changed:
            at = self.changed.wait_for(look, PATIENCE_S)
            assert at is not None, f"{otherwise}: {self.painted[-2000:]!r}"
            return at

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Quit."""
        self.press("q")
        try:
            self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
        os.close(self._fd)


def desk(role: str, *options: str) -> list[str]:
    """Return the command of a desk."""
    return [sys.executable, "-m", "paydesk", role, *options]
