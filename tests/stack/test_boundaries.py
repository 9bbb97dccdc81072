"""The boundary is in the servers: each refuses a role's login what is the other role's, whatever our code does."""

import socket
from contextlib import ExitStack
from urllib.parse import urlsplit

import psycopg
import pytest
import redis
from confluent_kafka import KafkaError, Producer

from paydesk.infra.core.health import KAFKA_REFUSED
from paydesk.infra.kafka import clients
from paydesk.infra.postgres.connection import connect
from paydesk.role_names import OWN_TOPIC
from paydesk.stack.servers import Postgres
from tests.conftest import Sides, until
from tests.pace import scaled


@pytest.mark.parametrize(("login", "other"), [("contractor", "manager"), ("manager", "contractor")])
def test_no_login_can_reach_the_others_schema_or_take_its_lease(sides: Sides, login: str, other: str) -> None:
    with connect(sides.endpoints(login).database_url, login, autocommit=True) as connection:
        for statement in (
            f"SELECT * FROM {other}.payment_request",
            f"UPDATE {other}.payment_request SET locked = true",
            f"DELETE FROM {other}.outbox",
            f"INSERT INTO {other}.lease DEFAULT VALUES",
            f"CREATE TABLE {other}.mine ()",
            f"SET ROLE {other}",
            "CREATE SCHEMA other",
            "CREATE TABLE public.other ()",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
        with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
            connection.execute(f"LOCK TABLE {other}.lease IN EXCLUSIVE MODE")


@pytest.mark.parametrize(
    ("login", "topic"), [("contractor", OWN_TOPIC["manager"]), ("manager", OWN_TOPIC["contractor"])]
)
def test_no_login_can_write_the_others_topic(sides: Sides, login: str, topic: str) -> None:
    conf = sides.endpoints(login).kafka
    assert conf is not None
    refused: list[KafkaError] = []
    producer = Producer(dict(conf) | {"message.timeout.ms": "8000"})
    producer.produce(topic, b"forged", on_delivery=lambda error, _: refused.append(error))
    producer.flush(20)
    assert [error.code() for error in refused] == [KafkaError.TOPIC_AUTHORIZATION_FAILED]


@pytest.mark.parametrize(("login", "other"), [("contractor", "manager"), ("manager", "contractor")])
def test_no_login_can_speak_or_listen_on_the_others_channel(sides: Sides, login: str, other: str) -> None:
    url = sides.endpoints(login).redis_url
    assert url is not None
    with redis.Redis.from_url(url) as client, client.pubsub() as channel:
        assert client.publish(f"paydesk:{login}:changed", "{}") >= 0
        with pytest.raises(redis.exceptions.NoPermissionError):
            client.publish(f"paydesk:{other}:changed", "{}")
        with pytest.raises(redis.exceptions.NoPermissionError):
            client.set("anything", "1")
        channel.subscribe(f"paydesk:{other}:changed")
        with pytest.raises(redis.exceptions.NoPermissionError):
            channel.get_message(timeout=5)


@pytest.mark.parametrize("login", ["contractor", "manager"])
def test_nobody_gets_in_without_a_password(sides: Sides, login: str) -> None:
    endpoints = sides.endpoints(login)
    assert endpoints.kafka is not None and endpoints.redis_url is not None
    secret = urlsplit(endpoints.database_url).password or ""
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(endpoints.database_url.replace(secret, ""))
    with (
        redis.Redis.from_url(endpoints.redis_url.replace(secret, "wrong")) as hints,
        pytest.raises(redis.AuthenticationError),
    ):
        hints.ping()
    troubles: list[str] = []
    client = clients.admin(dict(endpoints.kafka) | {"sasl.password": "wrong"}, troubles.append)
    until(lambda: client.poll(0.1) or KAFKA_REFUSED in troubles)


@pytest.mark.fault(kind="Who says nothing at a server takes no place from others for long.", mended="stack/servers.py")
def test_a_connection_that_says_nothing_is_ended_after_ten_seconds(sides: Sides) -> None:
    with connect(sides.url(sides.contractor), "contractor") as connection:
        assert connection.execute("SHOW authentication_timeout").fetchone() == ("10s",)


@pytest.mark.long
@pytest.mark.fault(
    kind="Who says nothing at a server takes no place from others for long.", mended="deploy/postgres/postgresql.conf"
)
def test_silent_connections_are_ended_by_the_server_itself(sides: Sides) -> None:
    address = f"{Postgres(sides.stack.folder).address}/.s.PGSQL.5432"
    with ExitStack() as opened:
        silent = [opened.enter_context(socket.socket(socket.AF_UNIX)) for _ in range(20)]
        for client in silent:
            client.settimeout(scaled(25))
            client.connect(address)
        assert [client.recv(1) for client in silent] == [b""] * 20, "ended, and nothing was said"
