"""The boundary is in the servers: with the contractor's logins nobody can forge a decision."""

import psycopg
import pytest
import redis
from confluent_kafka import KafkaError, Producer

from paydesk.infra.postgres import connect
from tests.conftest import Sides


def test_the_contractor_cannot_reach_the_managers_schema(sides: Sides) -> None:
    with connect(sides.url(sides.contractor), "contractor", autocommit=True) as connection:
        for statement in (
            "SELECT * FROM manager.payment_request",
            "INSERT INTO manager.lease VALUES (1)",
            "CREATE SCHEMA other",
            "CREATE TABLE public.other ()",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
        with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
            connection.execute("LOCK TABLE manager.lease IN EXCLUSIVE MODE")


def test_the_contractor_cannot_write_the_decisions_topic(sides: Sides) -> None:
    conf = sides.endpoints("contractor").kafka
    assert conf is not None
    refused: list[KafkaError] = []
    producer = Producer(dict(conf) | {"message.timeout.ms": "8000"})
    producer.produce("paydesk.manager.decisions.v1", b"forged", on_delivery=lambda error, _: refused.append(error))
    producer.flush(20)
    assert [error.code() for error in refused] == [KafkaError.TOPIC_AUTHORIZATION_FAILED]


def test_the_contractor_cannot_publish_on_the_managers_channel(sides: Sides) -> None:
    url = sides.endpoints("contractor").redis_url
    assert url is not None
    with redis.Redis.from_url(url) as client:
        assert client.publish("paydesk:contractor:changed", "{}") == 0
        with pytest.raises(redis.exceptions.NoPermissionError):
            client.publish("paydesk:manager:changed", "{}")
        with pytest.raises(redis.exceptions.NoPermissionError):
            client.set("anything", "1")
