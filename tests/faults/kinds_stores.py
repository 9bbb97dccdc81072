"""One side's schema lost, or restored from an old copy, while the other side goes on."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from uuid import uuid4

from paydesk.domain.commands import Undo
from paydesk.domain.errors import PaydeskError
from paydesk.infra.postgres.storage import Store
from paydesk.manager import commands as decides
from paydesk.manager.role import ROLE as MANAGER
from paydesk.stack import binaries
from paydesk.stack.servers import Postgres
from tests.faults.checker import OTHER
from tests.faults.journal import unanswered
from tests.faults.look import until
from tests.faults.rows import Row
from tests.faults.strikes import Striker

REQUESTS = 300
"""How many requests a copy is old before it is restored."""


def _unpublished(striker: Striker, role: str, row: Row) -> None:
    """Excuse what nobody but the lost schema knew, such as an undo whose answer its author never saw."""
    query = f"SELECT command_id FROM {role}.outbox WHERE published_at IS NULL AND command_id <> ''"
    gone = {command for (command,) in striker.bench.look.sql(query)}
    unsure = [asked for file in striker.bench.journals(role) if (asked := unanswered(file)) is not None]
    striker.excused |= gone | {asked["of"] for asked in unsure if asked["word"] == "undo"}
    row.notes.append(f"{len(gone)} commands had not been published, and went with the schema")


def _beaten(striker: Striker, role: str, row: Row) -> None:
    """Excuse what was taken before the first check, and is beaten by what had been published: its author is told."""
    stands = f"SELECT command_id FROM {role}.outbox WHERE NOT beaten"
    query = f"SELECT command_id FROM {role}.outbox WHERE beaten AND command_id NOT IN ({stands})"
    beaten = {command for (command,) in striker.bench.look.sql(query)} - striker.excused
    striker.excused |= beaten
    if beaten:
        row.notes.append(f"{len(beaten)} commands, unconfirmed when they were taken, were beaten by published ones")


def _drop(striker: Striker, role: str) -> None:
    striker.bench.look.sql(f"DROP SCHEMA {role} CASCADE")


def schema_lost(role: str) -> Callable[[Striker, Row, int], None]:
    """Return what drops a role's schema; every second time the first who reads it back from the topic is killed."""

    def strike(striker: Striker, row: Row, rounds: int) -> None:
        bench, row.recovers = striker.bench, "start"
        for turn in range(rounds):
            bench.pace(0)
            time.sleep(3)
            bench.dismiss(role)
            bench.pace(None, OTHER[role])
            _unpublished(striker, role, row)
            _drop(striker, role)
            Postgres(bench.site.folder).provision()
            time.sleep(1)
            if turn % 2:
                bench.orders[role].arm("I1", signal.SIGKILL)
            began = time.monotonic()
            bench.staff(role, wait=not turn % 2)
            if turn % 2:
                bench.replace(until(lambda: bench.struck(role), "the first reader dead"))
                bench.attended(role)
            bench.pace(None, role)
            row.runs += 1
            row.recovery_s.append(striker.whole(began))
            _beaten(striker, role, row)

    return strike


def schema_restored(role: str) -> Callable[[Striker, Row, int], None]:
    """Return what restores a role's schema from an old copy; every second time the broker is away at first."""

    def strike(striker: Striker, row: Row, rounds: int) -> None:
        bench, row.recovers = striker.bench, "start"
        server = Postgres(bench.site.folder)
        for turn in range(rounds):
            bench.pace(0)
            time.sleep(1.5)
            copy = bench.root / "copy.sql"
            url = server.url("stack", "paydesk")
            _program("pg_dump", "--schema", role, "--file", str(copy), url)
            oldest = bench.look.scalar("SELECT count(*) FROM contractor.payment_request")
            until(
                lambda least=oldest + REQUESTS: (
                    bench.look.scalar("SELECT count(*) FROM contractor.payment_request") >= least
                ),  # type: ignore[misc]
                f"{REQUESTS} more requests",
            )
            bench.dismiss(role)
            bench.pace(None, OTHER[role])
            _unpublished(striker, role, row)
            _drop(striker, role)
            _program("psql", "--quiet", "--no-psqlrc", "--set", "ON_ERROR_STOP=1", "--file", str(copy), url)
            broker = bench.kill_server("kafka", signal.SIGSTOP) if turn % 2 else 0
            began = time.monotonic()
            bench.staff(role, wait=not broker)
            if broker:
                time.sleep(3)
                os.kill(broker, signal.SIGCONT)
                bench.attended(role)
            bench.pace(None, role)
            if role == "manager":
                row.notes.append(f"{answer_again(striker)} held decisions were asked again, and taken back")
            row.runs += 1
            row.recovery_s.append(striker.whole(began))
            _beaten(striker, role, row)

    return strike


def answer_again(striker: Striker) -> int:
    """Take back what an old copy holds, as a person would that took it back before; returns how many there were."""
    look, server = striker.bench.look, Postgres(striker.bench.site.folder)
    striker.bench.rest()
    query = "SELECT request_id, actor FROM manager.outbox WHERE published_at IS NULL AND hold_until IS NOT NULL"
    query += " AND NOT beaten"
    until(lambda: look.unsent("manager") == 0, "the manager's outbox empty but for what is held")
    time.sleep(1.5)  # What was decided just now leaves by itself.
    store, kept = Store(server.url("manager"), MANAGER), 0
    for request, actor in look.sql(query):
        try:
            decides.execute(store, uuid4(), Undo(request, actor))
            kept += 1
        except PaydeskError:
            continue
    store.close()
    striker.bench.pace()
    return kept


def _program(name: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs."""
    command = [str(binaries.postgres() / name), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env=binaries.server_environment(), check=False)
    assert done.returncode == 0, done.stderr
