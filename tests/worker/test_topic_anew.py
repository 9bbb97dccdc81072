"""A topic that was deleted and made anew is another log: no client that knew the old one reads it."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from confluent_kafka.admin import AdminClient

from paydesk.infra.core.ports import BrokerTrouble
from paydesk.infra.kafka import clients
from paydesk.infra.kafka.log import KafkaReader
from paydesk.infra.worker.worker import Worker
from paydesk.stack.kafka_server import Kafka
from tests.conftest import Sides, until
from tests.worker.test_worker import ask, count


@pytest.fixture
def admin(sides: Sides) -> AdminClient:
    """A client that may do all with the topics."""
    return AdminClient({**Kafka(sides.stack.folder).conf("stack")})


@pytest.fixture
def reader(sides: Sides) -> Iterator[KafkaReader]:
    """The contractor's reader of its own topic, as a check uses it; the topic is there."""
    conf = sides.endpoints("contractor").kafka
    assert conf is not None
    clients.ensure_topic(clients.admin(conf), sides.contractor.writes, clients.nothing)
    with closing(KafkaReader(conf, sides.contractor, lambda _: None)) as made:
        yield made


def made_anew(admin: AdminClient, topic: str) -> None:
    """Delete a topic, and make another of that name."""
    admin.delete_topics([topic])[topic].result(20)
    until(lambda: clients.topic_identity(admin, topic) is None)
    clients.make_topic(admin, topic, clients.nothing)
    until(lambda: clients.topic_identity(admin, topic))


def test_a_reader_that_was_only_connected_reads_no_other_topic(
    sides: Sides, admin: AdminClient, reader: KafkaReader
) -> None:
    topic = sides.contractor.writes
    reader.connect(topic)
    reader.assign({(topic, 0): None})
    made_anew(admin, topic)
    with pytest.raises(BrokerTrouble, match="made anew"):
        reader.assign({(topic, 0): None})


def test_a_missing_topic_is_no_other_topic(sides: Sides, admin: AdminClient, reader: KafkaReader) -> None:
    topic = f"{sides.contractor.writes}.late"
    assert reader.identity(topic) is None
    clients.make_topic(admin, topic, clients.nothing)
    identity = until(lambda: reader.identity(topic))
    assert reader.identity(topic) == identity


@pytest.mark.long
def test_who_stood_by_takes_over_after_the_topics_were_made_anew(sides: Sides, admin: AdminClient) -> None:
    working, waiting, manager = (
        Worker(sides.contractor, sides),
        Worker(sides.contractor, sides),
        Worker(sides.manager, sides),
    )
    working.start()
    manager.start()
    try:
        ask(sides, 3)
        until(lambda: count(sides, sides.manager) == 3)
        waiting.start()
        until(lambda: waiting.caught_up)
        made_anew(admin, sides.contractor.writes)
        working.stop()
        ask(sides, 2)
        until(lambda: count(sides, sides.manager) == 5)
    finally:
        for worker in (working, waiting, manager):
            worker.stop()
