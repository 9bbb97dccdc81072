"""A topic that is read anew, or that is made anew while it is read."""

import json
from random import Random
from uuid import UUID

from paydesk.contractor import commands as asks
from paydesk.domain.commands import Approve, RequestPayment
from paydesk.domain.payment_request import checked_terms
from paydesk.domain.status import Outcome
from paydesk.infra.core.control_messages import DIGEST, RESYNC
from paydesk.infra.core.records import Record
from paydesk.infra.recovery.anti_entropy import LEAST_S
from paydesk.manager import commands as decides
from tests.simulation.actions import People, one_action
from tests.simulation.checker import check, settle
from tests.simulation.faults import lose_schema
from tests.simulation.world import World


def _kind(record: Record) -> str:
    return (dict(record.headers).get("ce_type") or b"").decode()


def _busy_world() -> World:
    """Return a world of one desk a role after hours of work, with a digest on the topics for every few requests."""
    world = World(1)
    people, random = People(world, most=40), Random(11)
    for _ in range(40):
        for _ in range(20):
            one_action(world, people, random.getrandbits(32))
        world.seconds += LEAST_S + 1
    settle(world)
    check(world, people)
    return world


def test_what_was_said_of_the_past_is_passed_over_and_a_digest_is_asked_for() -> None:
    world = _busy_world()
    asked, answered = (world.log.topic(side.role.writes).records for side in (world.contractor, world.manager))
    digests = [record for record in asked if _kind(record) == DIGEST]
    assert len(digests) > 10
    # The reader stands behind the end of a log that was cut, and begins anew: every digest on it is of the past.
    del asked[-3:]
    before = len(asked), len(answered)
    world.lost = True
    settle(world)
    again = [_kind(record) for record in asked[before[0] :]]
    resyncs = [json.loads(record.value or b"") for record in answered[before[1] :] if _kind(record) == RESYNC]
    assert [content["buckets"] for content in resyncs] == [[]]
    assert DIGEST in again
    assert len([kind for kind in again if kind not in (DIGEST, RESYNC)]) <= 3


def test_a_check_of_a_topic_that_is_made_anew_meanwhile_ends() -> None:
    world = _busy_world()
    writer = next(process for process in world.processes if process.side is world.contractor)
    # A schema that was lost has all of its topic to read, and this seed reads it in several fetches.
    lose_schema(world, world.contractor, "lost")
    world.use(Random(1))
    cleared = 0

    def clear() -> None:
        nonlocal cleared
        world.log.topics.clear()
        cleared += 1

    world.freeze_at("I1", clear)
    world.run(writer, writer.send)
    assert cleared == 1 and writer.outbound is None
    settle(world)
    assert writer.outbound is not None and writer.outbound.checked


def test_a_hold_that_ran_out_is_not_asked_again_because_others_are_heard_during_the_check() -> None:
    world = World(1)
    people, asking, deciding = People(world), *world.processes
    terms = checked_terms("5", "EUR", "work")
    first, second = world.new_id(), world.new_id()
    asks.execute(world.contractor.storage, world.new_id(), RequestPayment(first, "ada", terms))
    settle(world)
    decides.execute(world.manager.storage, world.new_id(), Approve(first, "bo", 1, terms.hash), hold_s=8)
    asks.execute(world.contractor.storage, world.new_id(), RequestPayment(second, "ada", terms))
    asking.send()
    world.seconds += 9
    assert deciding.outbound is not None and deciding.inbound is not None
    # Both threads of a worker: one asks what lag tools were told, the other one applies and tells them more.
    deciding.outbound.look_again()
    step = deciding.inbound.step
    received: list[frozenset[UUID]] = []
    world.freeze_at("G2", lambda: received.append(step(0)))
    world.run(deciding, deciding.send)
    assert received == [frozenset({second})]
    assert not [sent for sent in world.manager.storage.tables.outbox.values() if sent.overdue]
    settle(world)
    check(world, people)
    copy = world.contractor.storage.tables.copy[first].row
    assert copy.decision is not None and copy.decision.outcome is Outcome.ACCEPTED
