"""How often a command waits for an answer of PostgreSQL, counted in what libpq sends and gets."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import IO
from uuid import UUID, uuid4

import pytest
from psycopg import pq

from paydesk.contractor import commands as asks
from paydesk.domain.commands import Approve, AskWithdrawal, RequestPayment, RevisePayment
from paydesk.domain.payment_request import checked_terms
from paydesk.infra.core.records import ExpectedArrival, Half, Position, Verified
from paydesk.infra.postgres.lease import PostgresLease
from paydesk.infra.postgres.storage import Store
from paydesk.manager import commands as decides
from tests.conftest import Sides
from tests.contract.storages import TOPIC_ID, accepted, message, received, request

TERMS = checked_terms("1200", "EUR", "Logo", due_date="2026-12-31")
COMMAND = 5
"""Try the connection, begin, ask all that is to be known, write all that is to be written, commit."""


class Trips:
    """Counts the round trips of a store that has one connection."""

    def __init__(self, store: Store, trace: IO[str]) -> None:
        self._trace = trace
        with store.lend() as connection:
            self._client = connection.pgconn

    def of(self, work: Callable[[], object]) -> int:
        """Return how often this asks and then waits."""
        self._trace.seek(0)
        self._trace.truncate()
        self._client.trace(self._trace.fileno())
        self._client.set_trace_flags(pq.Trace.SUPPRESS_TIMESTAMPS)
        work()
        self._client.untrace()  # Which writes down what is left of it.
        self._trace.seek(0)
        # Of a statement of several lines the first alone tells who speaks.
        sides = [line[0] for line in self._trace if line.startswith(("F\t", "B\t"))]
        return sum(before != "F" and side == "F" for before, side in zip(["", *sides], sides, strict=False))


@contextmanager
def opened(sides: Sides, name: str) -> Iterator[tuple[Store, Trips]]:
    """Open a side whose first check is done."""
    role = getattr(sides, name)
    with (
        closing(Store(sides.url(role), role)) as store,
        closing(PostgresLease(sides.url(role), name)) as lease,
        tempfile.TemporaryFile("w+") as trace,
    ):
        assert lease.take()
        with store.transaction() as transaction:
            transaction.topic.set_verified(0, Verified("a topic"))
            transaction.schema.note_checked(lease.identity)
        yield store, Trips(store, trace)


def asked(store: Store, request_id: UUID) -> None:
    asks.execute(store, uuid4(), RequestPayment(request_id, "ada", TERMS))


def test_a_request_waits_six_times_for_the_database(sides: Sides) -> None:
    with opened(sides, "contractor") as (store, trips):
        asked(store, uuid4())  # The first on a connection asks which database that leads to.
        assert trips.of(lambda: asked(store, uuid4())) == COMMAND + 1, "its number is counted up once all is known"


@pytest.mark.parametrize("act", ["revise", "withdraw"])
def test_what_changes_a_request_waits_five_times_for_the_database(sides: Sides, act: str) -> None:
    with opened(sides, "contractor") as (store, trips):
        asked(store, request_id := uuid4())
        changes = {"amount": "7"}
        command = RevisePayment(request_id, "ada", changes) if act == "revise" else AskWithdrawal(request_id, "ada")
        assert trips.of(lambda: asks.execute(store, uuid4(), command)) == COMMAND


@pytest.mark.parametrize("hold_s", [0, 8])
def test_a_decision_waits_five_times_for_the_database(sides: Sides, hold_s: float) -> None:
    with opened(sides, "manager") as (store, trips):
        for _ in range(2):
            with store.transaction() as transaction:
                register = request(number=f"PR-{uuid4()}")
                transaction.requests.replace([received(register)], "request", store.now())
            command = Approve(register.id, "bo", register.revision, register.terms.hash)
            count = trips.of(lambda command=command: decides.execute(store, uuid4(), command, hold_s))  # type: ignore[misc]
        assert count == COMMAND


@pytest.mark.parametrize(("name", "more"), [("contractor", 0), ("manager", 1)])
def test_what_is_received_waits_five_times_and_once_more_where_a_withdrawal_may_be_owed(
    sides: Sides, name: str, more: int
) -> None:
    with opened(sides, name) as (store, trips):
        asked_for = request(number="PR-9")

        def receive(offset: int) -> None:
            register = accepted(asked_for, offset) if name == "contractor" else replace(asked_for, version=offset)
            event, now, place = received(register), store.now(), (store.role.reads[0], 0)
            known = Position(TOPIC_ID, offset) if offset > 1 else None
            with store.transaction() as transaction:
                half: Half = "decision" if name == "contractor" else "request"
                transaction.expect(ExpectedArrival(frozenset({register.id}), half))
                assert transaction.schema.checked()
                store.role.load_apply()(transaction, store.role, [event], now)
                transaction.inbox.record([message(store.role, register, offset)])
                assert transaction.inbox.move(place, known, Position(TOPIC_ID, offset + 1))

        receive(1)
        assert trips.of(lambda: receive(2)) == COMMAND + more
