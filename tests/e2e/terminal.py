"""A terminal for tests: a program in a pseudo-terminal, what its screen shows, and every byte that it wrote."""

import contextlib
import os
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import pexpect
import pyte
import pytest

from tests.pace import scaled

T = TypeVar("T")

KEYS = {
    "enter": "\r",
    "esc": "\x1b",
    "tab": "\t",
    "shift+tab": "\x1b[Z",
    "backspace": "\x7f",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "left": "\x1b[D",
    "right": "\x1b[C",
    "home": "\x1b[H",
    "end": "\x1b[F",
} | {f"^{letter}": chr(ord(letter) - 96) for letter in "abcdefghijklmnopqrstuvwxyz"}

_UNKNOWN_TO_PYTE = re.compile(
    rb"\x1b\[[<=>?][0-9;]*(?:\$p|u)|\x1b\[>[0-9;]*[a-zA-Z]|\x1b_[^\x1b]*\x1b\\|\x1bP[^\x1b]*\x1b\\"
)
"""Questions and modes of modern terminals, which pyte would print as text."""
_UNFINISHED = re.compile(rb"\x1b(?:\[[0-9;<=>?]*\$?)?$|\x1b[_P][^\x1b]*\x1b?$")
PATIENCE_S = 60.0


class Terminal:
    """One program in a pseudo-terminal of ``columns`` x ``rows``; a thread reads all it writes, so it never waits."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str],
        columns: int = 80,
        rows: int = 24,
        cwd: str | None = None,
    ) -> None:
        self._lock = threading.Lock()
        self._display = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._display)
        self._raw = bytearray()
        self._rest = b""
        self._lines: list[str] | None = None
        """What the screen shows, once it was asked for since the last change."""
        kept = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8", **env}
        self.child = pexpect.spawn(
            command[0], list(command[1:]), env=kept, dimensions=(rows, columns), timeout=None, cwd=cwd, echo=False
        )
        self.child.delaybeforesend = None
        self._reader = threading.Thread(target=self._read, name=f"terminal {self.child.pid}", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """The program's process id."""
        return int(self.child.pid)

    def _read(self) -> None:
        while True:
            try:
                got = os.read(self.child.child_fd, 65536)
            except OSError:
                return  # The program has ended, or the terminal was closed.
            if not got:
                return
            with self._lock:
                self._raw += got
                known = _UNKNOWN_TO_PYTE.sub(b"", self._rest + got)
                cut = _UNFINISHED.search(known)
                self._rest = known[cut.start() :] if cut else b""
                self._stream.feed(known[: cut.start()] if cut else known)
                self._lines = None

    # What it shows.

    @property
    def raw(self) -> bytes:
        """Every byte the program wrote so far."""
        with self._lock:
            return bytes(self._raw)

    @property
    def lines(self) -> list[str]:
        """The lines of the screen, without blanks at their ends."""
        with self._lock:
            if self._lines is None:
                # Not its ``display``, which fails on the right half of a wide character of which the left half was
                # written over.
                screen = self._display
                rows = (screen.buffer[row] for row in range(screen.lines))
                columns = range(screen.columns)
                self._lines = ["".join(cells[column].data for column in columns).rstrip() for cells in rows]
            return self._lines

    @property
    def text(self) -> str:
        """The whole screen."""
        return "\n".join(self.lines)

    def line_with(self, *texts: str) -> str | None:
        """Return the first line that holds all these texts, or None."""
        return next((line for line in self.lines if all(text in line for text in texts)), None)

    def row_with(self, *texts: str) -> int | None:
        """Return the number of that line, counted from the top, or None."""
        return next((row for row, line in enumerate(self.lines) if all(text in line for text in texts)), None)

    # Waiting.

    def until(self, look: Callable[[], T], *, within_s: float = PATIENCE_S, expected: str = "it") -> T:
        """Look until something true is seen, and return it; a failure shows the screen."""
        within_s = scaled(within_s)
        end = time.monotonic() + within_s
        while not (seen := look()):
            if time.monotonic() > end:
                pytest.fail(f"{expected} not seen within {within_s:.3g} s on this screen:\n{self.text}", pytrace=True)
            time.sleep(0.02)
        return seen

    def see(self, *texts: str, within_s: float = PATIENCE_S) -> str:
        """Wait until one line holds all these texts, and return it."""
        line = self.until(lambda: self.line_with(*texts), within_s=within_s, expected=repr(texts))
        assert line is not None
        return line

    def gone(self, *texts: str, within_s: float = PATIENCE_S) -> None:
        """Wait until no line holds all these texts."""
        self.until(lambda: self.line_with(*texts) is None, within_s=within_s, expected=f"a screen without {texts!r}")

    def still(self, for_s: float = 0.3, within_s: float = PATIENCE_S) -> str:
        """Wait until the screen, but for its clock, has not changed for a while, and return it."""
        end = time.monotonic() + scaled(within_s)
        before, since = "", time.monotonic()
        while time.monotonic() - since < for_s:
            assert time.monotonic() < end, f"the screen does not come to rest:\n{self.text}"
            now = re.sub(r"\d\d:\d\d:\d\d", "", self.text)
            if now != before:
                before, since = now, time.monotonic()
            time.sleep(0.02)
        return self.text

    # What a person does.

    def write(self, typed: str | bytes) -> None:
        """Type text as it is, all at once."""
        self.child.send(typed)

    def press(self, *keys: str, pause_s: float = 0.08) -> None:
        """Press keys one after the other at a person's pace: names of ``KEYS``, or characters."""
        for key in keys:
            self.child.send(KEYS.get(key, key))
            time.sleep(pause_s)

    def paste(self, text: str) -> None:
        """Paste text, in the brackets with which terminals mark it."""
        self.child.send(f"\x1b[200~{text}\x1b[201~")

    def click(self, row: int, column: int) -> None:
        """Click with the left button; both are counted from 0."""
        at = f"{column + 1};{row + 1}"
        self.child.send(f"\x1b[<0;{at}M\x1b[<0;{at}m")

    def resize(self, columns: int, rows: int) -> None:
        """Change the size of the window."""
        with self._lock:
            self._display.resize(rows, columns)
            self._lines = None
        self.child.setwinsize(rows, columns)

    # How it ends.

    def wait(self, within_s: float = PATIENCE_S) -> int:
        """Wait for the program's end; returns its exit code, or minus the number of the signal."""
        self.until(lambda: not self.child.isalive(), within_s=within_s, expected="the end of the program")
        self._reader.join(5)
        return int(self.child.exitstatus) if self.child.exitstatus is not None else -int(self.child.signalstatus)

    def kill(self, number: int) -> None:
        """Send the program a signal."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def close(self) -> None:
        """End the program, however it is."""
        try:
            self.child.close(force=True)
        except pexpect.ExceptionPexpect:
            self.child.wait()  # It was killed; a busy machine needs longer than pexpect waits for that.
        self._reader.join(5)
