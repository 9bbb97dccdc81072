"""The storage port holds for memory and for PostgreSQL: what the other side claims, locks and asks for."""

from dataclasses import replace
from uuid import uuid4

import pytest

from paydesk.contractor.role import ROLE as CONTRACTOR
from paydesk.domain.events import Requested
from paydesk.infra.core.digest import Line
from paydesk.infra.core.records import UNSAID, Ack, Brought, Locks, Verified
from paydesk.manager.role import ROLE as MANAGER
from tests.contract.conftest import Open
from tests.contract.storages import TOPIC_ID, at, bad_message, message, outgoing, request


@pytest.mark.fault(
    kind="A peer's lock is mirrored beside this side's own, set and cleared by each digest; it makes no rows.",
    mended="infra/recovery/anti_entropy.py",
)
def test_the_other_sides_locks_are_kept_apart_and_cleared_by_a_whole_list_alone(side_of: Open) -> None:
    store, first, second, own, unknown = side_of(CONTRACTOR).store, request(), request(), request(), uuid4()
    with store.transaction() as t:
        for asked in (first, second, own):
            t.requests.write(asked, "own", at(0))
        t.locks.lock({own.id: "two outcomes"}, at(1))
        assert t.locks.mirror(Locks(frozenset({first.id, own.id, unknown})), at(2)) == {first.id, own.id}
        assert (
            t.requests.get(first.id).locked and not t.requests.get(second.id).locked and t.requests.get(own.id).locked
        )
        assert t.locks.ids() == [own.id], "what is said of locks is this side's own"
        assert dict(t.requests.heads([unknown], "request")) == {}, "no row is made"
        assert t.locks.mirror(Locks(frozenset({second.id}), whole=False), at(3)) == {second.id}
        assert t.requests.get(first.id).locked, "a list that is not whole clears nothing"
        assert t.locks.mirror(Locks(frozenset({second.id})), at(4)) == {first.id, own.id}
        assert not t.requests.get(first.id).locked and t.requests.get(own.id).locked, "this side's own lock stays"
        assert t.locks.mirror(Locks(frozenset()), at(5)) == {second.id}
        assert t.locks.mirror(Locks(frozenset()), at(6)) == set()


@pytest.mark.fault(
    kind="The same event is sent again at most once in a wait that doubles, whatever is asked for.",
    mended="infra/postgres/write/digest.py",
)
def test_an_event_is_sent_again_once_in_a_while_whoever_asks(side_of: Open) -> None:
    side = side_of(CONTRACTOR)
    store, asked = side.store, request()
    event = outgoing(side.role, asked)
    with store.transaction() as t:
        t.topic.set_verified(0, Verified(TOPIC_ID))
        t.requests.write(asked, event.content_hash, at(0))
        t.outbox.add(event)
        t.outbox.mark_sent(TOPIC_ID, [Ack(event.id, 0, 0, at(1))])
        assert t.outbox.unsent(9) == []
        assert t.outbox.send_again([event.id]) == 1 and [unsent.id for unsent in t.outbox.unsent(9)] == [event.id]
        t.outbox.mark_sent(TOPIC_ID, [Ack(event.id, 0, 1, at(2))])
        for _ in range(5):
            assert t.outbox.send_again([event.id]) == 0
        assert t.outbox.unsent(9) == []


@pytest.mark.fault(
    kind="A version that a peer claims and nobody here ever said locks nothing: it is kept, told and backs off.",
    mended="infra/recovery/anti_entropy.py",
)
def test_a_claim_of_an_unknown_version_is_kept_rests_and_is_forgotten(side_of: Open) -> None:
    store, asked = side_of(CONTRACTOR).store, request()
    line, stranger = Line(asked.id, 3, "a" * 64), Line(uuid4(), 1, "b" * 64)
    with store.transaction() as t:
        t.requests.write(asked, "own", at(0))
        assert t.digests.resting([line, stranger]) == []
        t.digests.note_unknown([line, stranger])
        assert t.digests.resting([line, stranger]) == [line, stranger]
        assert t.digests.resting([replace(line, content_hash="c" * 64)]) == [], "another claim is looked for"
        t.digests.note_unknown([replace(line, content_hash="c" * 64)])
        assert t.digests.resting([line]) == []
        assert not t.requests.get(asked.id).locked and dict(t.requests.heads([stranger.id], "request")) == {}
        t.digests.forget_unknown([asked.id])
        assert t.digests.resting([replace(line, content_hash="c" * 64), stranger]) == [stranger]


def test_of_two_claims_of_one_request_that_came_together_the_last_is_kept(side_of: Open) -> None:
    store, asked = side_of(CONTRACTOR).store, request()
    first, last = Line(asked.id, 3, "a" * 64), Line(asked.id, 4, "b" * 64)
    with store.transaction() as t:
        t.requests.write(asked, "own", at(0))
        t.digests.note_unknown([first, last])
        assert t.digests.resting([first, last]) == [last]


def test_what_was_ever_asked_for_is_known_beaten_and_brought_back_included(side_of: Open) -> None:
    side = side_of(CONTRACTOR)
    store, first = side.store, request()
    second = replace(first, version=2, revision=2, terms=replace(first.terms, description="another"))
    back = replace(second, version=3, withdrawal_asked=True)
    lost, other = outgoing(side.role, first), outgoing(side.role, second)
    with store.transaction() as t:
        assert dict(t.requests.history([first.id])) == {} and not t.schema.was_lost()
        t.requests.write(first, "own", at(0))
        t.outbox.add(lost)
        t.reimport.supersede([lost.id])
        t.reimport.bring_back(TOPIC_ID, [Brought(other, Ack(other.id, 0, 0, at(1)))])
        terms = {(1, first.terms.hash), (2, second.terms.hash)}
        assert dict(t.requests.history([first.id, uuid4()])) == {
            first.id: Requested(frozenset({"ada"}), frozenset(terms), False)
        }
        t.outbox.add(outgoing(side.role, back))
        assert t.requests.history([first.id])[first.id].withdrawal
        t.reimport.note(TOPIC_ID, 1, at(1))
        assert t.schema.was_lost()


def test_what_was_asked_for_is_known_to_the_other_side_as_it_heard_it(side_of: Open) -> None:
    side = side_of(MANAGER)
    first = request()
    other = replace(first, version=2, terms=replace(first.terms, description="another"))
    with side.store.transaction() as t:
        t.inbox.record([message(side.role, first, 1), message(side.role, other, 2, "quarantined")])
        assert t.requests.history([first.id])[first.id].terms == {(1, first.terms.hash)}


def test_what_answers_nothing_that_was_said_is_found_again(side_of: Open) -> None:
    side = side_of(CONTRACTOR)
    with side.store.transaction() as t:
        kinds = ((1, "quarantined", UNSAID), (2, "parked", UNSAID), (3, "parked", ""), (4, "quarantined", UNSAID))
        t.inbox.record([replace(bad_message(side.role, n, kind), reason=f"{why} because") for n, kind, why in kinds])
        messages = t.quarantine.unsaid(0, 9)
        assert [message.record.offset for message in messages] == [1, 2, 4]
        assert t.quarantine.unsaid(0, 2) == messages[:2] and t.quarantine.unsaid(messages[0].number, 9) == messages[1:]
        t.quarantine.discard(messages[0].number, "A test.", "bo")
        assert t.quarantine.unsaid(0, 9) == messages[1:]
