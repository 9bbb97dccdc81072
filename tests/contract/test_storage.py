"""The storage port holds for the simulation's memory and for PostgreSQL: commands, numbers and the outbox."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from paydesk.contractor.role import ROLE as CONTRACTOR
from paydesk.domain.errors import UnknownRequest
from paydesk.infra.core.digest import Line
from paydesk.infra.core.records import Ack, Brought, Claim, Head, Row, Verified
from paydesk.infra.engine import relay
from paydesk.manager.role import ROLE as MANAGER
from tests.contract.conftest import Open
from tests.contract.storages import (
    TOPIC_ID,
    accepted,
    at,
    rejected,
    request,
    said,
)


def soon(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


def test_a_command_is_known_by_its_key_and_all_of_it_happens_or_nothing(side_of: Open) -> None:
    store, key, request_id = side_of(CONTRACTOR).store, uuid4(), uuid4()
    with store.transaction() as t:
        assert not t.copied()
        assert t.claim(key, "a", request_id) is None
        t.note_changed(key)
    with store.transaction() as t:
        assert t.claim(key, "b", uuid4()) == Claim("a", request_id, True)
    lost, asked = uuid4(), request()
    with pytest.raises(ZeroDivisionError), store.transaction() as t:
        t.claim(lost, "a", request_id)
        t.write_request(asked, "a hash", at(0))
        raise ZeroDivisionError
    with store.transaction() as t:
        assert t.claim(lost, "c", request_id) is None and t.claim(lost, "d", request_id) == Claim(
            "c", request_id, False
        )
        with pytest.raises(UnknownRequest):
            t.row(asked.id)
        assert t.now() <= t.now() and t.new_id() != t.new_id()


def test_a_known_command_names_its_person_where_its_event_tells_and_asking_registers_nothing(side_of: Open) -> None:
    side = side_of(MANAGER)
    store, asked, other, key, silent = side.store, request(), request(), uuid4(), uuid4()
    with store.transaction() as t:
        assert t.known(key) is None and t.known(key) is None
        assert t.claim(key, "a", asked.id) is None, "asking registered nothing"
        assert t.known(key) == Claim("a", asked.id, False), "nobody is named before its event is there"
        t.add(said(side.role, accepted(asked), command_id=str(key), actor="Zoé"))
        t.note_changed(key)
        t.claim(silent, "b", asked.id)
        t.add(said(side.role, accepted(other), command_id=str(silent), actor="cy"))
    with store.transaction() as t:
        assert t.known(key) == t.claim(key, "x", uuid4()) == Claim("a", asked.id, True, "Zoé")
        assert t.known(silent) == Claim("b", asked.id, False), "the event of another request names nobody"
    lost = said(side.role, rejected(request()), command_id=str(uuid4()), actor="Bo")
    with store.transaction() as t:
        t.bring_back(TOPIC_ID, [Brought(lost, Ack(lost.id, 0, 0, at(5)), "its hash")])
        assert t.known(UUID(lost.command_id)) == Claim("its hash", lost.request_id, True, "Bo")
        t.beat([lost.id])
        assert t.known(UUID(lost.command_id)) is None, "its command is free again"


def test_numbers_come_after_the_check_and_once(side_of: Open) -> None:
    side = side_of(CONTRACTOR)
    store, asked, other = side.store, request(None), request(None)
    first, second = said(side.role, asked), said(side.role, other)
    with store.transaction() as t:
        assert not t.checked() and t.next_number() is None
        t.set_verified(0, Verified(TOPIC_ID))
        for register, event in ((asked, first), (other, second)):
            t.write_request(register, event.content_hash, at(0))
            t.add(event)
        t.note_checked(side.holder)
    with store.transaction() as t:
        assert t.checked() and {row.id for row in t.numberless()} == {asked.id, other.id}
        assert t.unsent(9) == [], "what is asked waits for its number"
        number, fresh = t.next_number(), uuid4()
        assert number is not None
        t.renew(first.id, fresh, b"{}", "other hash")
        t.write_request(replace(asked, number=number), "other hash", at(0))
        (sent,) = t.unsent(9)
        assert (sent.id, sent.value, sent.content_hash) == (fresh, b"{}", "other hash")
        assert dict(sent.headers)["ce_id"] == str(fresh)
        t.raise_numbers(["PR-5000", "PR-17"])
        assert t.next_number() == "PR-5001"
        assert t.holders([number, "PR-4000"]) == {asked.id: number} and t.holders([]) == {}


def test_what_is_said_leaves_in_order_and_is_known_by_its_acknowledgement(side_of: Open) -> None:
    side = side_of(MANAGER)
    store, asked = side.store, request()
    one, two = said(side.role, rejected(asked)), said(side.role, rejected(asked, 2))
    with store.transaction() as t:
        t.add(one)
        t.add(two)
    with pytest.raises(Exception, match=r"version|one_event_per_version"), store.transaction() as t:
        t.add(said(side.role, accepted(asked, 2)))
    with store.transaction() as t:
        assert [event.id for event in t.unsent(9)] == [one.id, two.id] and [event.id for event in t.unsent(1)] == [
            one.id
        ]
        t.mark_sent(TOPIC_ID, [Ack(one.id, 0, 4, at(5)), Ack(two.id, 0, 5, at(5))])
        assert t.unsent(9) == [] and t.released() == [(Line(asked.id, 2, two.content_hash), two.id)]
        known = t.known_events([str(one.id), str(uuid4()), "no id"])
        assert set(known) == {str(one.id)} and known[str(one.id)].sent
        assert t.said_hashes([one.content_hash, "unknown"]) == {one.content_hash}
        assert t.unsend_missing(TOPIC_ID, 0, 4, [str(one.id)]) == 1
        assert [event.id for event in t.unsent(9)] == [two.id]
        t.mark_sent(TOPIC_ID, [Ack(two.id, 0, 6, at(6))])
        t.send_again([one.id])
        assert [event.value for event in t.unsent(9)] == [one.value], "with its stored bytes"
        t.set_verified(0, Verified(TOPIC_ID, 6, str(two.id), at(6)))
        assert t.verified(0) == Verified(TOPIC_ID, 6, str(two.id), at(6)) and t.verified(1) is None
        t.set_amiss("something")
        t.forget_other_topics("another topic")
        assert t.verified(0) is None and [event.id for event in t.unsent(9)] == [one.id, two.id]


def test_what_is_held_leaves_when_it_is_released_and_is_undone_without_a_trace(side_of: Open) -> None:
    side = side_of(MANAGER)
    store, (asked, other) = side.store, (request(), request())
    before = Row(asked.id, asked, None)
    held = said(side.role, accepted(asked), hold_until=soon(600), previous=before)
    ran_out = said(side.role, accepted(other), hold_until=soon(-1), previous=Row(other.id, other, None), actor="Zoé")
    later = said(side.role, rejected(other, 2))
    with store.transaction() as t:
        for event in (held, ran_out, later):
            register = accepted(asked) if event is held else accepted(other)
            t.write_decision(register, event.content_hash, at(1))
            t.add(event)
        assert t.unsent(9) == [] and t.holds_ran_out(), "what comes after a held one waits for it"
        assert t.release([other.id], "cy") == 0 and t.release([other.id], "ZOÉ") == 1 and t.release([other.id]) == 0
        assert [event.id for event in t.unsent(9)] == [ran_out.id, later.id] and not t.holds_ran_out()
        assert not t.take_back(other.id, 1) and not t.take_back(asked.id, 2) and t.take_back(asked.id, 1)
        assert t.row(asked.id).decision is None and t.own_rows([asked.id]) == []
        t.add(held)
        assert t.release(None, "cy") == 0 and t.release(None, "bo") == 1


def test_a_hold_that_ran_out_is_released_or_kept_for_a_person(side_of: Open) -> None:
    side = side_of(MANAGER)
    store, (asked, other) = side.store, (request(), request())
    with store.transaction() as t:
        t.add(said(side.role, accepted(asked), hold_until=soon(-1)))
        assert t.release_due() == {asked.id} and t.release_due() == set()
        t.add(said(side.role, accepted(other), hold_until=soon(-1)))
        assert t.keep_overdue() == {other.id} and t.keep_overdue() == set() and t.release_due() == set()
        assert t.release(None) == 0, "a person is asked one by one"
        assert t.release([other.id]) == 1


def test_own_events_are_brought_back_and_beaten(side_of: Open) -> None:
    side = side_of(MANAGER)
    store, asked, key = side.store, request(), uuid4()
    mine = said(side.role, accepted(asked), command_id=str(key))
    found = said(side.role, rejected(asked), command_id=str(uuid4()))
    with store.transaction() as t:
        t.claim(key, "a", asked.id)
        t.add(mine)
        (own,) = t.own_rows([asked.id])
        assert (own.id, own.version, own.ever_acked, own.value) == (mine.id, 1, False, mine.value)
        t.beat([mine.id])
        assert t.own_rows([asked.id]) == [] and t.unsent(9) == []
        assert t.claim(key, "b", asked.id) is None, "its command is free again"
        t.beat([])
        history, again = said(side.role, accepted(asked), command_id=str(uuid4())), said(side.role, accepted(asked, 2))
        at_its_place = {each.id: Ack(each.id, 0, offset, at(5)) for offset, each in enumerate((history, found), 2)}
        brought = [
            Brought(history, at_its_place[history.id], "its hash", stands=False),
            Brought(found, at_its_place[found.id], "its hash"),
            Brought(again),
        ]
        t.bring_back(TOPIC_ID, brought)
        t.bring_back(TOPIC_ID, [])
        assert t.claim(UUID(found.command_id), "x", uuid4()) == Claim("its hash", asked.id, True, "Bo")
        assert t.claim(UUID(history.command_id), "x", asked.id) is None, "what is history has done nothing"
        assert [(own.id, own.ever_acked) for own in t.own_rows([asked.id])] == [(found.id, True), (again.id, False)]
        t.note_import(TOPIC_ID, 2, at(5))
        assert t.released() == [(Line(asked.id, 1, found.content_hash), found.id)]
        assert t.known_events([str(history.id)])[str(history.id)].sent
        assert [(event.id, event.value, event.headers) for event in t.unsent(9)] == [
            (again.id, again.value, again.headers)
        ]
        t.forget_other_topics("another topic")
        assert [event.id for event in t.unsent(9)] == [found.id, again.id], "as they came, but for what is history"
    with pytest.raises(Exception, match=r"version|one_event_per_version"), store.transaction() as t:
        t.bring_back(TOPIC_ID, [Brought(said(side.role, rejected(asked, 2)), Ack(uuid4(), 0, 9, at(5)))])


def test_own_registers_are_written_many_at_a_time(side_of: Open) -> None:
    store, (asked, other) = side_of(CONTRACTOR).store, (request(), request("PR-1002"))
    with store.transaction() as t:
        t.write_request(asked, "a hash", at(0))
        revised = replace(asked, version=2, revision=2, number="PR-1003", withdrawal_asked=True)
        t.write_all([(revised, "second hash"), (other, "other hash")], at(5))
        t.write_all([(accepted(asked), "decision hash")], at(6))
        t.write_all([], at(7))
        assert t.holders(["PR-1001", "PR-1002", "PR-1003"]) == {asked.id: "PR-1003", other.id: "PR-1002"}
        assert t.row(asked.id) == Row(asked.id, revised, accepted(asked), "decision hash", at(5))
        assert t.row(other.id) == Row(other.id, other, None, None, at(5))
        assert t.heads([asked.id, other.id], "request") == {
            asked.id: Head(2, "second hash", "accepted"),
            other.id: Head(1, "other hash", "none"),
        }


def test_what_a_topic_that_is_no_more_acknowledged_is_not_marked(side_of: Open) -> None:
    side = side_of(MANAGER)
    store, asked = side.store, request()
    event = said(side.role, accepted(asked))
    acks = [Ack(event.id, 0, 0, at(5))]
    with store.transaction() as t:
        t.set_verified(0, Verified("another topic"))
        t.add(event)
        t.note_checked(side.holder)
    assert not relay.mark_sent(store, TOPIC_ID, acks)
    with store.transaction() as t:
        assert [each.id for each in t.unsent(9)] == [event.id] and t.verified(0) == Verified("another topic")
        t.forget_other_topics(TOPIC_ID)
        assert t.verified(0) is None
    assert not relay.mark_sent(store, TOPIC_ID, acks), "nobody has checked it yet"
    with store.transaction() as t:
        assert len(t.unsent(9)) == 1
        t.set_verified(0, Verified(TOPIC_ID))
    assert relay.mark_sent(store, TOPIC_ID, acks)
    with store.transaction() as t:
        assert not t.unsent(9) and t.verified(0) == Verified(TOPIC_ID, 0, str(event.id), at(5))
