"""A decision about a revision that a lost schema does not know yet waits, and is taken in by itself once it does."""

import pytest

from paydesk.contractor import commands as asks
from paydesk.domain.commands import Approve, RequestPayment, RevisePayment
from paydesk.domain.payment_request import checked_terms
from paydesk.domain.status import Outcome
from paydesk.infra.recovery.anti_entropy import MOST_S
from paydesk.manager import commands as decides
from tests.simulation.actions import People
from tests.simulation.checker import check, settle
from tests.simulation.faults import lose_schema
from tests.simulation.world import World


@pytest.mark.fault(
    kind="A decision answers terms that were asked for, by somebody other than who asked; else it is not applied.",
    mended="domain/events.py",
)
@pytest.mark.parametrize(("how", "became"), [("lost", "parked"), ("restored", "quarantined")])
def test_a_decision_about_a_revision_that_is_not_known_yet_is_taken_in_once_it_is(how: str, became: str) -> None:
    world = World(2)
    people = People(world)
    first, other, deciding, _ = world.processes
    store, request_id = first.side.storage, world.new_id()
    asks.execute(store, world.new_id(), RequestPayment(request_id, "ada", checked_terms("5", "EUR", "work")))
    settle(world)
    world.backup = store.tables.snapshot()
    # A process freezes with the revision in its hands; its schema is lost, and another one works before it wakes.
    for process in (first, other):
        process.kill()
    asks.execute(store, world.new_id(), RevisePayment(request_id, "ada", {"amount": "7"}))
    revised = store.tables.copy[request_id].row.request
    assert revised is not None and revised.revision == 2
    world.losing = ("contractor", how)

    def meanwhile() -> None:
        lose_schema(world, world.contractor, how)
        for _ in range(3):
            world.run(other, other.send)
            world.run(other, other.receive)

    world.on_freeze = None
    world.seconds += 60
    world.freeze_at("G1", meanwhile)
    world.run(first, first.send)
    for _ in range(3):
        world.run(deciding, deciding.send)
        world.run(deciding, deciding.receive)
    decides.execute(world.manager.storage, world.new_id(), Approve(request_id, "bo", 2, revised.terms.hash))
    for _ in range(3):
        world.run(deciding, deciding.send)
        world.run(other, other.receive)
    inbox = list(store.tables.inbox.values())
    assert [message.became for message in inbox if message.request_id == request_id] == [became]
    assert store.tables.copy[request_id].row.decision is None
    world.seconds += MOST_S + 1
    settle(world)
    check(world, people)
    decision = store.tables.copy[request_id].row.decision
    assert decision is not None and (decision.outcome, decision.revision) == (Outcome.ACCEPTED, 2)
    assert {message.became for message in store.tables.inbox.values()} <= {"applied", "stale"}


@pytest.mark.fault(
    kind="A decision answers terms that were asked for, by somebody other than who asked; else it is not applied.",
    mended="domain/events.py",
)
def test_a_decision_waits_for_a_request_that_both_stores_lost_until_it_is_asked_for_again() -> None:
    world = World(1)
    people = People(world)
    asking, deciding = world.processes
    store, request_id, key = asking.side.storage, world.new_id(), world.new_id()
    asks.execute(store, world.new_id(), RequestPayment(world.new_id(), "ada", checked_terms("4", "EUR", "kept")))
    settle(world)
    ask = RequestPayment(request_id, "ada", checked_terms("5", "EUR", "work"))
    asks.execute(store, key, ask)
    for _ in range(3):
        world.run(asking, asking.send)
        world.run(deciding, deciding.receive)
    decides.execute(world.manager.storage, world.new_id(), Approve(request_id, "bo", 1, ask.terms.hash))
    world.losing = ("contractor", "cut and lost")
    topic = world.log.topic(store.role.writes)
    while any(record.key == str(request_id).encode() for record in topic.records):
        topic.records.pop()
    lose_schema(world, world.contractor, "lost")
    world.seconds += 60
    for _ in range(3):
        world.run(deciding, deciding.send)
        world.run(asking, asking.send)
        world.run(asking, asking.receive)
    assert [message.became for message in store.tables.inbox.values() if message.request_id == request_id] == ["parked"]
    asks.execute(store, key, ask)
    settle(world)
    check(world, people)
    decision = store.tables.copy[request_id].row.decision
    assert decision is not None and decision.outcome is Outcome.ACCEPTED
