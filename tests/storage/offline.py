"""The command line in this process on schemas of its own, without broker and hints: quick enough for many cases."""

import io
import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest

from paydesk.cli.main import run
from paydesk.contractor import commands as asks
from paydesk.domain.commands import Approve, RequestPayment
from paydesk.domain.payment_request import checked_terms
from paydesk.infra.core import failpoints
from paydesk.infra.core.records import Verified
from paydesk.infra.core.role import Role
from paydesk.infra.postgres.connection import connect
from paydesk.infra.postgres.lease import PostgresLease
from paydesk.manager import commands as decides
from paydesk.manager.role import ROLE as MANAGER
from paydesk.settings import Endpoints
from tests.answer import Answer
from tests.conftest import Sides
from tests.contract.storages import message
from tests.contract.storages import request as asked
from tests.storage.test_commands import Both

TEXT: type[io.TextIOWrapper] = io.TextIOWrapper
"""What the streams are; a test may have a terminal."""


@dataclass
class OfflineServers:
    """Meets ``paydesk.settings.Servers``: the schemas alone. ``trouble`` is raised wherever an address is asked for."""

    sides: Sides
    trouble: BaseException | None = None
    kafka: dict[str, str] | None = None
    redis_url: str | None = None

    def endpoints(self, role: str) -> Endpoints:
        if self.trouble is not None:
            raise self.trouble
        return replace(self.sides.endpoints(role), kafka=self.kafka, redis_url=self.redis_url)

    def mend(self) -> bool:
        return False

    def notice(self) -> str:
        return ""

    def leave(self) -> str:
        return ""


@dataclass
class Bench:
    """Both sides, and the command line on them."""

    both: Both
    servers: OfflineServers
    asked: int = 0

    def __call__(self, *arguments: str, stdin: str | bytes | None = "") -> Answer:
        """Run a command line; ``stdin`` None is a closed one."""
        out, err = (TEXT(io.BytesIO(), encoding="utf-8") for _ in "ab")
        given = stdin.encode() if isinstance(stdin, str) else stdin
        source = None if given is None else TEXT(io.BytesIO(given), encoding="latin-1")
        with streams(out, err, source):
            code = run(arguments)
            for stream in (out, err):
                stream.flush()
        return Answer(code, *(stream.buffer.getvalue().decode() for stream in (out, err)))  # type: ignore[attr-defined]

    def role(self, name: str) -> Role:
        return self.both.sides.contractor if name == "contractor" else self.both.sides.manager

    def request(self, person: str = "ada", **terms: str) -> UUID:
        """Return a request that both sides know, like no other."""
        self.asked += 1
        request_id = uuid4()
        asked = checked_terms(**{"amount": f"{self.asked}", "currency": "EUR", "description": "x", **terms})
        asks.execute(self.both.contractor, uuid4(), RequestPayment(request_id, person, asked))
        self.both.there()
        return request_id

    def number(self, request_id: UUID) -> str:
        with connect(self.both.sides.url(self.role("contractor")), "contractor") as connection:
            row = connection.execute("SELECT number FROM payment_request WHERE id = %s", [request_id]).fetchone()
        assert row is not None
        return str(row[0])

    def held(self, person: str = "bo") -> UUID:
        """Return a request whose approval this manager holds."""
        request_id = self.request()
        with self.both.manager.transaction() as transaction:
            request = transaction.requests.get(request_id).request
        assert request is not None
        decides.execute(self.both.manager, uuid4(), Approve(request_id, person, 1, request.terms.hash), hold_s=3600)
        return request_id

    def locked(self) -> UUID:
        """Return a request that the contractor's side has locked."""
        request_id = self.request()
        with self.both.contractor.transaction() as transaction:
            transaction.locks.lock({request_id: "two outcomes"}, datetime.now(UTC))
        return request_id

    def refused(self) -> int:
        """Return the number of a message that the manager's side has in quarantine, and would take in now."""
        self.asked += 1
        with self.both.manager.transaction() as transaction:
            transaction.inbox.record([message(MANAGER, asked(f"PR-{90_000 + self.asked}"), self.asked, "quarantined")])
        return int(self.rows("manager", "SELECT max(position) FROM inbox")[0][0])

    def change(self, role: str, write: str, *values: object) -> None:
        """Change a schema behind the program's back."""
        with connect(self.both.sides.url(self.role(role)), role) as connection:
            connection.execute(write, values)

    def rows(self, role: str, read: str, *values: object) -> list[tuple[Any, ...]]:
        with connect(self.both.sides.url(self.role(role)), role) as connection:
            return connection.execute(read, values).fetchall()


@contextmanager
def streams(out: io.TextIOBase, err: io.TextIOBase, source: io.TextIOBase | None) -> Iterator[None]:
    """Have these in place of the process's own meanwhile."""
    before = sys.stdout, sys.stderr, sys.stdin
    sys.stdout, sys.stderr, sys.stdin = out, err, source  # type: ignore[assignment]
    try:
        yield
    finally:
        sys.stdout, sys.stderr, sys.stdin = before


@contextmanager
def at(point: str, act: Callable[[], None], nth: int = 1) -> Iterator[None]:
    """Do something when a named point is reached for this time."""
    times = count(1)

    def reached(name: str) -> None:
        if name == point and next(times) == nth:
            act()

    failpoints.hook = reached
    try:
        yield
    finally:
        failpoints.hook = None


@contextmanager
def opened(sides: Sides, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """Open a bench on both sides, each of whose first check is done, and which were read whole."""
    both = Both(sides)
    lease = PostgresLease(sides.url(sides.manager), "manager")
    with closing(both.lease), closing(lease), closing(both.contractor), closing(both.manager):
        assert lease.take()
        for held in (both.lease, lease):  # A worker would beat.
            held._connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        with both.manager.transaction() as transaction:
            transaction.topic.set_verified(0, Verified("a topic"))
            transaction.schema.note_checked(lease.identity)
        for role in (sides.contractor, sides.manager):  # Nor would a worker leave it at a schema that is not whole.
            with connect(sides.url(role), role.name) as connection:
                connection.execute("UPDATE origin SET whole_at = clock_timestamp()")
        servers = OfflineServers(sides)
        monkeypatch.setattr("paydesk.cli.session.servers_of", lambda _: servers)
        yield Bench(both, servers)


def word() -> str:
    """Return a key that nobody used before."""
    return secrets.token_hex(6)
