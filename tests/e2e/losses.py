"""Stores are lost: a schema dropped or restored from a copy, a broker away, the end of its log cut off."""

import os
import signal
import struct
import subprocess
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psutil
import psycopg

from paydesk.domain.commands import Approve, Reject
from paydesk.domain.decision import checked_cause
from paydesk.infra.core.role import Role
from paydesk.infra.postgres.connection import connect
from paydesk.infra.postgres.storage import Store
from paydesk.manager import commands as decides
from paydesk.manager.role import ROLE as MANAGER
from paydesk.stack import binaries
from paydesk.stack.servers import Postgres
from tests.conftest import until
from tests.e2e.faults import ROLES, Faults
from tests.e2e.site import Site

Waiting = tuple[UUID, int, str]
"""A request that waits for a manager: id, revision and terms hash."""
ALL_NUMBERS = "SELECT count(*), count(DISTINCT number), count(*) FILTER (WHERE number IS NULL) FROM payment_request"


def drop(faults: Faults, role: Role) -> None:
    """Drop a role's schema with everything in it, and make it anew, empty, as whoever runs the database would."""
    server = Postgres(faults.site.folder)
    with psycopg.connect(server.url("stack"), autocommit=True) as admin:
        admin.execute(f"DROP SCHEMA {role.name} CASCADE")
    server.provision()


def copied(faults: Faults, role: Role) -> Path:
    """Return a copy of a role's schema, as a backup makes it."""
    copy = faults.site.root / f"{role.name}-{uuid4().hex}.sql"
    _program("pg_dump", "--schema", role.name, "--file", str(copy), Postgres(faults.site.folder).url("stack"))
    return copy


def restore(faults: Faults, role: Role, copy: Path) -> None:
    """Put a copy in the place of a role's schema."""
    url = Postgres(faults.site.folder).url("stack")
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(f"DROP SCHEMA {role.name} CASCADE")
    _program("psql", "--quiet", "--no-psqlrc", "--set", "ON_ERROR_STOP=1", "--file", str(copy), url)


def _program(name: str, *arguments: str) -> None:
    command = [str(binaries.postgres() / name), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env=binaries.server_environment(), check=False)
    assert done.returncode == 0, done.stderr


@contextmanager
def broker_away(site: Site) -> Iterator[None]:
    """Kill the broker, and keep it away for a while."""
    pid = site.pid("kafka")
    with site.supervisor_stopped():
        os.kill(pid, signal.SIGKILL)
        until(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
        yield
    until(lambda: site.folder.read("state.json")["servers"]["kafka"]["state"] == "ready", within_s=120, every_s=0.1)


def cut_end(site: Site, topic: str, first: int) -> int:
    """Cut off all batches of a topic from an offset on while the broker is away; returns how many there were."""
    folder = site.home / "kafka" / f"{topic}-0"
    segment = max(folder.glob("*.log"))
    content, at, starts = segment.read_bytes(), 0, dict[int, int]()
    while at + 12 <= len(content) and (length := struct.unpack_from(">i", content, at + 8)[0]) > 0:
        starts[struct.unpack_from(">q", content, at)[0]] = at
        at += 12 + length
    os.truncate(segment, starts[first])
    for derived in (*folder.glob("*.index"), *folder.glob("*.timeindex"), *folder.glob("*.snapshot")):
        derived.unlink()
    (folder.parent / ".kafka_cleanshutdown").unlink(missing_ok=True)
    return sum(offset >= first for offset in starts)


def pending(faults: Faults, most: int) -> list[Waiting]:
    """Return id, revision and terms hash of requests that wait for a manager, the oldest first."""
    with connect(faults.url(MANAGER), MANAGER.name) as connection:
        return connection.execute(
            "SELECT id, revision, terms_hash FROM payment_request WHERE status = 'pending' AND NOT locked"
            " ORDER BY requested_at, id LIMIT %s",
            [most],
        ).fetchall()


def decide(faults: Faults, most: int, actor: str = "bo", but: Collection[UUID] = ()) -> None:
    """Approve two of three that wait and reject the third, straight in the manager's schema."""
    store, waiting = Store(faults.url(MANAGER), MANAGER), pending(faults, most)
    for place, (request_id, revision, terms_hash) in enumerate(row for row in waiting if row[0] not in but):
        if place % 3 == 2:
            cause = checked_cause("duplicate", None)
            decides.execute(store, uuid4(), Reject(request_id, actor, revision, terms_hash, cause))
        else:
            decides.execute(store, uuid4(), Approve(request_id, actor, revision, terms_hash))
    store.close()


def decisions(faults: Faults, role: Role) -> dict[UUID, tuple[Any, ...]]:
    """Return what a role's schema says was decided, by request."""
    with connect(faults.url(role), role.name) as connection:
        rows = connection.execute(
            "SELECT id, status, outcome, rejected_upto, decided_revision, decided_terms_hash, decided_by, cause_code"
            " FROM payment_request WHERE decision_version IS NOT NULL"
        ).fetchall()
    return {row[0]: row[1:] for row in rows}


def assert_kept(faults: Faults, before: dict[UUID, tuple[Any, ...]]) -> None:
    """Both sides still say of each request what was decided before."""
    for role in ROLES:
        now = decisions(faults, role)
        changed = {
            request: (earlier, now.get(request)) for request, earlier in before.items() if now.get(request) != earlier
        }
        assert not changed, f"{role.name} says something else of {len(changed)}: {changed}"


def assert_numbers(faults: Faults) -> None:
    """Every request has a number of its own, the same on both sides."""
    with connect(faults.url(ROLES[0]), ROLES[0].name) as connection:
        row = connection.execute(ALL_NUMBERS).fetchone()
    assert row is not None and row[0] == row[1] and row[2] == 0, row
