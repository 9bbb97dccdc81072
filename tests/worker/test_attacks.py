"""What somebody with a role's Kafka login can write to its topic, and what it may do: workers, real topics."""

import json
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from paydesk.domain.status import Status
from paydesk.infra.postgres import connect
from paydesk.infra.role import Role
from paydesk.infra.store import Store
from paydesk.infra.worker import Worker
from paydesk.manager import commands as decides
from tests.conftest import Sides, until
from tests.worker.test_worker import TERMS, ask, count, seen, workers

__all__ = ["workers"]

_FAR = 9_000_000_000_000_000
"""A timestamp, in milliseconds, of which no date can be made."""


def produce(sides: Sides, role: Role, key: str, headers: dict[str, bytes], value: bytes | None, stamp: int = 0) -> None:
    """Write to a role's topic with its login, as a foreign program would."""
    producer = Producer(dict(sides.endpoints(role.name).kafka or {}))
    producer.produce(role.writes, value, key, headers=list(headers.items()), timestamp=stamp)
    assert producer.flush(30) == 0


def last_said(sides: Sides, role: Role) -> tuple[str, dict[str, bytes], bytes]:
    """Return key, headers and value of the newest event that a role said."""
    with connect(sides.url(role), role.name) as connection:
        row = connection.execute("SELECT key, headers, value FROM outbox ORDER BY position DESC LIMIT 1").fetchone()
    assert row is not None
    return bytes(row[0]).decode(), {name: text.encode() for name, text in row[1]}, bytes(row[2])


def anew(headers: dict[str, bytes], **changes: bytes) -> dict[str, bytes]:
    """Return headers with an event id of their own."""
    return headers | {"ce_id": str(uuid4()).encode()} | changes


def reasons(sides: Sides, role: Role, became: str = "quarantined") -> list[str]:
    """Return why a side quarantined or parked what it did."""
    with connect(sides.url(role), role.name) as connection:
        rows = connection.execute("SELECT reason FROM inbox WHERE became = %s ORDER BY position", [became])
        return [row[0] for row in rows]


def amiss(sides: Sides, role: Role) -> str:
    """Return what a side's check of its own topic could not explain."""
    with connect(sides.url(role), role.name) as connection:
        row = connection.execute("SELECT coalesce(string_agg(amiss, ' '), '') FROM meta").fetchone()
    return str(row[0]) if row else ""


@pytest.fixture
def own_times(sides: Sides) -> Iterator[Sides]:
    """Return sides whose topics keep whatever time a producer says."""
    settings = {"message.timestamp.type": "CreateTime", "message.timestamp.after.max.ms": str(2**63 - 1)}
    for role in (sides.contractor, sides.manager):
        admin = AdminClient(dict(sides.endpoints(role.name).kafka or {}))
        admin.create_topics([NewTopic(role.writes, 1, -1, config=settings)])[role.writes].result(30)
    yield sides


@pytest.mark.fault(
    kind="What reading a record needs can fail for that record alone: it is quarantined, and all behind it flows.",
    mended="infra/kafka.py",
)
def test_a_timestamp_that_is_no_date_stops_neither_side(own_times: Sides) -> None:
    sides = own_times
    both = [Worker(sides.contractor, sides), Worker(sides.manager, sides)]
    try:
        for worker in both:
            worker.start()
        (first,) = ask(sides)
        until(lambda: count(sides, sides.manager) == 1)
        approve(sides, first)
        until(lambda: seen(sides, sides.contractor, first) is Status.ACCEPTED)
        for role in (sides.contractor, sides.manager):
            key, headers, value = last_said(sides, role)
            produce(sides, role, key, anew(headers), value, stamp=_FAR)
        # Behind it, both ways; and each writer reads its own topic, as the next offset is not the one it expects.
        (second,) = ask(sides)
        until(lambda: count(sides, sides.manager) == 2)
        approve(sides, second)
        until(lambda: seen(sides, sides.contractor, second) is Status.ACCEPTED)
        for role in (sides.contractor, sides.manager):
            assert [reason.split(":")[0] for reason in reasons(sides, role)] == ["cannot be read, its timestamp"]
            until(lambda role=role: "1 message" in amiss(sides, role))  # type: ignore[misc]
            assert count(sides, role) == 2
    finally:
        for worker in both:
            worker.stop()


def approve(sides: Sides, request_id: UUID) -> None:
    """Have the manager approve the first revision."""
    store = Store(sides.url(sides.manager), sides.manager)
    decides.approve(store, uuid4(), request_id, "bo", 1, TERMS.hash)
    store.close()


@pytest.mark.fault(
    kind="What reading a record needs can fail for that record alone: it is quarantined, and all behind it flows.",
    mended="infra/kafka.py",
)
def test_a_digest_or_answer_that_cannot_be_dealt_with_is_quarantined_and_stops_nobody(
    sides: Sides, workers: tuple[Worker, Worker]
) -> None:
    ask(sides)
    until(lambda: count(sides, sides.manager) == 1)
    _, headers, _ = last_said(sides, sides.contractor)
    resync = {"total": 16, "buckets": [0], "ids": [], "versions": [], "hashes": [], "refused": []}
    bad = [
        ("paydesk.resync_requested.v1", resync | {"ids": [str(uuid4())], "versions": [1], "hashes": ["\x00"]}),
        ("paydesk.resync_requested.v1", resync | {"ids": [str(uuid4())], "versions": [10**30], "hashes": ["a" * 64]}),
        ("paydesk.resync_requested.v1", resync | {"ids": [str(uuid4())]}),
        ("paydesk.digest.v1", {"buckets": ["\x00"], "locked": []}),
        ("paydesk.digest.v1", {"buckets": ["0" * 16], "locked": ["\x00"]}),
        ("paydesk.digest.v1", ["no", "object"]),
    ]
    for kind, value in bad:
        produce(sides, sides.contractor, "digest", anew(headers, ce_type=kind.encode()), json.dumps(value).encode())
    ask(sides)
    until(lambda: count(sides, sides.manager) == 2)
    assert len([one for one in reasons(sides, sides.manager) if one.startswith("does not decode")]) == len(bad)
