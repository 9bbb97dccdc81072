"""Servers of a benchmark's own: PostgreSQL, Valkey and Kafka in a folder that is removed at the end."""

import logging
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from confluent_kafka.admin import AdminClient

from paydesk.contractor.role import ROLE as CONTRACTOR
from paydesk.infra.core.role import Role
from paydesk.infra.migrations import migrate
from paydesk.infra.postgres.connection import connect
from paydesk.manager.role import ROLE as MANAGER
from paydesk.stack.home import Folder
from paydesk.stack.kafka_server import Kafka
from paydesk.stack.servers import Postgres, Valkey

SHARED = "PAYDESK_BENCH_HOME"
"""Names the folder of servers that several benchmarks use, one after the other; each begins with empty schemas."""
SOURCE = Path(__file__).parents[1] / "src"
ROLES = (CONTRACTOR, MANAGER)
PATIENCE_S = 60.0
_POLL_S = 0.02
LOG = logging.getLogger("paydesk")
"""What Kafka's clients say while the broker comes and goes does not belong between the rows of a table."""
LOG.addHandler(logging.NullHandler())


class Site:
    """Servers at work, and the environment that leads there."""

    def __init__(self, home: Path, env: dict[str, str]) -> None:
        folder = Folder(home)
        self.home, self.env = home, env
        self.postgres, self.kafka, self.valkey = Postgres(folder), Kafka(folder), Valkey(folder)

    def admin(self) -> "psycopg.Connection[psycopg.rows.TupleRow]":
        """Return a connection of the server's own login, which commits each statement."""
        return psycopg.connect(self.postgres.url("stack"), autocommit=True)

    def scalar(self, role: Role, query: str) -> Any:
        """Return the one value that a query finds in a role's schema."""
        with connect(self.postgres.url(role.name), role.name, autocommit=True) as connection:
            row = connection.execute(query).fetchone()
            assert row is not None
            return row[0]

    def migrate(self, role: Role) -> None:
        """Bring a role's schema up to date."""
        migrate(self.postgres.url(role.name), role.name)

    def drop(self, role: Role) -> None:
        """Drop a role's schema, and make it anew, empty."""
        with self.admin() as admin:
            admin.execute(f"DROP SCHEMA IF EXISTS {role.name} CASCADE")
        self.postgres.provision()
        self.migrate(role)

    def empty(self) -> None:
        """Make schemas and topics anew, with nothing in them, not even tables."""
        conf: dict[str, Any] = {**self.kafka.conf("stack"), "logger": LOG}
        client = AdminClient(conf)
        topics = [role.writes for role in ROLES]
        for future in client.delete_topics([name for name in topics if name in self._topics(client)]).values():
            future.result(PATIENCE_S)
        until(lambda: not self._topics(client) & {*topics})
        self.kafka.provision()
        until(lambda: {*topics} <= self._topics(client))
        with self.admin() as admin:
            for role in ROLES:
                admin.execute(f"DROP SCHEMA IF EXISTS {role.name} CASCADE")
        self.postgres.provision()

    def _topics(self, client: AdminClient) -> set[str]:
        return set(client.list_topics(timeout=PATIENCE_S).topics)

    @contextmanager
    def worker(self, role: Role, source: Path = SOURCE) -> Iterator["subprocess.Popen[bytes]"]:
        """Run a role's worker as the program of these sources; returns its process."""
        command = [sys.executable, "-m", "paydesk", role.name, "worker"]
        env = self.env | {"PYTHONPATH": str(source)}
        with subprocess.Popen(command, env=env, stderr=subprocess.DEVNULL) as process:
            try:
                yield process
                assert process.poll() is None, "the worker ended by itself"
            finally:
                process.terminate()

    @contextmanager
    def workers(self) -> Iterator[None]:
        """Have a worker of each role at work, as a desk that is open has one."""
        for role in ROLES:
            self.migrate(role)
        with self.worker(CONTRACTOR), self.worker(MANAGER):
            # From then on a request has its number at once.
            until(lambda: all(self.scalar(role, "SELECT count(checked_by) FROM meta") for role in ROLES))
            yield


def until(look: Callable[[], object], within_s: float = PATIENCE_S) -> float:
    """Wait for something to be true; returns the moment of ``time.monotonic`` at which it was."""
    end = time.monotonic() + within_s
    while not look():
        assert time.monotonic() < end, "not seen in time"
        time.sleep(_POLL_S)
    return time.monotonic()


@contextmanager
def site() -> Iterator[Site]:
    """Start servers, and remove them and all that they hold at the end; or use those that several benchmarks share."""
    if shared := os.environ.get(SHARED):
        home = Path(shared)
        there = Site(home, _environment(home.parent))
        there.empty()
        yield there
        return
    with servers() as home:
        yield Site(home, _environment(home.parent))


@contextmanager
def servers() -> Iterator[Path]:
    """Start servers; returns their folder."""
    root = Path(tempfile.mkdtemp(prefix="pd-"))
    paydesk, env = [sys.executable, "-m", "paydesk"], _environment(root)
    try:
        subprocess.run([*paydesk, "stack", "up"], env=env, check=True, capture_output=True)
        yield root / "stack"
    finally:
        subprocess.run([*paydesk, "stack", "down"], env=env, check=False, capture_output=True)
        shutil.rmtree(root, ignore_errors=True)


def _environment(root: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "LOGNAME", "USER", "HOME") if name in os.environ}
    places = {f"XDG_{name}_HOME": str(root / name.lower()) for name in ("CONFIG", "DATA", "STATE")}
    return kept | places | {"PAYDESK_HOME": str(root / "stack"), "TERM": "xterm-256color", "LANG": "C.UTF-8"}
