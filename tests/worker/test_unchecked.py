"""A schema that was lost or restored under a worker: nothing is applied or sent before its own topic was read."""

from contextlib import closing
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from paydesk.contractor import commands as asks
from paydesk.domain.commands import RequestPayment
from paydesk.infra.core.role import Role
from paydesk.infra.engine.inbox import InboxProcessor, Overtaken
from paydesk.infra.engine.relay import LeaseLost, Relay
from paydesk.infra.postgres.connection import connect
from paydesk.infra.postgres.lease import PostgresLease
from paydesk.infra.postgres.read import queries
from paydesk.infra.postgres.storage import Store
from tests.conftest import Sides
from tests.simulation.log import MemoryLog, MemoryReader, MemoryWriter
from tests.worker.test_worker import TERMS, ask, count


class Desk:
    """One role's store, lease and outbound side on a log in memory."""

    def __init__(self, sides: Sides, role: Role, log: MemoryLog) -> None:
        self.store = Store(sides.url(role), role)
        self.lease = PostgresLease(sides.url(role), role.name)
        self.outbound = Relay(self.store, self.lease, MemoryWriter(log, role.writes), lambda: MemoryReader(log))

    def close(self) -> None:
        self.lease.close()
        self.store.close()


@pytest.fixture
def log() -> MemoryLog:
    return MemoryLog(lambda: datetime.now(UTC), uuid4)


def run(sides: Sides, role: Role, statement: str) -> None:
    with connect(sides.url(role), role.name, autocommit=True) as connection:
        connection.execute(statement)


def number_of(sides: Sides, request_id: UUID) -> str | None:
    with connect(sides.url(sides.contractor), "contractor") as connection:
        request = queries.get(connection, request_id).request
        assert request is not None
        return request.number


def test_nothing_is_sent_or_applied_in_a_schema_that_its_holder_has_not_checked(sides: Sides, log: MemoryLog) -> None:
    ask(sides)
    with closing(Desk(sides, sides.contractor, log)) as contractor, closing(Desk(sides, sides.manager, log)) as manager:
        contractor.outbound.step()
        manager.outbound.step()
        inbound = InboxProcessor(sides.manager, manager.store, MemoryReader(log), sides.manager.load_apply())
        assert inbound.assign()
        run(sides, sides.manager, "UPDATE meta SET checked_by = NULL")
        with pytest.raises(Overtaken):
            inbound.step(0)
        assert count(sides, sides.manager) == 0

        ask(sides)
        run(sides, sides.contractor, "UPDATE meta SET checked_by = 'one of a copy'")
        before = len(log.topic(sides.contractor.writes).records)
        with pytest.raises(LeaseLost):
            contractor.outbound.step()
        assert len(log.topic(sides.contractor.writes).records) == before


def test_a_broker_that_was_away_is_asked_what_it_still_holds(sides: Sides, log: MemoryLog) -> None:
    ask(sides)
    ask(sides)
    with closing(Desk(sides, sides.contractor, log)) as contractor:
        contractor.outbound.step()
        there = list(log.topic(sides.contractor.writes).records)
        assert len(there) == 2
        del log.topic(sides.contractor.writes).records[1:]
        contractor.outbound.look_again()
        contractor.outbound.step()
        again = log.topic(sides.contractor.writes).records
        assert [record.value for record in again] == [record.value for record in there]


def test_an_event_whose_second_place_was_cut_off_stands_at_its_first(sides: Sides, log: MemoryLog) -> None:
    ask(sides)
    ask(sides)
    with closing(Desk(sides, sides.contractor, log)) as contractor:
        contractor.outbound.step()
        run(sides, sides.contractor, "UPDATE outbox SET published_at = NULL")
        contractor.outbound.step()
        records = log.topic(sides.contractor.writes).records
        assert len(records) == 4
        del records[2:]
        contractor.outbound.look_again()
        contractor.outbound.step()
        assert len(records) == 2, "both are there, and not sent a third time"
        with connect(sides.url(sides.contractor), "contractor") as connection:
            places = connection.execute("SELECT kafka_offset FROM outbox ORDER BY 1").fetchall()
        assert places == [(0,), (1,)]


def test_an_event_that_comes_late_leaves_its_number_to_who_got_it_since(sides: Sides, log: MemoryLog) -> None:
    (late,) = ask(sides)
    with closing(Desk(sides, sides.contractor, log)) as before:
        before.outbound.step()
    topic = log.topic(sides.contractor.writes)
    (original,) = topic.records
    topic.records.clear()
    run(sides, sides.contractor, "TRUNCATE payment_request, outbox, inbox, command, meta, position")
    run(sides, sides.contractor, "ALTER SEQUENCE request_number RESTART")
    with closing(Desk(sides, sides.contractor, log)) as since:
        since.outbound.step()
        key, other = uuid4(), uuid4()
        asks.execute(since.store, key, RequestPayment(other, "ada", TERMS))
        since.outbound.step()
        number = number_of(sides, other)
        log.put(original.topic, original.key, original.headers, original.value)
    with closing(Desk(sides, sides.contractor, log)) as again:
        again.outbound.step()
        assert number is not None and number_of(sides, other) == number
        assert number_of(sides, late) not in (None, number)
        newest = [record for record in topic.records if record.key == original.key][-1]
        assert f'"number":"{number_of(sides, late)}"'.encode() in (newest.value or b"")
