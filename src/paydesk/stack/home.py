"""The folder of one embedded stack: what lies where, who uses it, and the state that everyone reads."""

import errno
import fcntl
import hashlib
import json
import os
import secrets
import shutil
import socket
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from paydesk.role_names import ROLES
from paydesk.stack import ownership as homes
from paydesk.stack.errors import StackError
from paydesk.stack.process import Process
from paydesk.waiting import waiting_for

_LONGEST_SOCKET_FOLDER = 70
"""Bytes of a folder that still leave room for a socket's name within the system's 107 (103 on macOS)."""
_SHARED_MEMORY = Path("/dev/shm")
_LOOK_S = 0.02
_LOCK_S = 60.0
"""How long another process may hold a lock of the stack before it is named."""
_LEAST_FREE = 1 << 20
_DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
_LAST_WORDS = 2048
LOGINS = ("stack", *ROLES)
_OF_HOME = "home"
"""Where a file about what runs here names the folder that it is of."""


class Folder:
    """The paths of a stack under ``home``; made private (0700) and marked as paydesk's when missing.

    Raises ``StackError`` for a folder that cannot be used, ``NotOurs`` for one that holds what paydesk did not make.
    """

    def __init__(self, home: Path) -> None:
        self.home = _absolute(home)
        with self.usable():
            self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
            homes.ours(self.home)
            if self.home.stat().st_uid != os.geteuid():
                raise StackError(f"The folder {self.home} belongs to another login.", "Set PAYDESK_HOME to your own.")
            self.home.chmod(0o700)
            homes.mark(self.home)
            for name in ("log", "users"):
                (self.home / name).mkdir(mode=0o700, exist_ok=True)

    @classmethod
    def existing(cls, home: Path) -> "Folder | None":
        """Return the folder of a stack that was made before; None where nothing is. Nothing is made or changed.

        Raises ``NotOurs`` for a folder that holds what paydesk did not make.
        """
        folder = cls.__new__(cls)
        folder.home = _absolute(home)
        with folder.usable():
            there = homes.ours(folder.home)
        return cls(home) if there else None

    def delete(self) -> list[str]:
        """Delete what paydesk made; returns what else is in the folder, which stays."""
        with self.usable():
            shutil.rmtree(self.run, ignore_errors=True)
            return homes.delete(self.home)

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

    def failed(self, message: str, log: Path) -> StackError:
        """Return the error for a program that did not do its work: what is full is named."""
        last = log.read_bytes()[-_LAST_WORDS:] if log.exists() else b""
        full = [line for line in last.splitlines() if b"No space left on device" in line]
        if any(b"shared memory" in line for line in full):  # In one line: initdb names it in others, and means no harm.
            return StackError(
                f"There is no room left in {_SHARED_MEMORY}, the machine's shared memory.",
                f"Delete what nobody needs in {_SHARED_MEMORY}, or give it more room.",
            )
        if full or shutil.disk_usage(self.home).free < _LEAST_FREE:
            return StackError(f"There is no room left in {self.home}.", "Make room there, or set PAYDESK_HOME.")
        return StackError(message, f"The log {log} says why.")

    @property
    def run(self) -> Path:
        """The folder of the sockets; a short one elsewhere when the home's path is no address for a socket."""
        inside = self.home / "run"
        if not _is_an_address(inside):
            inside = self._elsewhere()
        inside.mkdir(mode=0o700, exist_ok=True)
        if inside.is_symlink() or inside.lstat().st_uid != os.geteuid():
            raise StackError(f"The folder {inside} belongs to another login.", "Set PAYDESK_HOME to a shorter path.")
        if stat.S_IMODE(inside.lstat().st_mode) != 0o700:
            inside.chmod(0o700)
        return inside

    def _elsewhere(self) -> Path:
        """Return the folder that this stack chose in the temporary folder: one for all, whatever TMPDIR each has."""
        chosen = self.read_own("run.json").get("folder")
        if chosen and Path(chosen).parent.is_dir():
            return Path(chosen)
        name = f"paydesk-{os.geteuid()}-{hashlib.sha256(os.fsencode(self.home)).hexdigest()[:12]}"
        folder = next(
            (place / name for place in (Path(tempfile.gettempdir()), Path("/tmp")) if _is_an_address(place / name)),
            Path("/tmp") / name,
        )
        self.write_own("run.json", {"folder": str(folder)})
        return folder

    def log(self, name: str) -> Path:
        """Return the log file of a member."""
        return self.home / "log" / f"{name}.log"

    @contextmanager
    def lock(self, name: str, *, wait: bool = True) -> Iterator[bool]:
        """Hold a lock file of the stack; yields False when ``wait`` is off and another process holds it.

        Raises ``StackError`` when another process holds it for a minute.
        """
        with (self.home / f"{name}.lock").open("a") as file:
            if not _locked(file.fileno()):
                if not wait:
                    yield False
                    return
                self._wait_for(name, file.fileno())
            yield True

    def _wait_for(self, name: str, number: int) -> None:
        until = time.monotonic() + _LOCK_S
        with waiting_for(f"another paydesk, which holds {self.home / name}.lock"):
            while not _locked(number):
                if time.monotonic() > until:
                    raise StackError(
                        f"Another paydesk holds {self.home / name}.lock and does not go on.",
                        "Is a paydesk stopped or stuck? End it, and try again.",
                    )
                time.sleep(_LOOK_S)

    def read(self, name: str) -> dict[str, Any]:
        """Return a JSON file of the stack, or an empty dict."""
        try:
            document: dict[str, Any] = json.loads((self.home / name).read_text())
            return document
        except (OSError, ValueError):
            return {}

    def write(self, name: str, content: dict[str, Any]) -> None:
        """Replace a JSON file of the stack at once, readable for its owner alone."""
        fresh = self.home / f".{name}.{os.getpid()}.{secrets.token_hex(4)}"
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(content, file)
        fresh.replace(self.home / name)

    def read_own(self, name: str) -> dict[str, Any]:
        """Return a JSON file about what runs here; an empty dict too where it is of a folder that this is a copy of."""
        document = self.read(name)
        return document if document.get(_OF_HOME, self._identity()) == self._identity() else {}

    def write_own(self, name: str, content: dict[str, Any]) -> None:
        """Replace a JSON file about what runs here, as ``write`` does; in a copy of this folder it says nothing."""
        self.write(name, content | {_OF_HOME: self._identity()})

    def _identity(self) -> list[int]:
        """Return device and inode of the home: they go along when it is moved, and a copy has its own."""
        there = self.home.stat()
        return [there.st_dev, there.st_ino]

    def secrets(self) -> dict[str, str]:
        """Return the passwords of this stack by login, made at random when one is first needed."""
        with self.lock("secrets"):
            logins = self.read("secrets.json")
            if not logins and (self.home / "postgres").exists():
                raise StackError(
                    f"The passwords of the data in {self.home} are gone.",
                    "Put its secrets.json back, or `paydesk stack reset` deletes the data.",
                )
            # A role that came later gets its own; the stack's is in the data, and never another.
            fresh = {login: secrets.token_hex(24) for login in (ROLES if logins else LOGINS) if login not in logins}
            if not logins:
                fresh["kafka_cluster"] = _cluster_id()
            if fresh:
                logins |= fresh
                self.write("secrets.json", logins)
        return logins

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

    def enter(self) -> Path | None:
        """Note this process as a user of the stack; returns the file that says so, or None while the disk is full.

        What is there can be read all the same, so a full disk keeps nobody from looking.
        """
        me = Process.of(os.getpid())
        file = self.home / "users" / f"{me.pid}-{secrets.token_hex(4)}"
        try:
            file.write_text(json.dumps(me.document() | {_OF_HOME: self._identity()}))
        except OSError as error:
            if error.errno not in _DISK_FULL or not (self.home / "state.json").exists():
                raise
            with suppress(OSError):
                file.unlink(missing_ok=True)
            return None
        return file

    def users(self) -> list[int]:
        """Return the pids of living users; files of dead ones are removed."""
        living = []
        for file in (self.home / "users").iterdir():
            user = Process.from_document(self.read_own(f"users/{file.name}"))
            if user is not None and user.alive:
                living.append(user.pid)
                continue
            file.unlink(missing_ok=True)
        return living


def _absolute(home: Path) -> Path:
    try:
        return home.expanduser().absolute()
    except RuntimeError as error:
        raise StackError(
            "This login has no home folder.", "Set PAYDESK_HOME to a folder for the embedded stack, or HOME."
        ) from error


def _is_an_address(folder: Path) -> bool:
    """Whether every server and client takes this folder for its socket: some divide lists at commas or fold quotes."""
    text = os.fsencode(folder)
    try:
        plain = text.decode().isprintable() and not any(char in ',"\\' for char in str(folder))
    except UnicodeDecodeError:
        return False
    return plain and len(text) <= _LONGEST_SOCKET_FOLDER


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _cluster_id() -> str:
    """Return 16 random bytes in base64url, not with a dash first: the broker's tool would take it for an option."""
    while (identity := secrets.token_urlsafe(16)).startswith("-"):
        continue
    return identity


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
