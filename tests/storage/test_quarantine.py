"""What could not be applied is kept, redriven and discarded on a real PostgreSQL; messages come by a hand-made log."""

from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum
from uuid import uuid4

import psycopg
import pytest

from paydesk.contractor import commands as asks
from paydesk.domain.commands import Approve, AskWithdrawal, Redrive, RevisePayment
from paydesk.domain.errors import InvalidInput, KeyReused, UnknownRequest
from paydesk.domain.events import EventType
from paydesk.infra.core import codec
from paydesk.infra.core.errors import NotNow, ServerDown
from paydesk.infra.core.records import Verified
from paydesk.infra.postgres.connection import connect
from paydesk.infra.postgres.lease import PostgresLease
from paydesk.infra.postgres.storage import Store
from paydesk.infra.postgres.write.quarantine import SqlQuarantine
from paydesk.infra.recovery import redrive
from paydesk.manager import commands as decides
from tests.conftest import Sides
from tests.storage.reader import Desk
from tests.storage.test_commands import TERMS, Both
from tests.worker.test_locked import withdrawn_after_all


class Older(StrEnum):
    """What a program knew that was built before anything could be revised or withdrawn."""

    PAYMENT_REQUESTED = EventType.PAYMENT_REQUESTED.value


@pytest.fixture
def desk(sides: Sides) -> Iterator[Desk]:
    both = Both(sides)
    lease = PostgresLease(sides.url(sides.manager), "manager")
    assert lease.take()
    with both.manager.transaction() as transaction:
        transaction.topic.set_verified(0, Verified("a topic"))
        transaction.schema.note_checked(lease.identity)
    right = sides.manager.load_apply
    role = replace(sides.manager, load_apply=lambda: made.load_apply(right))
    made = Desk(both, Store(sides.url(sides.manager), role), role)
    yield made
    made.store.close()
    lease.close()
    both.lease.close()


