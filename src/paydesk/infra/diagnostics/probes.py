"""Trying what paydesk needs of servers that others set up: a session, each right, each setting of a topic."""

import logging
import time
from collections.abc import Mapping

import psycopg
import redis
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AclOperation, AdminClient
from psycopg.rows import TupleRow

from paydesk import libpq
from paydesk.infra.core.health import KAFKA_REFUSED
from paydesk.infra.core.ports import BrokerTrouble, NoRight
from paydesk.infra.core.role import Role
from paydesk.infra.diagnostics.finding import Finding, guarded
from paydesk.infra.kafka import clients
from paydesk.infra.kafka.topic_settings import check_settings
from paydesk.infra.postgres.connection import POOLER_NEEDS, connect
from paydesk.infra.redis.hints import publish_nothing, refusal
from paydesk.secrecy import hide
from paydesk.settings import Endpoints

log = logging.getLogger("paydesk.doctor")
_LEAST_VERSION = 16
_PRIMARY = "Name the primary in the URL, or wait until this one is it; lists work meanwhile."


def session_findings(role: Role, url: str, connection: psycopg.Connection[TupleRow]) -> list[Finding]:
    """Return what a session of this login finds: the server's version, whether it can write, a pooler in between."""
    name = f"{role.name} PostgreSQL"
    version = connection.info.server_version // 10000
    if version < _LEAST_VERSION:
        sentence = f"is PostgreSQL {version}, paydesk needs {_LEAST_VERSION} or newer"
        return [Finding(name, False, sentence, "Upgrade the server, or name another one.")]
    row = connection.execute(
        "SELECT pg_is_in_recovery(), current_setting('transaction_read_only') = 'on',"
        " has_schema_privilege(current_user, %s, 'CREATE, USAGE')"
        " FROM (SELECT 1) one WHERE to_regnamespace(%s) IS NOT NULL",
        [role.name, role.name],
    ).fetchone()
    if row is None:
        return [Finding(name, False, f"there is no schema {role.name}: not provisioned yet", _PROVISION)]
    standby, reads, may = row
    if standby or reads:
        why = "it is a standby" if standby else "default_transaction_read_only is on"
        return [Finding(name, False, f"the database only reads: {why}", _PRIMARY)]
    if not may:
        return [Finding(name, False, f"this login may not use the schema {role.name}", _PROVISION)]
    return _pooler(role, url, connection)


_PROVISION = "Run `paydesk stack provision`."


def _pooler(role: Role, url: str, connection: psycopg.Connection[TupleRow]) -> list[Finding]:
    """Return what stands between, where something does: session pooling works, pooling by transaction does not."""
    if not libpq.is_pooled(connection):
        return []
    connection.rollback()  # Whoever pools by transaction takes the connection back here.
    try:
        with connect(url, role.name, within_s=2) as other:
            same = _backend(other) == _backend(connection)
            connection.rollback()
    except psycopg.Error:
        same = False
    if same:
        sentence = "a pooler stands between, and gives a connection for a transaction alone"
        return [Finding(f"{role.name} PostgreSQL", False, sentence, POOLER_NEEDS)]
    return [Finding(f"{role.name} pooler", True, "a pooler stands between, and gives a connection for a whole session")]


def _backend(connection: psycopg.Connection[TupleRow]) -> int:
    row = connection.execute("SELECT pg_backend_pid()").fetchone()
    connection.rollback()
    assert row is not None
    return int(row[0])


def kafka_findings(role: Role, endpoints: Endpoints) -> list[Finding]:
    """Return whether Kafka answers, gives each right that is needed, and keeps the topics as the promises need them."""
    conf, name, started = dict(endpoints.kafka or {}), f"{role.name} Kafka", time.monotonic()
    troubles: list[str] = []
    client = clients.admin(conf, troubles.append)
    try:
        identity = clients.topic_identity(client, role.writes)
    except BrokerTrouble as error:
        client.poll(0)
        if KAFKA_REFUSED in troubles:
            raise BrokerTrouble(KAFKA_REFUSED, clients.SETTINGS) from error
        raise clients.explained(conf, error) from error
    ms = (time.monotonic() - started) * 1000
    topic = f"topic {role.writes} is there" if identity else f"topic {role.writes} is made by the first worker"
    lines = [Finding(name, True, f"answers in {ms:.0f} ms; {topic}")]
    if endpoints.memory_broker:
        return lines  # It has no rights and no settings.
    lines += guarded(f"{role.name} Kafka rights", lambda: _rights(role, client))
    return lines + guarded(f"{role.name} topics", lambda: _topics(role, endpoints, client))


