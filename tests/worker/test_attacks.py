"""What somebody with a role's Kafka login can write to its topic, and what it may do: workers, real topics."""

import json
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from paydesk.domain.commands import Approve
from paydesk.domain.status import Status
from paydesk.infra.core.messages import TermsMessage, terms_in
from paydesk.infra.core.role import Role
from paydesk.infra.diagnostics.checkup import check_role
from paydesk.infra.kafka.log import KafkaReader
from paydesk.infra.postgres.connection import connect
from paydesk.infra.postgres.storage import Store
from paydesk.infra.worker.worker import Worker
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


def warning(sides: Sides, role: Role) -> str:
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


@pytest.mark.long
@pytest.mark.fault(
    kind="What reading a record needs can fail for that record alone: it is quarantined, and all behind it flows.",
    mended="infra/kafka/clients.py",
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
            until(lambda role=role: "1 message" in warning(sides, role))  # type: ignore[misc]
            assert count(sides, role) == 2
    finally:
        for worker in both:
            worker.stop()


def approve(sides: Sides, request_id: UUID) -> None:
    """Have the manager approve the first revision."""
    store = Store(sides.url(sides.manager), sides.manager)
    decides.execute(store, uuid4(), Approve(request_id, "bo", 1, TERMS.hash))
    store.close()


@pytest.mark.fault(
    kind="What reading a record needs can fail for that record alone: it is quarantined, and all behind it flows.",
    mended="infra/kafka/clients.py",
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
    assert len([reason for reason in reasons(sides, sides.manager) if reason.startswith("does not decode")]) == len(bad)


_FORM = {"total": 1, "buckets": [0], "ids": [], "versions": [], "hashes": [], "refused": []}


def control(sides: Sides, role: Role, kind: str, value: dict[str, object]) -> None:
    """Write a digest or an answer to a role's topic with its login."""
    headers = {
        "ce_specversion": b"1.0",
        "ce_id": str(uuid4()).encode(),
        "ce_type": kind.encode(),
        "ce_source": role.source.encode(),
        "ce_subject": b"digest",
        "ce_time": b"2026-11-30T00:00:00+00:00",
        "content-type": b"application/json",
    }
    produce(sides, role, "digest", headers, json.dumps(value).encode())


def said_like(sides: Sides, role: Role, **changes: object) -> None:
    """Say the newest event of a role again, as another event with changes, under a request id of its own if given."""
    key, headers, value = last_said(sides, role)
    content = json.loads(value) | changes
    if "terms" in changes:
        terms = TermsMessage.model_validate_json(json.dumps(changes["terms"]))
        content["terms_hash"] = changes.get("terms_hash") or terms_in(terms).hash
    key = str(content["id"])
    produce(sides, role, key, anew(headers, ce_subject=key.encode()), json.dumps(content).encode())


def terms_like(sides: Sides, role: Role, **changes: object) -> dict[str, object]:
    """Return the terms of the newest event of a role, with changes."""
    terms: dict[str, object] = json.loads(last_said(sides, role)[2])["terms"] | changes
    return terms


def numbers(sides: Sides, role: Role) -> set[str]:
    with connect(sides.url(role), role.name) as connection:
        return {row[0] for row in connection.execute("SELECT number FROM payment_request WHERE number IS NOT NULL")}


def findings(sides: Sides, role: Role) -> str:
    """Return what doctor says of a side's database, as text."""
    return "\n".join(
        f"{finding.ok} {finding.name} {finding.seen}" for finding in check_role(role, sides.endpoints(role.name))
    )


def relayed(sides: Sides, workers: tuple[Worker, Worker], requests: int) -> None:
    """Ask for one more payment, and wait until the other side has so many: all that was written before was read."""
    ask(sides)
    workers[0].nudge()
    until(lambda: count(sides, sides.manager) == requests)


@pytest.mark.fault(
    kind="A number is PR- and 1 to 12 digits, and one that stands far above the others moves counting by a step alone.",
    mended="domain/payment_request.py",
)
def test_a_number_of_somebody_else_does_not_use_up_the_numbers_of_all(
    sides: Sides, workers: tuple[Worker, Worker]
) -> None:
    relayed(sides, workers, 1)
    for number in ("PR-99999999999999999", "PR-1000000000000", "PR-x"):
        said_like(sides, sides.contractor, id=str(uuid4()), number=number)
    said_like(sides, sides.contractor, id=str(uuid4()), number="PR-999999999999")
    # Both sides take the well-formed one, the contractor's as its own; counting goes on within a step.
    relayed(sides, workers, 3)
    until(lambda: count(sides, sides.contractor) == 3)
    relayed(sides, workers, 4)
    both = [numbers(sides, role) for role in (sides.contractor, sides.manager)]
    assert both[0] == both[1] and "PR-999999999999" in both[0]
    assert all(int(number[3:]) <= 1_001_010 for number in both[0] - {"PR-999999999999"})
    assert len([reason for reason in reasons(sides, sides.manager) if "number" in reason]) == 3
    assert "3 messages" in warning(sides, sides.contractor)
    for role in (sides.contractor, sides.manager):
        line = next(line for line in findings(sides, role).splitlines() if "PR-999999999999" in line)
        assert "False" in line and "counting follows it by 1,000,000 at most" in line


@pytest.mark.fault(
    kind="A decision answers terms that were asked for, by somebody other than who asked; else it is not applied.",
    mended="domain/events.py",
)
def test_a_decision_about_other_terms_than_were_asked_for_is_quarantined(
    sides: Sides, workers: tuple[Worker, Worker]
) -> None:
    first, second, third = ask(sides, 3)
    until(lambda: count(sides, sides.manager) == 3)
    approve(sides, first)
    workers[1].nudge()
    until(lambda: seen(sides, sides.contractor, first) is Status.ACCEPTED)
    other = terms_like(sides, sides.manager, amount_minor=5_000_000, pay_to="another payee")
    forged = {"id": str(second), "version": 9}
    said_like(sides, sides.manager, **forged, terms=other)
    said_like(sides, sides.manager, **forged, terms=other, terms_hash=TERMS.hash)
    said_like(sides, sides.manager, **forged, decided_by="ada")
    # A revision that the manager's side may only have forgotten: whoever has its login can beat what was not sent yet.
    said_like(sides, sides.manager, id=str(third), version=9, revision=7)
    said_like(sides, sides.manager, id=str(uuid4()), version=1)
    bad = until(lambda: (reasons_seen := reasons(sides, sides.contractor)) and len(reasons_seen) == 5 and reasons_seen)
    assert [reason.startswith("not said by this side") for reason in bad] == [True, False, True, True, True]
    assert seen(sides, sides.contractor, second) is seen(sides, sides.contractor, third) is Status.PENDING
    # Nor does the manager's side take it for its own when it reads its topic; the right decision still arrives.
    approve(sides, second)
    workers[1].nudge()
    until(lambda: seen(sides, sides.contractor, second) is Status.ACCEPTED)
    with connect(sides.url(sides.contractor), "contractor") as connection:
        row = connection.execute("SELECT decided_terms_hash FROM payment_request WHERE id = %s", [second]).fetchone()
    assert row == (TERMS.hash,)


@pytest.mark.fault(
    kind="A peer's lock is mirrored beside this side's own, set and cleared by each digest; it makes no rows.",
    mended="infra/recovery/anti_entropy.py",
)
@pytest.mark.parametrize("writer", [pytest.param("contractor", marks=pytest.mark.long), "manager"])
def test_a_digest_makes_no_rows_and_locks_nothing_for_good(
    sides: Sides, workers: tuple[Worker, Worker], writer: str
) -> None:
    (request_id,) = ask(sides)
    until(lambda: count(sides, sides.manager) == 1)
    approve(sides, request_id)
    workers[1].nudge()
    until(lambda: seen(sides, sides.contractor, request_id) is Status.ACCEPTED)
    role, reader = (sides.contractor, sides.manager) if writer == "contractor" else (sides.manager, sides.contractor)
    invented = [str(uuid4()) for _ in range(1000)]
    control(sides, role, "paydesk.digest.v1", {"buckets": ["0" * 16], "locked": [str(request_id), *invented]})
    peers = "SELECT count(*) FROM payment_request WHERE peer_locked_at IS NOT NULL"
    until(lambda: count(sides, reader, peers) == 1)
    assert "locked" in findings(sides, reader)
    assert count(sides, reader) == 1 and count(sides, reader, "SELECT count(*) FROM payment_request WHERE locked") == 0
    control(sides, role, "paydesk.digest.v1", {"buckets": ["0" * 16], "locked": [], "more_locked": True})
    control(sides, role, "paydesk.digest.v1", {"buckets": ["1" * 16], "locked": []})
    until(lambda: count(sides, reader, peers) == 0)
    assert "locked" not in findings(sides, reader) and count(sides, reader) == 1


@pytest.mark.fault(
    kind="A version that a peer claims and nobody here ever said locks nothing: it is kept, told and backs off.",
    mended="infra/recovery/anti_entropy.py",
)
@pytest.mark.parametrize("claimant", ["contractor", "manager"])
def test_a_claimed_version_locks_nothing_and_is_told(
    sides: Sides, workers: tuple[Worker, Worker], claimant: str
) -> None:
    (request_id,) = ask(sides)
    until(lambda: count(sides, sides.manager) == 1)
    approve(sides, request_id)
    workers[1].nudge()
    until(lambda: seen(sides, sides.contractor, request_id) is Status.ACCEPTED)
    role, writer = (sides.contractor, sides.manager) if claimant == "contractor" else (sides.manager, sides.contractor)
    ids = [str(request_id), str(uuid4())]
    claimed = _FORM | {"ids": ids, "versions": [7, 7], "hashes": ["a" * 64, "b" * 64]}
    control(sides, role, "paydesk.resync_requested.v1", claimed)
    until(lambda: "version 7" in findings(sides, writer))
    for _ in range(3):
        control(sides, role, "paydesk.resync_requested.v1", claimed)
    for each in (sides.contractor, sides.manager):
        held = "SELECT count(*) FROM payment_request WHERE locked OR peer_locked_at IS NOT NULL"
        assert count(sides, each, held) == 0 and count(sides, each) == 1
    assert count(sides, writer, "SELECT count(*) FROM unknown_version") == 2


@pytest.mark.long
@pytest.mark.fault(
    kind="The same event is sent again at most once in a wait that doubles, whatever is asked for.",
    mended="infra/postgres/write/digest.py",
)
@pytest.mark.parametrize("claimant", ["contractor", "manager"])
def test_what_is_asked_for_again_and_again_is_sent_again_once(
    sides: Sides, workers: tuple[Worker, Worker], claimant: str
) -> None:
    first = ask(sides, 20)
    until(lambda: count(sides, sides.manager) == 20)
    for request_id in first:
        approve(sides, request_id)
    workers[1].nudge()
    accepted = "SELECT count(*) FROM payment_request WHERE status = 'accepted'"
    until(lambda: count(sides, sides.contractor, accepted) == 20)
    role, writer = (sides.contractor, sides.manager) if claimant == "contractor" else (sides.manager, sides.contractor)
    for _ in range(30):
        control(sides, role, "paydesk.resync_requested.v1", _FORM)
        control(sides, role, "paydesk.resync_requested.v1", _FORM | {"total": 16, "buckets": []})
    until(lambda: count(sides, writer, "SELECT count(*) FROM outbox WHERE again_s = 30") == 20)
    # All of it was read, and what had to be said was said: something new has come there and its answer back.
    (last,) = ask(sides)
    workers[0].nudge()
    until(lambda: count(sides, sides.manager) == 21)
    approve(sides, last)
    workers[1].nudge()
    until(lambda: seen(sides, sides.contractor, last) is Status.ACCEPTED)
    until(lambda: count(sides, writer, "SELECT count(*) FROM outbox WHERE published_at IS NULL") == 0)
    assert on_topic(sides, writer) <= 20 + 20 + 1 + 12, "each event twice, and a few digests"


def on_topic(sides: Sides, role: Role) -> int:
    """Return how many messages stand on a role's topic."""
    reader = KafkaReader(dict(sides.endpoints(role.name).kafka or {}), role, print)
    try:
        first, end = reader.bounds((role.writes, 0))
    finally:
        reader.close()
    return end - first
