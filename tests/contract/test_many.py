"""Deciding many at once, by the fake desk and by the real one."""

from uuid import uuid4

from paydesk.domain.commands import Approve, ManagerCommand, Undo, decision_on
from paydesk.domain.copy import Delivery
from paydesk.domain.errors import Conflict, PaydeskError, Stale, TooLate
from paydesk.domain.payment_request import checked_terms
from paydesk.domain.status import Status
from paydesk.manager.bulk import Batch, NotDone
from paydesk.manager.port import Executed, KeyedCommand, Spread
from tests.contract.pairs import CAUSE, HELD_S, Pair


def test_many_are_decided_held_longer_told_at_once_and_taken_back(pair: Pair) -> None:
    pair.manager.hold_s = HELD_S  # type: ignore[misc]
    first, second = pair.ask(checked_terms("1", "EUR", "a")), pair.ask(checked_terms("2", "EUR", "b"))
    assert first.terms is not None
    both = [decision_on(first, "bo"), decision_on(second, "bo", CAUSE)]
    keyed = [KeyedCommand(uuid4(), both[0], HELD_S + 300), KeyedCommand(uuid4(), both[1], HELD_S)]
    *executed, spread = pair.manager.execute_all(keyed)
    assert executed == [Executed(command) for command in both] and isinstance(spread, Spread)
    copies = spread.copies
    assert [(copy.status, copy.delivery) for copy in copies] == [
        (Status.ACCEPTED, Delivery.HELD),
        (Status.REJECTED, Delivery.HELD),
    ]
    holds = [copy.hold_until for copy in copies]
    assert holds[0] is not None and holds[1] is not None and 200 < (holds[0] - holds[1]).total_seconds() <= 300
    assert isinstance(refusal(pair, Approve(pair.ask().id, "bo", 2, first.terms.hash)), Stale)
    *_, back = pair.manager.execute_all([KeyedCommand(uuid4(), Undo(first.id, "bo"))])
    assert isinstance(back, Spread)
    assert [(copy.status, copy.delivery) for copy in back.copies] == [(Status.PENDING, Delivery.RECEIVED)]
    refused = refusal(pair, Undo(first.id, "bo"))
    assert isinstance(refused, Conflict) and f"{first.number} is pending: there is nothing to undo" in refused.message
    assert not isinstance(refused, TooLate), "what nobody decided was not sent"


def refusal(pair: Pair, command: ManagerCommand) -> PaydeskError | None:
    """Return why one of many is not executed."""
    (executed,) = pair.manager.execute_all([KeyedCommand(uuid4(), command)])
    assert isinstance(executed, Executed) and executed.command == command
    return executed.refusal


def test_each_of_many_gets_its_own_answer_to_an_undo_and_none_stops_the_others(pair: Pair) -> None:
    pair.manager.hold_s = HELD_S  # type: ignore[misc]
    undecided, released, held = (pair.ask(checked_terms(amount, "EUR", "many")) for amount in ("3", "4", "5"))
    pair.reject(released)
    assert pair.manager.send_now() == 1
    pair.reject(held)
    copies = [undecided, released, held]
    batch = Batch(copies, [Undo(copy.id, "bo") for copy in copies])
    batch.run(pair.manager)
    assert batch.failed == [
        NotDone(undecided.number, f"{undecided.number} is pending: there is nothing to undo."),
        NotDone(released.number, "It is too late to undo: the decision was sent."),
    ]
    codes = [refused.code for copy in (undecided, released) if (refused := refusal(pair, Undo(copy.id, "bo")))]
    assert codes == [Conflict.code, TooLate.code]
    assert [(copy.id, copy.status) for copy in batch.done] == [(held.id, Status.PENDING)]
    assert [copy.status for copy in pair.manager.copies([undecided.id, released.id])] == [
        Status.PENDING,
        Status.REJECTED,
    ]
