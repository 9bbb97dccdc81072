"""The storage port holds for the simulation's memory and for PostgreSQL: the copy, the inbox, and what was refused."""

import ast
import inspect
from dataclasses import replace
from pathlib import Path
from typing import get_type_hints
from uuid import uuid4

from paydesk.contractor.role import ROLE as CONTRACTOR
from paydesk.domain.status import Outcome
from paydesk.infra.core.digest import Line
from paydesk.infra.core.records import Head, Position, Row
from paydesk.infra.core.transaction import Transaction
from paydesk.manager.role import ROLE as MANAGER
from tests.contract.conftest import Open
from tests.contract.storages import TOPIC_ID, accepted, at, bad_message, message, received, rejected, request


def methods_of(port: type) -> set[str]:
    """Return the public methods that a protocol names."""
    return {name for name, _ in inspect.getmembers(port, inspect.isfunction) if not name.startswith("_")}


def parts_of(port: type) -> dict[str, type]:
    """Return the protocols that the properties of a protocol are, by their names."""
    properties = inspect.getmembers(port, lambda member: isinstance(member, property))
    return {name: get_type_hints(part.fget)["return"] for name, part in properties}


def test_every_method_of_the_port_is_held_to_it() -> None:
    trees = [ast.parse(file.read_text()) for file in Path(__file__).parent.glob("test_storage*.py")]
    called = {ast.unparse(node.func) for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)}
    methods = {f"t.{name}" for name in methods_of(Transaction)}
    for name, part in parts_of(Transaction).items():
        methods |= {f"t.{name}.{method}" for method in methods_of(part)}
    assert len(methods) > 50 and methods <= called, f"not held to the contract: {sorted(methods - called)}"


def test_the_copy_is_replaced_half_by_half_and_locked(side_of: Open) -> None:
    side = side_of(MANAGER)
    store, asked, unknown = side.store, request(), uuid4()
    decision = rejected(asked)
    with store.transaction() as t:
        assert dict(t.requests.heads([asked.id], "request")) == {}
        t.requests.replace([received(asked, "one")], "request", at(4))
        assert dict(t.requests.heads([asked.id], "request")) == {asked.id: Head(1, "one", "none")}
        assert dict(t.requests.heads([asked.id], "decision")) == {asked.id: Head(None, None, "none")}
        t.requests.write(decision, "own", at(5))
        assert t.requests.get(asked.id) == Row(asked.id, asked, decision, "own", at(3))
        back = replace(asked, version=2, withdrawal_asked=True)
        t.requests.replace([received(back, "two")], "request", at(6))
        assert t.requests.get(asked.id) == Row(asked.id, back, decision, "own", at(3)), (
            "the same revision came no second time"
        )
        assert [row.id for row in t.requests.owing_withdrawal([asked.id, unknown])] == [asked.id]
        assert t.digests.held("request") == [Line(asked.id, 2, "two")]
        assert t.digests.held("decision") == [Line(asked.id, 1, "own")]
        t.locks.lock({asked.id: "why", unknown: "never seen"}, at(7))
        assert t.locks.ids() == sorted([asked.id, unknown]) and t.requests.get(unknown).locked
        assert t.requests.owing_withdrawal([asked.id]) == [], "a locked one owes nothing"
        t.locks.note_settled(uuid4(), asked.id, "On paper.", "bo")
        assert t.requests.get(asked.id).locked, "settled and locked"


def test_a_decision_is_heard_by_the_other_side_alike(side_of: Open) -> None:
    store, asked = side_of(CONTRACTOR).store, request()
    with store.transaction() as t:
        t.requests.write(asked, "own", at(0))
        t.requests.replace([received(accepted(asked), "said")], "decision", at(4))
        row = t.requests.get(asked.id)
        assert row.decision is not None and row.decision.outcome is Outcome.ACCEPTED and row.request == asked
        assert dict(t.requests.heads([asked.id], "decision")) == {asked.id: Head(1, "said", "accepted")}
        assert dict(t.requests.heads([asked.id], "request")) == {asked.id: Head(1, "own", "accepted")}


def test_what_is_heard_is_kept_once_and_positions_are_moved_from_what_is_there(side_of: Open) -> None:
    side = side_of(MANAGER)
    store, asked, place = side.store, request(), (side.role.reads[0], 0)
    first, second = message(side.role, asked, 1), message(side.role, replace(asked, version=2), 2, "stale")
    with store.transaction() as t:
        t.inbox.record([first, second, bad_message(side.role, 3, "quarantined", asked.id)])
        t.inbox.record([replace(first, became="stale")])
        assert list(t.inbox.values(asked.id)) == [second.record.value, first.record.value], (
            "newest first, trusted alone"
        )
        assert [request_id for request_id, _ in t.digests.refused()] == [asked.id]
        assert t.inbox.positions() == {} and t.inbox.move(place, None, Position(TOPIC_ID, 3))
        assert not t.inbox.move(place, None, Position(TOPIC_ID, 9)) and not t.inbox.move(
            place, Position("another", 3), Position(TOPIC_ID, 9)
        )
        assert t.inbox.move(place, Position(TOPIC_ID, 3), Position("another", 1))
        assert dict(t.inbox.positions()) == {place: Position("another", 1)}


def test_what_was_refused_comes_back_as_it_was_and_is_taken_or_discarded(side_of: Open) -> None:
    side = side_of(MANAGER)
    store, asked = side.store, request()
    bad, parked, gone = (
        bad_message(side.role, n, kind) for n, kind in ((1, "quarantined"), (2, "parked"), (3, "parked"))
    )
    with store.transaction() as t:
        t.inbox.record([bad, message(side.role, request(), 9), parked, gone])
        waiting = t.quarantine.parked(0, 9)
        assert [(message.record, message.became, message.reason, message.topic_id) for message in waiting] == [
            (parked.record, "parked", "because", TOPIC_ID),
            (gone.record, "parked", "because", TOPIC_ID),
        ]
        assert t.quarantine.parked(0, 1) == waiting[:1] and t.quarantine.parked(waiting[0].number, 9) == waiting[1:]
        number, last = waiting[0].number, waiting[1].number
        t.quarantine.discard(last, "A test.", "bo")
        assert t.quarantine.parked(0, 9) == waiting[:1]
        assert [message.discarded for message in t.quarantine.messages([last, number, 999_999])] == [False, True]
        taken = message(side.role, asked, 2)
        t.quarantine.retake(number, taken, "bo")
        (retaken,) = t.quarantine.messages([number])
        assert (retaken.became, retaken.request_id) == ("applied", asked.id) and t.quarantine.parked(0, 9) == []
        assert list(t.inbox.values(asked.id)) != [], "and it is trusted from now on"
        t.inbox.record([taken])
        assert len(list(t.inbox.values(asked.id))) == 1, "one row per event"
        t.quarantine.retake(last, replace(taken, became="stale"), "bo")
        (twin,) = t.quarantine.messages([last])
        assert twin.became == "stale" and twin.record == gone.record