def _rights(role: Role, client: AdminClient) -> list[Finding]:
    """Return which right on a topic or on the role's group is missing."""
    missing = []
    wanted = {role.writes: (AclOperation.WRITE, AclOperation.READ)} | dict.fromkeys(role.reads, (AclOperation.READ,))
    for topic, operations in wanted.items():
        try:
            allowed = clients.described(client, topic, rights=True).authorized_operations
        except KafkaException as error:
            if error.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
                missing.append(str(clients.trouble_of(error.args[0], f"see the topic {topic}")))
            continue
        names = [operation.name for operation in operations if allowed is not None and operation not in allowed]
        missing += [f"Kafka does not let this login {name} the topic {topic}." for name in names]
    try:
        asked = client.describe_consumer_groups([role.group], include_authorized_operations=True)[role.group]
        group = clients.answer(asked, clients.nothing).authorized_operations
        if group is not None and AclOperation.READ not in group:
            missing.append(f"Kafka does not let this login READ the group {role.group}.")
    except KafkaException as error:
        trouble = clients.trouble_of(error.args[0], group=role.group)
        if isinstance(trouble, NoRight):  # Nothing else says that a right is missing.
            missing.append(str(trouble))
    return [Finding(f"{role.name} Kafka rights", False, sentence, clients.RIGHTS) for sentence in missing]


def _topics(role: Role, endpoints: Endpoints, client: AdminClient) -> list[Finding]:
    """Return which setting of a topic breaks a promise, and which events are too large for the own one."""
    name, servers = f"{role.name} topics", (endpoints.kafka or {}).get("bootstrap.servers", "")
    there = [topic for topic in (role.writes, *role.reads) if clients.topic_identity(client, topic) is not None]
    wrong = check_settings(client, there) if there else []
    if wrong is None:
        sentence = "the settings of the topics cannot be seen by this login"
        return [Finding(name, True, f"{sentence}; `paydesk stack provision` gives the right")]
    lines = [Finding(name, False, setting.sentence, setting.command(servers)) for setting in wrong]
    limit = next(
        (setting for setting in wrong if setting.topic == role.writes and setting.name == "max.message.bytes"), None
    )
    if limit is not None and endpoints.database_url:
        for number, size in _too_large(role, endpoints.database_url, int(limit.value)):
            sentence = f"{number} does not leave: its event of {size:,} bytes is too large for {role.writes}"
            lines.append(Finding(f"{role.name} outbox", False, sentence, limit.command(servers)))
    return lines


_TOO_LARGE = """
SELECT coalesce(p.number, o.request_id::text), octet_length(o.value) FROM outbox o
LEFT JOIN payment_request p ON p.id = o.request_id WHERE o.published_at IS NULL AND NOT o.beaten
AND octet_length(o.value) + octet_length(o.headers::text) + %s > %s ORDER BY o.position LIMIT 5
"""
_AROUND = 120
"""What a record has in bytes beside its value and its headers, about."""


def _too_large(role: Role, url: str, most: int) -> list[tuple[str, int]]:
    with connect(url, role.name) as connection:
        return [(row[0], row[1]) for row in connection.execute(_TOO_LARGE, [_AROUND, most])]


def redis_findings(role: Role, url: str) -> list[Finding]:
    """Return whether this login can publish and subscribe on its channel, and receives what it published."""
    name, started = f"{role.name} Redis", time.monotonic()
    try:
        with redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2) as client:
            client.ping()
            ms = (time.monotonic() - started) * 1000
            with client.pubsub() as channel:
                channel.subscribe(role.channel)
                channel.get_message(timeout=2)
                publish_nothing(client, role)
                message = channel.get_message(timeout=2)
    except redis.RedisError as error:
        return [Finding(name, False, refusal(error, role), _REDIS.get(type(error), _REDIS_AWAY))]
    except (ValueError, TypeError) as error:
        # What the library says of a URL quotes it.
        log.info("the Redis URL of %s: %s", role.name, hide(str(error)))
        return [Finding(name, False, "the URL cannot be used", f"Look at PAYDESK_{role.name.upper()}_REDIS_URL.")]
    if message is None:
        sentence = f"published on {role.channel} and did not hear it"
        return [Finding(name, False, sentence, "Is a proxy between? Desks read every 2 s meanwhile.")]
    return [Finding(name, True, f"answers in {ms:.0f} ms, may publish and subscribe on {role.channel}")]


_REDIS_AWAY = "Look at the Redis URL and at the server; desks read every 2 s meanwhile."
_REDIS: Mapping[type[redis.RedisError], str] = {
    redis.exceptions.NoPermissionError: f"{_PROVISION} Desks read every 2 s meanwhile.",
    redis.exceptions.AuthenticationError: "Look at the user and password of the Redis URL.",
}
