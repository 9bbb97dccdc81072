"""What becomes of own events that the outbox does not know, decided without any server."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from paydesk.infra.recovery.reconcile import OwnEvent, settle

NOON = datetime(2026, 8, 28, 12, tzinfo=UTC)


def event(version: int, said_s: float, *, logged: bool, offset: int = -1) -> OwnEvent:
    at = NOON + timedelta(seconds=said_s)
    return OwnEvent(uuid4(), version, "paydesk.payment_revised.v1", uuid4().hex, at, logged, offset)


def test_what_never_left_is_beaten_by_what_is_found_at_its_version_or_below() -> None:
    kept, late = event(1, 0, logged=True), event(2, 9, logged=False)
    met = event(2, 5, logged=True, offset=7)
    done = settle([kept, late], [met])
    assert done.beaten == {late.id} and done.standing == met.id and done.behind and done.say_again is None


def test_what_never_left_is_beaten_by_a_higher_version_that_was_said_before_it() -> None:
    # A restored schema said version 2; a process that froze before sends the 3 of the time that was lost.
    kept, since = event(1, 0, logged=True), event(2, 9, logged=False)
    met = event(3, 5, logged=True, offset=7)
    done = settle([kept, since], [met])
    assert done.beaten == {since.id} and done.standing == met.id


def test_what_a_higher_version_follows_from_is_not_beaten() -> None:
    kept, before = event(1, 0, logged=True), event(2, 4, logged=False)
    met = event(3, 5, logged=True, offset=7)
    done = settle([kept, before], [met])
    assert not done.beaten and done.standing == met.id
