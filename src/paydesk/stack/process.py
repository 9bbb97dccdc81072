"""Which process is meant: a number alone is given again, and a start time changes with the machine's clock."""

import os
import signal
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_LOOK_S = 0.02
_SAME_S = 0.5
_PROC = Path("/proc")
_STATE, _STARTED = 0, 19
"""Places behind the closing bracket of a process's name in ``/proc/PID/stat``, by proc(5)."""


@dataclass(frozen=True, slots=True)
class Process:
    """A process that cannot be mistaken for a later one with the same pid."""

    pid: int
    started: float
    """Seconds by the machine's clock when it was noted; what a version before this one knows a process by."""
    mark: str = ""
    """What no clock changes: this boot of the machine and its tick. Empty where the system does not tell it."""

    @classmethod
    def of(cls, pid: int) -> "Process":
        """Return the identity of a living process. Raises ``psutil.Error``."""
        mark, _ = _seen(pid)
        if mark and (booted := _boot_time()) is not None:
            return cls(pid, booted + int(mark.rpartition("/")[2]) / os.sysconf("SC_CLK_TCK"), mark)
        import psutil  # Where the system tells it no other way.

        return cls(pid, psutil.Process(pid).create_time(), mark)

    @classmethod
    def from_document(cls, document: Any) -> "Process | None":
        """Return the process that a file of the stack names; None where it names none."""
        try:
            return cls(int(document["pid"]), float(document["started"]), str(document.get("mark", "")))
        except (TypeError, KeyError, ValueError, AttributeError):
            return None

    def document(self) -> dict[str, Any]:
        """Return what a file of the stack says of it."""
        return {"pid": self.pid, "started": self.started, "mark": self.mark}

    @property
    def alive(self) -> bool:
        """Whether this very process still runs; a zombie does not."""
        if self.mark:
            mark, state = _seen(self.pid)
            return mark == self.mark and state != "Z"
        import psutil  # What a version before this one wrote, or a system without /proc.

        try:
            process = psutil.Process(self.pid)
            return abs(process.create_time() - self.started) < _SAME_S and process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return False

    def end(self, number: int, patience_s: float) -> None:
        """Send it a signal and wait for its end; a patience that is exhausted kills it."""
        for sent in (number, signal.SIGKILL):
            try:
                os.kill(self.pid, sent)
            except OSError:
                return
            until = time.monotonic() + patience_s
            while time.monotonic() < until:
                if not self.alive:
                    return
                time.sleep(_LOOK_S)


def _seen(pid: int) -> tuple[str, str]:
    """Return a process's mark and its state's letter; both are empty where there is no such process or no ``/proc``."""
    try:
        fields = (_PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()
        return f"{_boot()}/{fields[_STARTED]}", fields[_STATE]
    except (OSError, IndexError):
        return "", ""


def _boot_time() -> float | None:
    """Return when the machine was booted, in seconds by its clock; None where the system does not tell it."""
    try:
        lines = (_PROC / "stat").read_text(errors="replace").splitlines()
        return float(next(line for line in lines if line.startswith("btime ")).split()[1])
    except (OSError, StopIteration, ValueError):
        return None


@cache
def _boot() -> str:
    """Return what this boot of the machine is called; it outlives this process."""
    return (_PROC / "sys" / "kernel" / "random" / "boot_id").read_text().strip()
