"""The door to the embedded stack: join it, ask how it stands, stop it, delete it."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paydesk.settings import Endpoints
from paydesk.stack import binaries
from paydesk.stack.errors import StackError, StillOpen
from paydesk.stack.home import Folder
from paydesk.stack.kafka_server import Kafka
from paydesk.stack.memory_broker import MemoryBroker
from paydesk.stack.process import Process
from paydesk.stack.servers import Postgres, Server, Valkey
from paydesk.waiting import waiting_for

_WAIT_S = 60.0
_LOOK_S = 0.03
_ANSWER_S = 8.0
"""So long all servers together have to answer; one that is well does at once."""
_SILENT = "{} runs as process {}, and does not answer."
_END_IT = "Is it stopped, or the machine busy? `paydesk stack down` ends it, the next command starts it."


class EmbeddedStack:
    """This process as a user of the stack in ``home``; meets ``paydesk.settings.Servers``.

    Args:
        home: The folder of the stack.
        label: What the top line of a desk calls it.
        idle_s: The seconds after which a stack without users stops.
        environment: Further variables for its servers.

    Raises:
        StackError: The stack cannot run here, or the folder cannot be used.
        NotOurs: The folder holds what paydesk did not make.
    """

    def __init__(
        self, home: Path, label: str = "embedded", idle_s: float = 600, environment: Mapping[str, str] | None = None
    ) -> None:
        if sys.platform == "win32":
            raise StackError("The embedded stack does not run on Windows.", "Name your servers by PAYDESK_* settings.")
        binaries.check_installed()
        self.folder = Folder(home)
        self.label = label
        self.idle_s = idle_s
        self._environment = dict(environment or {})
        self._left = False
        with self.folder.usable():
            self._entry: Path | None = self.folder.enter()

    def endpoints(self, role: str) -> Endpoints:
        """Return the addresses of a role's login; starts the stack when it does not run, waits for PostgreSQL."""
        with self.folder.usable():
            if self._entry is None and not self._left:
                self._entry = self.folder.enter()
            self.folder.secrets()
            servers = self._joined()["servers"]
            kafka, valkey = servers.get("kafka", {}), servers.get("valkey", {})
            memory = bool(kafka.get("memory"))
            broker = MemoryBroker(self.folder) if memory else Kafka(self.folder)
            return Endpoints(
                label=self.label,
                database_url=Postgres(self.folder).url(role),
                kafka=broker.conf(role) if kafka.get("state") == "ready" else None,
                redis_url=Valkey(self.folder).url(role) if valkey.get("state") == "ready" else None,
                memory_broker=memory,
            )

    def _joined(self) -> dict[str, Any]:
        with waiting_for("the embedded PostgreSQL to start"):
            return self._join()

    def _join(self) -> dict[str, Any]:
        until = time.monotonic() + _WAIT_S
        while True:
            state = self.folder.read_own("state.json")
            if not _supervised(state):
                self.start()
                state = self.folder.read_own("state.json")
            postgres = state.get("servers", {}).get("postgres", {})
            if _supervised(state) and not state.get("stopping"):
                there = Postgres(self.folder).there()
                if postgres.get("state") == "ready" and there:
                    return state
                if postgres.get("state") == "down":
                    raise StackError(postgres["trouble"], postgres["hint"])
            if time.monotonic() > until:
                raise self._not_in_time(postgres)
            time.sleep(_LOOK_S)

    def _not_in_time(self, postgres: Mapping[str, Any]) -> StackError:
        if postgres.get("state") == "ready":
            socket = Postgres(self.folder).address
            return StackError(f"PostgreSQL runs, but its socket in {socket} is gone.", "Run `paydesk stack down`.")
        return StackError("PostgreSQL did not start in time.", f"The logs are in {self.folder.home / 'log'}.")

    def start(self) -> None:
        """Have the stack's supervisor run; returns as soon as it does, before the servers do."""
        with self.folder.usable(), self.folder.lock("start"):
            if self._left:
                raise StackError("This program has left the embedded stack.", "Start it again.")
            until = time.monotonic() + _WAIT_S
            if _supervised(self.folder.read_own("state.json")):
                return
            command = [sys.executable, "-m", "paydesk.stack.supervisor", str(self.folder.home), str(self.idle_s)]
            with self.folder.log("supervisor").open("ab") as out:
                child = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=out,
                    env=binaries.server_environment() | _own_environment(self.folder.home) | self._environment,
                    cwd=self.folder.home,
                    start_new_session=True,
                )
            while not _supervised(self.folder.read_own("state.json")):
                if child.poll() not in (None, 0) or time.monotonic() > until:
                    raise self.folder.failed("The embedded stack did not start.", self.folder.log("supervisor"))
                time.sleep(_LOOK_S)

    def mend(self) -> bool:
        """Make anew what is gone of PostgreSQL's logins, rights and schemas; safe to repeat."""
        import psycopg

        with contextlib.suppress(psycopg.Error):
            Postgres(self.folder).provision()
            return True
        return False

    def notice(self) -> str:
        """Return a line about servers that are still coming or in trouble, or an empty string."""
        servers = self.folder.read_own("state.json").get("servers", {})
        for server in servers.values():
            if server.get("notice") or server.get("trouble"):
                return str(server["notice"] or server["trouble"])
        coming = [name.title() for name, server in servers.items() if server.get("state") == "coming"]
        return f"{' and '.join(coming)} starting; what you save is kept" if coming else ""

    @property
    def is_noted(self) -> bool:
        """Whether the folder says that this process uses the stack; not so while its disk is full."""
        return self._entry is not None

    def leave(self) -> str:
        """Leave the stack; the last user is told that it goes on for a while, and how to stop it."""
        self._left = True
        if self._entry is None:
            return ""
        self._entry.unlink(missing_ok=True)
        self._entry = None
        # Not by ``status``: what the servers hold is looked up in hundreds of files, and mostly told to nobody.
        state = self.folder.read_own("state.json")
        if not _supervised(state) or self.folder.users():
            return ""
        memory = _memory(state["supervisor"]["pid"]) >> 20
        return (
            f"The servers stop by themselves in {self.idle_s / 60:.0f} min; they hold "
            f"{memory} MB of memory, your data is in {self.folder.home}.\nStop them now: paydesk stack down"
        )


