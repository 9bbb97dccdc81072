"""The storage port holds for the simulation's memory and for PostgreSQL: commands, numbers and the outbox."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from paydesk.contractor.role import ROLE as CONTRACTOR
from paydesk.domain.errors import UnknownRequest
from paydesk.infra.core.digest import Line
from paydesk.infra.core.records import Ack, Brought, Claim, ExpectedCommand, ExpectedRelay, Head, Row, Verified
from paydesk.infra.engine import relay
from paydesk.manager.role import ROLE as MANAGER
from tests.contract.conftest import Open
from tests.contract.storages import TOPIC_ID, accepted, at, outgoing, rejected, request


def soon(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


def test_a_command_is_known_by_its_key_and_all_of_it_happens_or_nothing(side_of: Open) -> None:
    store, key, request_id = side_of(CONTRACTOR).store, uuid4(), uuid4()
    with store.transaction() as t:
        assert not t.schema.copied()
        assert t.commands.claim(key, "a", request_id) is None
        t.commands.note_changed(key)
    with store.transaction() as t:
        assert t.commands.claim(key, "b", uuid4()) == Claim("a", request_id, True)
    lost, asked = uuid4(), request()
    with pytest.raises(ZeroDivisionError), store.transaction() as t:
        t.commands.claim(lost, "a", request_id)
        t.requests.write(asked, "a hash", at(0))
        raise ZeroDivisionError
    with store.transaction() as t:
        assert t.commands.claim(lost, "c", request_id) is None and t.commands.claim(lost, "d", request_id) == Claim(
            "c", request_id, False
        )
        with pytest.raises(UnknownRequest):
            t.requests.get(asked.id)
        assert t.now() <= t.now() and t.new_id() != t.new_id()


def test_a_known_command_names_its_person_where_its_event_tells_and_asking_registers_nothing(side_of: Open) -> None:
    side = side_of(MANAGER)
    store, asked, other, key, silent = side.store, request(), request(), uuid4(), uuid4()
    with store.transaction() as t:
        assert t.commands.known(key) is None and t.commands.known(key) is None
        assert t.commands.claim(key, "a", asked.id) is None, "asking registered nothing"
        assert t.commands.known(key) == Claim("a", asked.id, False), "nobody is named before its event is there"
        t.outbox.add(outgoing(side.role, accepted(asked), command_id=str(key), actor="Zoé"))
        t.commands.note_changed(key)
        t.commands.claim(silent, "b", asked.id)
        t.outbox.add(outgoing(side.role, accepted(other), command_id=str(silent), actor="cy"))
    with store.transaction() as t:
        assert t.commands.known(key) == t.commands.claim(key, "x", uuid4()) == Claim("a", asked.id, True, "Zoé")
        assert t.commands.known(silent) == Claim("b", asked.id, False), "the event of another request names nobody"
    lost = outgoing(side.role, rejected(request()), command_id=str(uuid4()), actor="Bo")
    with store.transaction() as t:
        t.reimport.bring_back(TOPIC_ID, [Brought(lost, Ack(lost.id, 0, 0, at(5)), "its hash")])
        assert t.commands.known(UUID(lost.command_id)) == Claim("its hash", lost.request_id, True, "Bo")
        t.reimport.supersede([lost.id])
        assert t.commands.known(UUID(lost.command_id)) is None, "its command is free again"


def test_numbers_come_after_the_check_and_once(side_of: Open) -> None:
    side = side_of(CONTRACTOR)
    store, asked, other = side.store, request(None), request(None)
    first, second = outgoing(side.role, asked), outgoing(side.role, other)
    with store.transaction() as t:
        assert not t.schema.checked() and t.numbers.next() is None
        t.topic.set_verified(0, Verified(TOPIC_ID))
        for register, event in ((asked, first), (other, second)):
            t.requests.write(register, event.content_hash, at(0))
            t.outbox.add(event)
        t.schema.note_checked(side.holder)
    with store.transaction() as t:
        assert t.schema.checked() and {row.id for row in t.numbers.unnumbered()} == {asked.id, other.id}
        assert t.outbox.unsent(9) == [], "what is asked waits for its number"
        number, fresh = t.numbers.next(), uuid4()
        assert number is not None
        t.outbox.renew(first.id, fresh, b"{}", "other hash")
        t.requests.write(replace(asked, number=number), "other hash", at(0))
        (sent,) = t.outbox.unsent(9)
        assert (sent.id, sent.value, sent.content_hash) == (fresh, b"{}", "other hash")
        assert dict(sent.headers)["ce_id"] == str(fresh)
        t.numbers.raise_above(["PR-5000", "PR-17"])
        assert t.numbers.next() == "PR-5001"
        assert t.numbers.holders([number, "PR-4000"]) == {asked.id: number} and t.numbers.holders([]) == {}


def test_what_is_said_leaves_in_order_and_is_known_by_its_acknowledgement(side_of: Open) -> None:
    side = side_of(MANAGER)
    store, asked = side.store, request()
    first, second = outgoing(side.role, rejected(asked)), outgoing(side.role, rejected(asked, 2))
    with store.transaction() as t:
        t.outbox.add(first)
        t.outbox.add(second)
    with pytest.raises(Exception, match=r"version|one_event_per_version"), store.transaction() as t:
        t.outbox.add(outgoing(side.role, accepted(asked, 2)))
    with store.transaction() as t:
        assert [event.id for event in t.outbox.unsent(9)] == [first.id, second.id] and [
            event.id for event in t.outbox.unsent(1)
        ] == [first.id]
        t.outbox.mark_sent(TOPIC_ID, [Ack(first.id, 0, 4, at(5)), Ack(second.id, 0, 5, at(5))])
        assert t.outbox.unsent(9) == [] and t.digests.released() == [
            (Line(asked.id, 2, second.content_hash), second.id)
        ]
        known = t.outbox.known([str(first.id), str(uuid4()), "no id"])
        assert set(known) == {str(first.id)} and known[str(first.id)].sent
        assert t.digests.known_hashes([first.content_hash, "unknown"]) == {first.content_hash}
        assert t.topic.unsend_missing(TOPIC_ID, 0, 4, [str(first.id)]) == 1
        assert [event.id for event in t.outbox.unsent(9)] == [second.id]
        t.outbox.mark_sent(TOPIC_ID, [Ack(second.id, 0, 6, at(6))])
        t.outbox.send_again([first.id])
        assert [event.value for event in t.outbox.unsent(9)] == [first.value], "with its stored bytes"
        t.topic.set_verified(0, Verified(TOPIC_ID, 6, str(second.id), at(6)))
        assert t.topic.verified(0) == Verified(TOPIC_ID, 6, str(second.id), at(6)) and t.topic.verified(1) is None
        t.topic.note_unexplained("something")
        t.topic.forget_others("another topic")
        assert t.topic.verified(0) is None and [event.id for event in t.outbox.unsent(9)] == [first.id, second.id]


def test_what_is_held_leaves_when_it_is_released_and_is_undone_without_a_trace(side_of: Open) -> None:
    side = side_of(MANAGER)
    store, (asked, other) = side.store, (request(), request())
    before = Row(asked.id, asked, None)
    held = outgoing(side.role, accepted(asked), hold_until=soon(600), previous=before)
    ran_out = outgoing(
        side.role, accepted(other), hold_until=soon(-1), previous=Row(other.id, other, None), actor="Zoé"
    )
    later = outgoing(side.role, rejected(other, 2))
    with store.transaction() as t:
        for event in (held, ran_out, later):
            register = accepted(asked) if event is held else accepted(other)
            t.requests.write(register, event.content_hash, at(1))
            t.outbox.add(event)
        assert t.outbox.unsent(9) == [] and t.holds.ran_out(), "what comes after a held one waits for it"
        assert (
            t.holds.release([other.id], "cy") == 0
            and t.holds.release([other.id], "ZOÉ") == 1
            and t.holds.release([other.id]) == 0
        )
        assert [event.id for event in t.outbox.unsent(9)] == [ran_out.id, later.id] and not t.holds.ran_out()
        assert (
            not t.holds.take_back(other.id, 1) and not t.holds.take_back(asked.id, 2) and t.holds.take_back(asked.id, 1)
        )
        assert t.requests.get(asked.id).decision is None and t.outbox.standing([asked.id]) == []
        t.outbox.add(held)
        assert t.holds.release(None, "cy") == 0 and t.holds.release(None, "bo") == 1


def test_a_hold_that_ran_out_is_released_or_kept_for_a_person(side_of: Open) -> None:
    side = side_of(MANAGER)
    store, (asked, other) = side.store, (request(), request())
    with store.transaction() as t:
        t.outbox.add(outgoing(side.role, accepted(asked), hold_until=soon(-1)))
        assert t.holds.release_due() == {asked.id} and t.holds.release_due() == set()
        t.outbox.add(outgoing(side.role, accepted(other), hold_until=soon(-1)))
        assert (
            t.holds.keep_overdue() == {other.id} and t.holds.keep_overdue() == set() and t.holds.release_due() == set()
        )
        assert t.holds.release(None) == 0, "a person is asked one by one"
        assert t.holds.release([other.id]) == 1


def test_what_is_said_of_a_transaction_at_its_beginning_changes_no_answer(side_of: Open) -> None:
    side, asked, key = side_of(MANAGER), request(), uuid4()
    held = outgoing(side.role, accepted(asked), hold_until=soon(-1))
    with side.store.transaction() as t:
        t.expect(ExpectedCommand(asked.id, "a", key))
        assert not t.schema.copied() and t.commands.claim(key, "a", asked.id) is None
        t.outbox.add(held)
        t.commands.note_changed(key)
    with side.store.transaction() as t:
        t.expect(ExpectedCommand(asked.id, "b", key))
        assert t.commands.claim(key, "b", asked.id) == Claim("a", asked.id, True)
    with side.store.transaction() as t:
        t.expect(ExpectedRelay(9))
        assert t.holds.release_due() == {asked.id} and [event.id for event in t.outbox.unsent(9)] == [held.id]
        assert t.holds.release_due() == set() and [event.id for event in t.outbox.unsent(9)] == [held.id]


def test_own_events_are_brought_back_and_beaten(side_of: Open) -> None:
    side = side_of(MANAGER)
    store, asked, key = side.store, request(), uuid4()
    mine = outgoing(side.role, accepted(asked), command_id=str(key))
    theirs = outgoing(side.role, rejected(asked), command_id=str(uuid4()))
    with store.transaction() as t:
        t.commands.claim(key, "a", asked.id)
        t.outbox.add(mine)
        (own,) = t.outbox.standing([asked.id])
        assert (own.id, own.version, own.ever_acked, own.value) == (mine.id, 1, False, mine.value)
        t.reimport.supersede([mine.id])
        assert t.outbox.standing([asked.id]) == [] and t.outbox.unsent(9) == []
        assert t.commands.claim(key, "b", asked.id) is None, "its command is free again"
        t.reimport.supersede([])
        history, again = (
            outgoing(side.role, accepted(asked), command_id=str(uuid4())),
            outgoing(side.role, accepted(asked, 2)),
        )
        at_its_place = {event.id: Ack(event.id, 0, offset, at(5)) for offset, event in enumerate((history, theirs), 2)}
        brought = [
            Brought(history, at_its_place[history.id], "its hash", stands=False),
            Brought(theirs, at_its_place[theirs.id], "its hash"),
            Brought(again),
        ]
        t.reimport.bring_back(TOPIC_ID, brought)
        t.reimport.bring_back(TOPIC_ID, [])
        assert t.commands.claim(UUID(theirs.command_id), "x", uuid4()) == Claim("its hash", asked.id, True, "Bo")
        assert t.commands.claim(UUID(history.command_id), "x", asked.id) is None, "what is history has done nothing"
        assert [(own.id, own.ever_acked) for own in t.outbox.standing([asked.id])] == [
            (theirs.id, True),
            (again.id, False),
        ]
        t.reimport.note(TOPIC_ID, 2, at(5))
        assert t.digests.released() == [(Line(asked.id, 1, theirs.content_hash), theirs.id)]
        assert t.outbox.known([str(history.id)])[str(history.id)].sent
        assert [(event.id, event.value, event.headers) for event in t.outbox.unsent(9)] == [
            (again.id, again.value, again.headers)
        ]
        t.topic.forget_others("another topic")
        assert [event.id for event in t.outbox.unsent(9)] == [theirs.id, again.id], (
            "as they came, but for what is history"
        )
    with pytest.raises(Exception, match=r"version|one_event_per_version"), store.transaction() as t:
        t.reimport.bring_back(TOPIC_ID, [Brought(outgoing(side.role, rejected(asked, 2)), Ack(uuid4(), 0, 9, at(5)))])


def test_own_registers_are_written_many_at_a_time(side_of: Open) -> None:
    store, (asked, other) = side_of(CONTRACTOR).store, (request(), request("PR-1002"))
    with store.transaction() as t:
        t.requests.write(asked, "a hash", at(0))
        revised = replace(asked, version=2, revision=2, number="PR-1003", withdrawal_asked=True)
        t.requests.write_all([(revised, "second hash"), (other, "other hash")], at(5))
        t.requests.write_all([(accepted(asked), "decision hash")], at(6))
        t.requests.write_all([], at(7))
        assert t.numbers.holders(["PR-1001", "PR-1002", "PR-1003"]) == {asked.id: "PR-1003", other.id: "PR-1002"}
        assert t.requests.get(asked.id) == Row(asked.id, revised, accepted(asked), "decision hash", at(5))
        assert t.requests.get(other.id) == Row(other.id, other, None, None, at(5))
        assert t.requests.heads([asked.id, other.id], "request") == {
            asked.id: Head(2, "second hash", "accepted"),
            other.id: Head(1, "other hash", "none"),
        }


def test_what_a_topic_that_is_no_more_acknowledged_is_not_marked(side_of: Open) -> None:
    side = side_of(MANAGER)
    store, asked = side.store, request()
    event = outgoing(side.role, accepted(asked))
    acks = [Ack(event.id, 0, 0, at(5))]
    with store.transaction() as t:
        t.topic.set_verified(0, Verified("another topic"))
        t.outbox.add(event)
        t.schema.note_checked(side.holder)
    assert not relay.mark_sent(store, TOPIC_ID, acks)
    with store.transaction() as t:
        assert [unsent.id for unsent in t.outbox.unsent(9)] == [event.id] and t.topic.verified(0) == Verified(
            "another topic"
        )
        t.topic.forget_others(TOPIC_ID)
        assert t.topic.verified(0) is None
    assert not relay.mark_sent(store, TOPIC_ID, acks), "nobody has checked it yet"
    with store.transaction() as t:
        assert len(t.outbox.unsent(9)) == 1
        t.topic.set_verified(0, Verified(TOPIC_ID))
    assert relay.mark_sent(store, TOPIC_ID, acks)
    with store.transaction() as t:
        assert not t.outbox.unsent(9) and t.topic.verified(0) == Verified(TOPIC_ID, 0, str(event.id), at(5))
