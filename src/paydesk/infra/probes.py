"""Trying what paydesk needs of servers that others set up: a session, each right, each setting of a topic."""

import logging
import time
from collections.abc import Mapping
from typing import Any

import psycopg
import redis

from paydesk import libpq
from paydesk.infra.finding import Finding
from paydesk.infra.hints import publish_nothing, refusal
from paydesk.infra.postgres import POOLER_NEEDS, connect
from paydesk.infra.role import Role
from paydesk.secrecy import hide

log = logging.getLogger("paydesk.doctor")
_LEAST_VERSION = 16
_PRIMARY = "Name the primary in the URL, or wait until this one is it; lists work meanwhile."


def session_findings(role: Role, url: str, connection: psycopg.Connection[Any]) -> list[Finding]:
    """Return what a session of this login finds: the server's version, whether it can write, a pooler in between."""
    name = f"{role.name} PostgreSQL"
    version = connection.info.server_version // 10000
    if version < _LEAST_VERSION:
        told = f"is PostgreSQL {version}, paydesk needs {_LEAST_VERSION} or newer"
        return [Finding(name, False, told, "Upgrade the server, or name another one.")]
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


def _pooler(role: Role, url: str, connection: psycopg.Connection[Any]) -> list[Finding]:
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
        told = "a pooler stands between, and gives a connection for a transaction alone"
        return [Finding(f"{role.name} PostgreSQL", False, told, POOLER_NEEDS)]
    return [Finding(f"{role.name} pooler", True, "a pooler stands between, and gives a connection for a whole session")]


def _backend(connection: psycopg.Connection[Any]) -> int:
    row = connection.execute("SELECT pg_backend_pid()").fetchone()
    connection.rollback()
    assert row is not None
    return int(row[0])


def redis_findings(role: Role, url: str) -> list[Finding]:
    """Return whether this login can publish and subscribe on its channel, and hears what it published."""
    name, started = f"{role.name} Redis", time.monotonic()
    try:
        with redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2) as client:
            client.ping()
            ms = (time.monotonic() - started) * 1000
            with client.pubsub() as channel:
                channel.subscribe(role.channel)
                channel.get_message(timeout=2)
                publish_nothing(client, role)
                heard = channel.get_message(timeout=2)
    except redis.RedisError as error:
        return [Finding(name, False, refusal(error, role), _REDIS.get(type(error), _REDIS_AWAY))]
    except (ValueError, TypeError) as error:
        # What the library says of a URL quotes it.
        log.info("the Redis URL of %s: %s", role.name, hide(str(error)))
        return [Finding(name, False, "the URL cannot be used", f"Look at PAYDESK_{role.name.upper()}_REDIS_URL.")]
    if heard is None:
        told = f"published on {role.channel} and did not hear it"
        return [Finding(name, False, told, "Is a proxy between? Desks read every 2 s meanwhile.")]
    return [Finding(name, True, f"answers in {ms:.0f} ms, may publish and subscribe on {role.channel}")]


_REDIS_AWAY = "Look at the Redis URL and at the server; desks read every 2 s meanwhile."
_REDIS: Mapping[type[redis.RedisError], str] = {
    redis.exceptions.NoPermissionError: f"{_PROVISION} Desks read every 2 s meanwhile.",
    redis.exceptions.AuthenticationError: "Look at the user and password of the Redis URL.",
}