@dataclass(frozen=True, slots=True)
class StackStatus:
    """How an embedded stack stands; memory in bytes."""

    home: Path
    running: bool
    servers: dict[str, dict[str, Any]]
    users: list[int]
    memory: int


def status(home: Path, *, asks: bool = False) -> StackStatus:
    """Return how the stack in ``home`` stands; starts nothing. ``asks``: a server is ready only when it answers now."""
    folder = Folder.existing(home)
    if folder is None:
        return StackStatus(home.expanduser().absolute(), False, {}, [], 0)
    state = folder.read_own("state.json")
    running = _supervised(state)
    servers = state.get("servers", {}) if running else {}
    if asks:
        servers = _answering(folder, servers)
    memory = _memory(state["supervisor"]["pid"]) if running else 0
    return StackStatus(folder.home, running, servers, folder.users(), memory)


def _answering(folder: Folder, servers: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return what is known of servers; of one that should be ready and does not answer, that it is silent."""
    ready = {name: server for name, server in servers.items() if server.get("state") == "ready"}
    answered: set[str] = set()

    def ask(name: str, memory: bool) -> None:
        if _server(folder, name, memory).ready():
            answered.add(name)

    asking = [
        threading.Thread(target=ask, args=(name, bool(server.get("memory"))), daemon=True)
        for name, server in ready.items()
    ]
    for thread in asking:
        thread.start()
    until = time.monotonic() + _ANSWER_S
    for thread in asking:
        thread.join(max(0.0, until - time.monotonic()))
    silent = {
        name: {**server, "state": "silent", "trouble": _SILENT.format(name, server.get("pid")), "hint": _END_IT}
        for name, server in ready.items()
        if name not in answered
    }
    return {**servers, **silent}


def _server(folder: Folder, name: str, memory: bool) -> Server:
    match name:
        case "postgres":
            return Postgres(folder)
        case "valkey":
            return Valkey(folder)
        case _:
            return MemoryBroker(folder) if memory else Kafka(folder)


def running_database(home: Path, role: str) -> str | None:
    """Return the database URL of a role's login where PostgreSQL runs already; starts and makes nothing."""
    folder = Folder.existing(home)
    if folder is None:
        return None
    state = folder.read_own("state.json")
    ready = state.get("servers", {}).get("postgres", {}).get("state") == "ready"
    return Postgres(folder).url(role) if ready and _supervised(state) else None


def down(home: Path, wait_s: float = 45) -> bool:
    """Stop the stack and keep its data; returns whether it ran. Raises ``StackError`` when it does not stop."""
    folder = Folder.existing(home)
    state = folder.read_own("state.json") if folder else {}
    if not _supervised(state):
        return False
    supervisor = Process.from_document(state["supervisor"])
    assert supervisor is not None
    with contextlib.suppress(ProcessLookupError):
        os.kill(supervisor.pid, signal.SIGTERM)
    until = time.monotonic() + wait_s
    with waiting_for("the embedded servers to stop"):
        while supervisor.alive:
            if time.monotonic() > until:
                raise StackError("The embedded stack does not stop.", f"Its supervisor has the pid {supervisor.pid}.")
            time.sleep(_LOOK_S)
    return True


def still_open(users: Sequence[int]) -> str:
    """Return the sentence about processes that use the stack."""
    many = len(users) > 1
    who = f"{len(users)} desks or workers are" if many else "A desk or worker is"
    which = f"{'processes' if many else 'process'} {', '.join(map(str, users))}"
    return f"{who} still open ({which}) and will start the servers again; close {'them' if many else 'it'} first."


def reset(home: Path, *, though_open: bool = False) -> list[str]:
    """Stop the stack and delete what paydesk made in its folder; returns what else is there, which stays.

    Raises ``StillOpen`` while desks or workers use it, unless ``though_open``, and ``NotOurs`` for a folder that
    paydesk did not make.
    """
    folder = Folder.existing(home)
    if folder is None:
        return []
    for stopped in (False, True):
        users = folder.users()
        if users and not though_open:
            raise StillOpen(still_open(users), "Nothing was deleted.")
        if not stopped:
            down(home)
    return folder.delete()


def environment(home: Path, login: str) -> dict[str, str]:
    """Return the variables with which other tools connect as ``login`` (stack, contractor or manager)."""
    folder = Folder(home)
    memory = folder.read_own("state.json").get("servers", {}).get("kafka", {}).get("memory")
    kafka = MemoryBroker(folder) if memory else Kafka(folder)
    return {
        "DATABASE_URL": Postgres(folder).url(login),
        "KAFKA_BOOTSTRAP_SERVERS": kafka.address,
        "KAFKA_USERNAME": "" if memory else login,
        "KAFKA_PASSWORD": "" if memory else kafka.secrets[login],
        "REDIS_URL": Valkey(folder).url(login),
    }


def _supervised(state: dict[str, Any]) -> bool:
    supervisor = Process.from_document(state.get("supervisor"))
    return supervisor is not None and supervisor.alive


def _memory(supervisor: int) -> int:
    """Return what the supervisor and its servers hold; what they share counts once, where the system tells."""
    import psutil

    memory = 0
    with contextlib.suppress(psutil.Error):
        top = psutil.Process(supervisor)
        for process in (top, *top.children(recursive=True)):
            with contextlib.suppress(psutil.Error):
                usage = process.memory_full_info()
                memory += int(getattr(usage, "pss", usage.rss))
    return memory


def _own_environment(home: Path) -> dict[str, str]:
    kept = ("XDG_CACHE_HOME", "XDG_DATA_HOME")
    proxies = [name for kind in ("HTTPS", "HTTP", "ALL", "NO") for name in (f"{kind}_PROXY", f"{kind}_PROXY".lower())]
    certificates = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    environment = {name: os.environ[name] for name in (*kept, *proxies, *certificates) if name in os.environ}
    # Where a login has no folder of its own, what is fetched lies beside the data.
    return environment if binaries.cache().is_absolute() else environment | {"XDG_CACHE_HOME": str(home / "cache")}
