"""Commands without the second that a start of Python and its imports takes: each is a fork of a program that has both.

A command has a process of its own all the same, with the arguments, environment, folder and outputs of one that was
started by hand. What is about the start itself starts ``PAYDESK``.
"""

import atexit
import gc
import importlib
import json
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
_OF_THE_START = ("LANG", "LC_", "LANGUAGE", "LD_", "PYTHON")
"""How the variables begin that Python or the loader of programs reads once, when it starts."""
_USUAL = {"LANG": "C.UTF-8"}
_LATE = ("paydesk.infra.worker.worker", "paydesk.infra.postgres.storage", "paydesk.infra.redis.hints")
"""What a command imports only when it needs it."""


def fits(env: Mapping[str, str]) -> bool:
    """Whether a command with this environment is the same when Python was started without it."""
    return {name: value for name, value in env.items() if name.startswith(_OF_THE_START)} == _USUAL


class Command:
    """A command line of paydesk at work; its outputs go to these file descriptors."""

    def __init__(self, arguments: Sequence[str], env: Mapping[str, str], cwd: Path, out: int, err: int) -> None:
        self._asked, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(_server(), [b"."], [theirs.fileno(), 0, out, err])
        order = {"arguments": arguments, "env": dict(env), "cwd": str(cwd)}
        self._asked.sendall(json.dumps(order).encode() + b"\n")
        self._answers = self._asked.makefile()
        self.pid = int(self._answers.readline())
        self.returncode: int | None = None

    def wait(self, timeout_s: float | None = None) -> int:
        """Wait for its end; returns its exit code, or minus the number of the signal. Raises ``TimeoutError``."""
        if self.returncode is None:
            self._asked.settimeout(timeout_s)
            self.returncode = int(self._answers.readline())
            self._answers.close()
            self._asked.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless its end was waited for."""
        if self.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)


def run(
    arguments: Sequence[str], env: Mapping[str, str], cwd: Path, timeout_s: float
) -> subprocess.CompletedProcess[str]:
    """Run a command line of paydesk to its end. Raises ``TimeoutError``, and kills it then."""
    (out, to_out), (err, to_err) = os.pipe(), os.pipe()
    with ThreadPoolExecutor(2) as readers:
        outputs = [readers.submit(_read, end) for end in (out, err)]
        try:
            command = Command(arguments, env, cwd, to_out, to_err)
        finally:
            os.close(to_out)
            os.close(to_err)
        try:
            code = command.wait(timeout_s)
        finally:
            command.send_signal(signal.SIGKILL)
    return subprocess.CompletedProcess(arguments, code, *(output.result() for output in outputs))


def _read(end: int) -> str:
    with open(end, encoding="utf-8") as output:
        return output.read()


@cache
def _server() -> socket.socket:
    """Return the socket of this process's server, which ends when this process does."""
    ours, theirs = socket.socketpair()
    env = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | _USUAL
    command = [sys.executable, "-m", "tests.e2e.warm", str(theirs.fileno())]
    server = subprocess.Popen(command, cwd=CHECKOUT, env=env, pass_fds=[theirs.fileno()])
    theirs.close()
    atexit.register(server.wait)
    atexit.register(ours.close)
    return ours


def _serve(orders: socket.socket) -> None:
    """Run what is ordered until nobody can order any more."""
    import paydesk.cli

    for module in pkgutil.iter_modules(paydesk.cli.__path__):
        if not module.ispkg and module.name != "desk":
            importlib.import_module(f"paydesk.cli.{module.name}")
    for name in _LATE:
        importlib.import_module(name)
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # Nobody waits for those that wait for a command.
    while True:
        byte, ends, _, _ = socket.recv_fds(orders, 1, 4)
        if not byte:
            return
        if os.fork() == 0:
            orders.close()
            _wait_for_command(socket.socket(fileno=ends[0]), ends[1:])
        for end in ends:
            os.close(end)


def _wait_for_command(asked: socket.socket, outputs: list[int]) -> None:
    """Run one command in a process of its own, say which it is and how it ended, and end."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    order = json.loads(asked.makefile().readline())
    if (pid := os.fork()) == 0:
        asked.close()
        for number, end in enumerate(outputs):
            os.dup2(end, number)
            os.close(end)
        _become(order["arguments"], order["env"], order["cwd"])
    for end in outputs:
        os.close(end)
    with suppress(BrokenPipeError):  # Whoever asked has given up.
        asked.sendall(f"{pid}\n".encode())
        asked.sendall(f"{os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}\n".encode())
    os._exit(0)


def _become(arguments: list[str], env: dict[str, str], cwd: str) -> None:
    """Be a command; ends this process as Python ends."""
    from paydesk.__main__ import main

    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    sys.argv = ["paydesk", *arguments]
    main()


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