def older(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the program know no more than ``Older`` does."""
    monkeypatch.setattr(codec, "EventType", Older)


def test_what_a_bug_refused_is_taken_in_after_the_fix_and_once(desk: Desk) -> None:
    desk.buggy.add(TERMS.description)
    request_id = desk.both.ask()
    desk.carry()
    (bad,) = desk.look()
    assert (bad.became, bad.reason) == ("quarantined", "ZeroDivisionError: a bug of the handler")
    again = desk.redrive(bad.id)
    assert not again.changed and again.message.became == "quarantined" and again.requests == frozenset()
    assert desk.look()[0].redriven_by == "bo" and desk.counted() == (1, 0)
    desk.buggy.clear()
    key = uuid4()
    done = desk.redrive(bad.id, key)
    assert done.changed and done.message.became == "applied" and done.requests == {request_id}
    for repeated in (desk.redrive(bad.id, key), desk.redrive(bad.id)):
        assert (repeated.message.became, repeated.requests) == ("applied", frozenset())
    assert not repeated.changed
    assert desk.seen(request_id) == "pending" and desk.steps(request_id) == ["requested"]
    assert desk.look() == [] and desk.counted() == (0, 0)
    (closed,) = desk.look(closed=True)
    assert (closed.state, closed.reason, closed.redriven_by, closed.request_id) == (
        "applied",
        "",
        "bo",
        str(request_id),
    )
    desk.carry(again=True)
    assert desk.steps(request_id) == ["requested"], "what comes again has a row already"
    with pytest.raises(KeyReused):
        desk.redrive(bad.id + 1, key)


def test_what_is_parked_is_taken_in_by_a_newer_program_by_itself(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    older(monkeypatch)
    request_id, other = desk.both.ask(), desk.both.ask()
    asks.execute(desk.both.contractor, uuid4(), RevisePayment(request_id, "ada", {"amount": "1250"}))
    asks.execute(desk.both.contractor, uuid4(), AskWithdrawal(other, "ada"))
    desk.carry()
    assert desk.counted() == (0, 2) and desk.seen(other) == "pending"
    assert redrive.redrive_parked(desk.store) == frozenset() and desk.look()[0].redriven_at is None
    monkeypatch.undo()
    assert redrive.redrive_parked(desk.store) == {request_id, other}
    assert (
        desk.counted() == (0, 0)
        and [message.redriven_by for message in desk.look(closed=True)] == [redrive.PROGRAM] * 2
    )
    # The very same way in: the withdrawal is confirmed in the same transaction.
    assert desk.seen(other) == "withdrawn" and desk.both.back().changed == {other}
    assert redrive.redrive_parked(desk.store) == frozenset()


def test_what_a_newer_program_refuses_is_quarantined_and_stops_no_other(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    older(monkeypatch)
    ids = [desk.both.ask() for _ in range(9)]
    for index, request_id in enumerate(ids):
        asks.execute(
            desk.both.contractor, uuid4(), RevisePayment(request_id, "ada", {"description": f"number {index}"})
        )
    desk.carry()
    monkeypatch.undo()
    desk.buggy.add("number 4")
    assert redrive.redrive_parked(desk.store) == set(ids) - {ids[4]}
    (bad,) = desk.look()
    assert bad.state == "quarantined" and "a bug of the handler" in bad.reason and bad.request_id == str(ids[4])


def test_what_was_overtaken_or_came_again_meanwhile_is_stale(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    older(monkeypatch)
    overtaken, repeated = desk.both.ask(), desk.both.ask()
    for request_id in (overtaken, repeated):
        asks.execute(desk.both.contractor, uuid4(), RevisePayment(request_id, "ada", {"amount": "1250"}))
    desk.carry()
    monkeypatch.undo()
    asks.execute(desk.both.contractor, uuid4(), RevisePayment(overtaken, "ada", {"amount": "1300"}))
    desk.carry(again=True)
    assert desk.counted() == (0, 2), "the newer ones flow, and what is parked stays until it is redriven"
    for bad in desk.look():
        assert desk.redrive(bad.id).message.became == "stale"
    assert desk.steps(overtaken) == ["requested", "revised", "revised"]
    assert desk.steps(repeated) == ["requested", "revised"]
    assert all("came again" in message.reason for message in desk.look(closed=True))


def test_what_is_bad_stays_with_its_bytes(desk: Desk) -> None:
    desk.both.ask()
    desk.carry()
    headers = {"ce_specversion": b"1.0", "ce_subject": b"\xff\x00\xfe", "ce_type": b"\\x41 \\xff", "none": b""}
    desk.put(b"\x00key", headers, b'{"a": "\\ud800"}\xff')
    desk.read()
    (bad,) = desk.look()
    with desk.store.transaction() as transaction:
        (kept,) = transaction.quarantine.messages([bad.id])
    assert (kept.record.key, kept.record.value) == (b"\x00key", b'{"a": "\\ud800"}\xff')
    attributes = dict(kept.record.headers)
    assert (attributes["ce_subject"], attributes["none"]) == (b"\xff\x00\xfe", b"")
    assert attributes["ce_type"] == b"\\x41 \xff", "what a header wrote itself can become bad bytes, and never a word"
    again = desk.redrive(bad.id)
    assert not again.changed and again.message.reason == "headers are no UTF-8" == bad.reason
    assert bad.decoded()["says"] is None and bad.decoded()["type"] == "\\x41 \\xff"
    with pytest.raises(UnknownRequest, match="no message 1 in"):
        desk.redrive(1)


def test_another_final_outcome_stays_refused_and_its_request_locked(sides: Sides, desk: Desk) -> None:
    request_id = desk.both.ask()
    desk.carry()
    decides.execute(desk.both.manager, uuid4(), Approve(request_id, "bo", 1, TERMS.hash))
    store, role = desk.both.contractor, sides.contractor
    with connect(sides.url(sides.manager), "manager") as connection:
        row = connection.execute("SELECT key, headers, value FROM outbox").fetchone()
    assert row is not None
    headers, value = withdrawn_after_all(sides, request_id)
    other = Desk(desk.both, store, role, log=desk.log)
    other.put(bytes(row[0]), {name: text.encode() for name, text in row[1]}, bytes(row[2]))
    other.put(bytes(row[0]), headers, value)
    other.read()
    (bad,) = other.look()
    again = redrive.redrive(store, uuid4(), Redrive(uuid4(), "ada", bad.id))
    assert not again.changed and "another" in again.message.reason
    assert desk.both.seen(role, request_id) == "accepted"
    with store.transaction() as transaction:
        assert transaction.locks.ids() == [request_id]


def test_nothing_is_taken_in_before_the_own_topic_was_read(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    older(monkeypatch)
    request_id = desk.both.ask()
    asks.execute(desk.both.contractor, uuid4(), RevisePayment(request_id, "ada", {"amount": "1250"}))
    desk.carry()
    monkeypatch.undo()
    with desk.store.transaction() as transaction:
        transaction.schema.note_checked("somebody who is gone")
    (bad,) = desk.look()
    with pytest.raises(ServerDown, match="own topic"):
        desk.redrive(bad.id)
    assert desk.look() == [bad]


def test_it_happens_in_one_transaction(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    older(monkeypatch)
    request_id = desk.both.ask()
    asks.execute(desk.both.contractor, uuid4(), AskWithdrawal(request_id, "ada"))
    desk.carry()
    monkeypatch.undo()

    def died(*_: object) -> None:
        raise psycopg.OperationalError("server closed the connection unexpectedly")

    key, (bad,) = uuid4(), desk.look()
    monkeypatch.setattr(SqlQuarantine, "retake", died)
    with pytest.raises(psycopg.OperationalError):
        desk.redrive(bad.id, key)
    monkeypatch.undo()
    assert desk.seen(request_id) == "pending" and desk.look() == [bad]
    assert desk.redrive(bad.id, key).changed and desk.seen(request_id) == "withdrawn"


def test_what_is_discarded_is_kept_with_who_and_why_and_is_open_no_more(desk: Desk) -> None:
    desk.buggy.add(TERMS.description)
    desk.both.ask()
    desk.carry()
    (bad,), key = desk.look(), uuid4()
    with pytest.raises(InvalidInput, match="3"):
        desk.discard(bad.id, "bo", "x")
    for _ in range(2):
        assert desk.discard(bad.id, "bo", "Sent by a test of theirs.", key)
    with pytest.raises(KeyReused):
        desk.discard(bad.id, "bo", "Another reason.", key)
    assert not desk.discard(bad.id, "cy", "I think so too."), "already so"
    assert desk.look() == [] and desk.counted() == (0, 0)
    (gone,) = desk.look(closed=True)
    assert (gone.state, gone.discarded_by, gone.discarded_why) == ("discarded", "bo", "Sent by a test of theirs.")
    assert gone.discarded_at is not None and gone.value == bad.value and gone == desk.message(bad.id)
    with desk.store.transaction() as transaction:
        assert transaction.quarantine.parked(0, 10) == []
        assert transaction.digests.refused(), "its writer is still told that it was refused"
    desk.buggy.clear()
    assert desk.redrive(bad.id).message.became == "applied", "who discards in error loses nothing"
    with pytest.raises(NotNow, match="it is applied"):
        desk.discard(bad.id, "bo", "Too late.")
    with pytest.raises(UnknownRequest):
        desk.discard(999_999, "bo", "Not there.")
