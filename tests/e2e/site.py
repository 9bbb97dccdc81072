"""A person's login for tests: a home of its own, the embedded stack in it, and paydesk as it is started by hand."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import platformdirs

from paydesk.stack.embedded import status
from paydesk.stack.home import Folder
from paydesk.stack.servers import Postgres
from tests.e2e import warm
from tests.e2e.terminal import Terminal
from tests.faults.look import Look
from tests.pace import scaled

PAYDESK = (sys.executable, "-m", "paydesk")


def sentences(stderr: str) -> str:
    """Return what a command said aside but for what it waited for, which a busy machine has it say at any time."""
    return "".join(line for line in stderr.splitlines(keepends=True) if "aiting for " not in line)


@dataclass
class Site:
    """Where a test's people live; ``extra`` is set in the environment of everything that is started here."""

    root: Path
    extra: dict[str, str] = field(default_factory=dict)
    terminals: list[Terminal] = field(default_factory=list)
    looks: dict[str, Look] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        """The folder of the embedded stack."""
        return self.root / "stack"

    @property
    def folder(self) -> Folder:
        """The same, as the program sees it."""
        return Folder(self.home)

    @property
    def env(self) -> dict[str, str]:
        """The environment: nothing of the login that runs the tests but the programs and the fetched jars."""
        kept = {name: os.environ[name] for name in ("PATH", "LOGNAME", "USER") if name in os.environ}
        places = {f"XDG_{name}_HOME": str(self.root / name.lower()) for name in ("CONFIG", "DATA", "STATE")}
        return {
            **kept,
            **places,
            "HOME": str(self.root),
            "XDG_CACHE_HOME": str(Path(platformdirs.user_cache_dir())),
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "PAYDESK_HOME": str(self.home),
            **self.extra,
        }

    def desk(self, role: str, *arguments: str, columns: int = 80, rows: int = 24, **env: str) -> Terminal:
        """Open a desk in a terminal of its own."""
        terminal = Terminal(
            [*PAYDESK, role, *arguments], env={**self.env, **env}, columns=columns, rows=rows, cwd=str(self.root)
        )
        self.terminals.append(terminal)
        return terminal

    def run(
        self, *arguments: str | bytes, within_s: float = 120, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run a command line to its end; with ``check`` its exit code must be 0."""
        done = self._run([os.fsdecode(argument) for argument in arguments], scaled(within_s))
        assert not check or done.returncode == 0, f"{arguments}: {done.returncode} {done.stdout} {done.stderr}"
        return done

    def start(self, *arguments: str, err: int) -> warm.Command:
        """Start a command line that says what it has to say to a file descriptor."""
        assert warm.fits(self.env)
        return warm.Command(arguments, self.env, self.root, 1, err)

    def _run(self, arguments: list[str], timeout_s: float) -> subprocess.CompletedProcess[str]:
        if warm.fits(self.env):
            return warm.run(arguments, self.env, self.root, timeout_s)
        return subprocess.run(
            [*PAYDESK, *arguments], env=self.env, cwd=self.root, capture_output=True, text=True, timeout=timeout_s
        )

    def json(self, *arguments: str | bytes) -> dict[str, Any]:
        """Run a command with ``--json``, and return the document that it printed."""
        printed: dict[str, Any] = json.loads(self.run(*arguments, "--json").stdout)
        return printed

    def lines(self, *arguments: str) -> list[dict[str, Any]]:
        """Run a command with ``--json``, and return the documents that it printed, one a line."""
        return [json.loads(line) for line in self.run(*arguments, "--json").stdout.split("\n") if line]

    def rows(self, role: str, *arguments: str) -> list[dict[str, Any]]:
        """Return what ``list --json`` prints, newest first."""
        return self.lines(role, "list", *arguments)

    def look(self, role: str) -> Look:
        """Return the connection with a role's login by which tests look into its schema, one for all their looks."""
        if role not in self.looks:
            self.looks[role] = Look(Postgres(self.folder).url(role))
        return self.looks[role]

    def pid(self, server: str) -> int:
        """Return the process id of a member of the stack: ``postgres``, ``valkey`` or ``kafka``."""
        pid: int = status(self.home).servers[server]["pid"]
        return pid

    def kill(self, server: str, number: int = signal.SIGKILL) -> None:
        """Send a member of the stack a signal; its supervisor starts it again when it died."""
        os.kill(self.pid(server), number)

    @contextmanager
    def supervisor_stopped(self) -> Iterator[None]:
        """Keep the supervisor from starting anything again for a while."""
        state = json.loads((self.home / "state.json").read_text())
        os.kill(state["supervisor"]["pid"], signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(state["supervisor"]["pid"], signal.SIGCONT)

    def close(self) -> None:
        """Close every terminal and look, stop the servers."""
        for opened in (*self.terminals, *self.looks.values()):
            opened.close()
        self.run("stack", "down", check=False)
