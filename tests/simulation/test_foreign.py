"""What somebody else wrote to a side's own topic stays told, until the topic is read from its beginning."""

import pytest

from paydesk.contractor import commands as asks
from paydesk.domain.commands import RequestPayment
from paydesk.domain.payment_request import checked_terms
from tests.simulation.checker import settle
from tests.simulation.world import World

NEVER_SAID = "Never said by this side, but on its own topic: "


@pytest.mark.fault(
    kind="What is foreign on the own topic is told until it is settled, not only until the next check.",
    mended="infra/recovery/topic_check.py",
)
def test_a_foreign_message_on_the_own_topic_is_told_after_further_checks_too() -> None:
    world = World(3)
    first, other, *_ = world.processes
    store, topic = first.side.storage, first.side.role.writes

    def ask() -> None:
        terms = checked_terms("5", "EUR", "work")
        asks.execute(store, world.new_id(), RequestPayment(world.new_id(), "ada", terms))

    ask()
    settle(world)
    for _ in range(2):
        world.intrude(topic, b"x", [("ce_specversion", b"1.0")], b"\xff")
    ask()
    settle(world)
    assert store.tables.warning == f"{NEVER_SAID}at least 2 messages."
    for _ in range(2):
        for process in (first, other):
            process.kill()
        settle(world)
        assert store.tables.warning == f"{NEVER_SAID}at least 2 messages.", "it began with what was verified"
    world.intrude(topic, b"x", [("ce_specversion", b"1.0")], b"\xff")
    for process in (first, other):
        process.kill()
    settle(world)
    assert store.tables.warning == f"{NEVER_SAID}at least 1 message."
    for process in (first, other):
        process.kill()
    settle(world)
    assert store.tables.warning == f"{NEVER_SAID}at least 1 message.", "the last one was verified, and is told once"
