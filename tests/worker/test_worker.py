"""Two workers, the real broker: what one side says is on the other, once, whatever happens between."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from confluent_kafka import Producer

from paydesk.contractor import commands as asks
from paydesk.domain.commands import Approve, Reject, RequestPayment, RevisePayment
from paydesk.domain.decision import checked_cause
from paydesk.domain.payment_request import checked_terms
from paydesk.domain.status import Status
from paydesk.infra.core.health import Duty
from paydesk.infra.core.role import Role
from paydesk.infra.postgres.connection import connect
from paydesk.infra.postgres.lease import PostgresLease
from paydesk.infra.postgres.read import queries
from paydesk.infra.postgres.storage import Store
from paydesk.infra.redis.hints import HintListener
from paydesk.infra.worker.worker import Worker
from paydesk.manager import commands as decides
from tests.conftest import Sides, until

TERMS = checked_terms("1200", "EUR", "August retainer")


@pytest.fixture
def workers(sides: Sides) -> Iterator[tuple[Worker, Worker]]:
    both = Worker(sides.contractor, sides), Worker(sides.manager, sides)
    for worker in both:
        worker.start()
    yield both
    for worker in both:
        worker.stop()


def ask(sides: Sides, count: int = 1) -> list[UUID]:
    store = Store(sides.url(sides.contractor), sides.contractor)
    ids = [uuid4() for _ in range(count)]
    for request_id in ids:
        asks.execute(store, uuid4(), RequestPayment(request_id, "ada", TERMS))
    store.close()
    return ids


def count(sides: Sides, role: Role, what: str = "SELECT count(*) FROM payment_request") -> int:
    with connect(sides.url(role), role.name) as connection:
        row = connection.execute(what).fetchone()
        assert row is not None
        return int(row[0])


def seen(sides: Sides, role: Role, request_id: UUID) -> Status:
    with connect(sides.url(role), role.name) as connection:
        return queries.get(connection, request_id).status


def test_a_request_appears_on_the_other_side_and_its_decision_comes_back(
    sides: Sides, workers: tuple[Worker, Worker]
) -> None:
    hints: list[frozenset[UUID] | None] = []
    listener = HintListener(sides.manager, sides, hints.append)
    listener.start()
    until(lambda: hints)
    (request_id,) = ask(sides)
    workers[0].nudge()
    until(lambda: frozenset({request_id}) in hints)
    listener.stop()
    assert seen(sides, sides.manager, request_id) is Status.PENDING
    store = Store(sides.url(sides.manager), sides.manager)
    cause = checked_cause("needs_info", "which month?")
    decides.execute(store, uuid4(), Reject(request_id, "bo", 1, TERMS.hash, cause))
    workers[1].nudge()
    until(lambda: seen(sides, sides.contractor, request_id) is Status.REJECTED)
    asks.execute(Store(sides.url(sides.contractor), sides.contractor), uuid4(), RevisePayment(request_id, "ada", {}))
    until(lambda: seen(sides, sides.manager, request_id) is Status.PENDING)
    decides.execute(store, uuid4(), Approve(request_id, "bo", 2, TERMS.hash), hold_s=0.5)
    until(lambda: seen(sides, sides.contractor, request_id) is Status.ACCEPTED)
    with connect(sides.url(sides.contractor), "contractor") as connection:
        copy = queries.get(connection, request_id)
        assert copy.decision and copy.decision.decided_by == "bo" and copy.decision.received_at
        assert copy.delivery == "decided"


def test_bad_messages_stop_nobody(sides: Sides, workers: tuple[Worker, Worker]) -> None:
    until(lambda: workers[1].health().duty is Duty.WORKING)
    (first,) = ask(sides)
    until(lambda: count(sides, sides.manager) == 1)
    with connect(sides.url(sides.contractor), "contractor") as connection:
        row = connection.execute("SELECT key, headers, value FROM outbox").fetchone()
    assert row is not None
    key, headers, value = row[0], {name: text.encode() for name, text in row[1]}, json.loads(row[2])
    hostile = json.dumps(value | {"terms": value["terms"] | {"description": "\x1b]52;c;eA==\x07"}}).encode()
    forked = json.dumps(value | {"actor": "eve"}).encode()
    conf = sides.endpoints("contractor").kafka
    assert conf is not None
    producer = Producer(dict(conf))
    bad = [
        (key, headers, b"\x00\xff not json"),
        (key, headers, None),
        (key, {}, b"{}"),
        (key, headers | {"ce_source": b"/paydesk/manager"}, json.dumps(value).encode()),
        (b"other", headers | {"ce_id": str(uuid4()).encode()}, json.dumps(value).encode()),
        (key, headers | {"ce_id": str(uuid4()).encode()}, hostile),
        (key, headers | {"ce_id": str(uuid4()).encode()}, forked),
        (key, headers | {"ce_id": b"\x00\x1b"}, json.dumps(value | {"version": 2**40}).encode()),
    ]
    for bad_key, bad_headers, bad_value in bad:
        producer.produce(sides.contractor.writes, bad_value, bad_key, headers=list(bad_headers.items()))
    producer.produce(
        sides.contractor.writes, b"{}", key, headers=list((headers | {"ce_type": b"paydesk.other.v9"}).items())
    )
    producer.flush(20)
    (later,) = ask(sides)
    until(lambda: count(sides, sides.manager) == 2)
    assert seen(sides, sides.manager, later) is Status.PENDING and seen(sides, sides.manager, first) is Status.PENDING
    trouble = (
        "SELECT count(*) FROM inbox WHERE became = 'quarantined' AND reason <> '' AND value IS NOT DISTINCT FROM value"
    )
    assert count(sides, sides.manager, trouble) == len(bad)
    assert count(sides, sides.manager, "SELECT count(*) FROM inbox WHERE became = 'parked'") == 1
    until(lambda: workers[1].health().quarantined == len(bad))


@pytest.mark.long
def test_a_thousand_events_once_each_though_the_holder_is_killed(sides: Sides) -> None:
    ask(sides, 1000)
    first, second = (_process(sides), _process(sides))
    try:
        until(lambda: count(sides, sides.manager) > 0)
        first.kill()
        first.wait()
        until(lambda: count(sides, sides.manager) == 1000, within_s=60)
        assert count(sides, sides.manager, "SELECT count(DISTINCT event_id) FROM inbox") == 1000
        assert count(sides, sides.manager, "SELECT count(*) FROM inbox") == 1000
    finally:
        for process in (first, second):
            process.kill()
            process.wait()


def _process(sides: Sides) -> subprocess.Popen[bytes]:
    code = (
        "import sys, time; from pathlib import Path; from dataclasses import replace\n"
        "from paydesk.stack.embedded import EmbeddedStack; from tests.conftest import Sides\n"
        "from paydesk.contractor.role import ROLE as C; from paydesk.manager.role import ROLE as M\n"
        "from paydesk.infra.worker.worker import Worker\n"
        "home, name = sys.argv[1:]; r, d = 'test.contractor.' + name, 'test.manager.' + name\n"
        "both = replace(C, writes=r, reads=(d,)), replace(M, writes=d, reads=(r,))\n"
        "sides = Sides(EmbeddedStack(Path(home)), name, *both)\n"
        "workers = [Worker(sides.contractor, sides), Worker(sides.manager, sides)]\n"
        "[worker.start() for worker in workers]\n"
        "time.sleep(300)\n"
    )
    return subprocess.Popen([sys.executable, "-c", code, str(sides.stack.folder.home), sides.database])


@pytest.mark.long
def test_the_lease_goes_over_when_its_holder_is_killed_or_frozen(sides: Sides) -> None:
    code = (
        "import sys, time; from paydesk.infra.postgres.lease import PostgresLease\n"
        "lease = PostgresLease(sys.argv[1], 'manager'); assert lease.take(); print('held', flush=True)\n"
        "while True: lease.beat(); time.sleep(0.1)\n"
    )
    for how, at_most_s in (("KILL", 2.0), ("STOP", 6.0)):
        holder = subprocess.Popen(
            [sys.executable, "-c", code, sides.url(sides.manager)], stdout=subprocess.PIPE, text=True
        )
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        other = PostgresLease(sides.url(sides.manager), "manager")
        assert not other.take()
        subprocess.run(["kill", f"-{how}", str(holder.pid)], check=True)
        started = time.monotonic()
        until(other.take, within_s=20)
        took_s = time.monotonic() - started
        other.close()
        holder.kill()
        holder.wait()
        assert took_s < at_most_s, f"after SIG{how} it took {took_s:.2f} s"


def test_a_worker_for_a_moment_delivers_and_catches_up(sides: Sides) -> None:
    ask(sides)
    for role in (sides.contractor, sides.manager):
        worker = Worker(role, sides)
        worker.start()
        until(lambda worker=worker: worker.caught_up)  # type: ignore[misc]
        until(lambda: count(sides, sides.contractor, "SELECT count(*) FROM outbox WHERE published_at IS NULL") == 0)
        worker.stop()
    assert count(sides, sides.manager) == 1
