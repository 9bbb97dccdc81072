"""The folder of one embedded stack: what lies where, who uses it, and the state that everyone reads."""

import fcntl
import hashlib
import json
import os
import secrets
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from paydesk.stack.errors import StackError

_LONGEST_SOCKET_FOLDER = 70
"""Bytes of a folder that still leave room for a socket's name within the system's 107 (103 on macOS)."""
_LOOK_S = 0.02
_LEAST_ROOM = 1 << 20
_LAST_WORDS = 2048
LOGINS = ("stack", "contractor", "manager")


@dataclass(frozen=True, slots=True)
class Process:
    """A process that cannot be mistaken for a later one with the same pid."""

    pid: int
    started: float

    @classmethod
    def of(cls, pid: int) -> "Process":
        """Return the identity of a living process."""
        return cls(pid, psutil.Process(pid).create_time())

    @property
    def alive(self) -> bool:
        """Whether this very process still runs; a zombie does not."""
        try:
            found = psutil.Process(self.pid)
            return abs(found.create_time() - self.started) < 0.5 and found.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return False

    def end(self, number: int, patience_s: float) -> None:
        """Send it a signal and wait for its end; a patience that is exhausted kills it."""
        for sent in (number, signal.SIGKILL):
            try:
                psutil.Process(self.pid).send_signal(sent)
            except psutil.Error:
                return
            until = time.monotonic() + patience_s
            while time.monotonic() < until:
                if not self.alive:
                    return
                time.sleep(_LOOK_S)


class Folder:
    """The paths of a stack under ``home``; made private (0700) when missing."""

    def __init__(self, home: Path) -> None:
        self.home = home.expanduser().absolute()
        with self.usable():
            self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self.home.stat().st_uid != os.geteuid():
                raise StackError(f"The folder {self.home} belongs to another login.", "Set PAYDESK_HOME to your own.")
            self.home.chmod(0o700)
            for name in ("log", "users"):
                (self.home / name).mkdir(mode=0o700, exist_ok=True)

    @contextmanager
    def usable(self) -> Iterator[None]:
        """Tell in words what the system says of the folder: no room, no right, a file in its place."""
        try:
            yield
        except OSError as error:
            reason = (error.strerror or type(error).__name__).lower()
            raise StackError(
                f"The folder {self.home} cannot be used: {reason}.", "Make room there, or set PAYDESK_HOME to another."
            ) from error

    def failed(self, what: str, log: Path) -> StackError:
        """Return the error for a program that did not do its work: a full disk is told as that."""
        last = log.read_bytes()[-_LAST_WORDS:] if log.exists() else b""
        if b"No space left on device" in last or shutil.disk_usage(self.home).free < _LEAST_ROOM:
            return StackError(f"There is no room left in {self.home}.", "Make room there, or set PAYDESK_HOME.")
        return StackError(what, f"The log {log} says why.")

    @property
    def run(self) -> Path:
        """The folder of the sockets; a short one elsewhere when the home's path is too long for a socket."""
        inside = self.home / "run"
        if len(os.fsencode(inside)) > _LONGEST_SOCKET_FOLDER:
            name = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:12]
            inside = Path(tempfile.gettempdir()) / f"paydesk-{os.geteuid()}-{name}"
        inside.mkdir(mode=0o700, exist_ok=True)
        if inside.lstat().st_uid != os.geteuid() or inside.is_symlink():
            raise StackError(f"The folder {inside} belongs to another login.", "Set PAYDESK_HOME to a shorter path.")
        return inside

    def log(self, name: str) -> Path:
        """Return the log file of a member."""
        return self.home / "log" / f"{name}.log"

    @contextmanager
    def lock(self, name: str, *, wait: bool = True) -> Iterator[bool]:
        """Hold a lock file of the stack; yields False when ``wait`` is off and another process holds it."""
        with (self.home / f"{name}.lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                yield False
                return
            yield True

    def read(self, name: str) -> dict[str, Any]:
        """Return a JSON file of the stack, or an empty dict."""
        try:
            found: dict[str, Any] = json.loads((self.home / name).read_text())
            return found
        except (OSError, ValueError):
            return {}

    def write(self, name: str, content: dict[str, Any]) -> None:
        """Replace a JSON file of the stack at once, readable for its owner alone."""
        fresh = self.home / f".{name}.{os.getpid()}.{secrets.token_hex(4)}"
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(content, file)
        fresh.replace(self.home / name)

    def secrets(self) -> dict[str, str]:
        """Return the passwords of this stack by login, made at random the first time."""
        with self.lock("secrets"):
            found = self.read("secrets.json")
            if not found:
                found = {login: secrets.token_hex(24) for login in LOGINS}
                found["kafka_cluster"] = _cluster_id()
                self.write("secrets.json", found)
        return found

    def port(self, name: str) -> int:
        """Return the loopback port of a server: chosen once, kept, and chosen anew only when another has taken it."""
        with self.lock("ports"):
            ports = self.read("ports.json")
            if not (name in ports and _free(ports[name])):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", 0))
                    ports[name] = probe.getsockname()[1]
                self.write("ports.json", ports)
            return int(ports[name])

    def enter(self) -> Path:
        """Note this process as a user of the stack; returns the file that says so."""
        me = Process.of(os.getpid())
        file = self.home / "users" / f"{me.pid}-{secrets.token_hex(4)}"
        file.write_text(json.dumps({"pid": me.pid, "started": me.started}))
        return file

    def users(self) -> list[int]:
        """Return the pids of living users; files of dead ones are removed."""
        living = []
        for file in (self.home / "users").iterdir():
            try:
                told = json.loads(file.read_text())
                if Process(told["pid"], told["started"]).alive:
                    living.append(told["pid"])
                    continue
            except (OSError, ValueError, KeyError):
                pass
            file.unlink(missing_ok=True)
        return living


def _cluster_id() -> str:
    """Return 16 random bytes in base64url, not with a dash first: the broker's tool would take it for an option."""
    while (found := secrets.token_urlsafe(16)).startswith("-"):
        continue
    return found


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
