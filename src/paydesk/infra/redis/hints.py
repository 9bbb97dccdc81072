"""Redis pub/sub: a hint says "these requests changed, look again"; it never carries a fact."""

import contextlib
import json
import logging
import threading
import time
from collections.abc import Callable, Collection
from typing import Any
from uuid import UUID

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from paydesk.infra.core.health import Part, PartState
from paydesk.infra.core.role import Role
from paydesk.secrecy import hide
from paydesk.settings import Servers

log = logging.getLogger("paydesk.hints")

MOST_IDS = 100
"""A hint about more requests than this says: read everything again."""
_READ_S = 0.2
_CONNECT_S = 0.5
_BACK_OFF_S = 0.5
_QUIET_S = 1.0
_ASK_S, _ANSWER_S = 1.0, 3.0
"""How often a listener asks whether Redis is there, and how long it may be without any word of it."""
_TRY_S = 30.0
"""How often it is tried whether this login may publish: rights change while a desk is open."""


class HintSender:
    """Publishes hints, best effort: a lost one costs seconds, not truth. Owned by one thread."""

    def __init__(self, role: Role, servers: Servers) -> None:
        self._role = role
        self._servers = servers
        self._client: redis.Redis | None = None
        self._quiet_until = 0.0

    def send(self, ids: Collection[UUID] | None) -> None:
        """Say that these requests changed; None says that everything may have."""
        if (ids is not None and not ids) or time.monotonic() < self._quiet_until:
            return
        few = None if ids is None or len(ids) > MOST_IDS else sorted(map(str, ids))
        try:
            client = self._connected()
            if client is not None:
                client.publish(self._role.channel, json.dumps({"ids": few}))
        except Exception as error:
            # A Redis that is away must not slow down whoever works: it is left alone for a moment. And whatever else
            # is wrong with it, what the hint is about is saved by now.
            self._quiet_until = time.monotonic() + _QUIET_S
            log.info("hint not sent: %s", hide(str(error)))

    def _connected(self) -> redis.Redis | None:
        """Return the client; Redis may get its address later than this was made."""
        if self._client is None:
            url = self._servers.endpoints(self._role.name).redis_url
            self._client = _client(url) if url else None
        return self._client

    def close(self) -> None:
        """Close the connection."""
        if self._client is not None:
            with contextlib.suppress(Exception):
                self._client.close()


class HintListener(threading.Thread):
    """Receives the role's hints and calls back with ids, or None where anything may have changed."""

    def __init__(self, role: Role, servers: Servers, on_hint: Callable[[frozenset[UUID] | None], None]) -> None:
        super().__init__(name=f"{role.name}-hints", daemon=True)
        self._role = role
        self._servers = servers
        self._on_hint = on_hint
        self._ending = threading.Event()
        self.part = Part()

    def run(self) -> None:
        """Listen until told to stop; come back by itself when Redis does."""
        while not self._ending.is_set():
            try:
                url = self._servers.endpoints(self._role.name).redis_url
                if url is not None:
                    self._listen(url)
            except redis.RedisError as error:
                log.info("redis: %s", hide(str(error)))
                self.part = Part(PartState.DOWN, refusal(error, self._role))
            except Exception as error:
                log.error("hint listener", exc_info=error)
                self.part = Part(PartState.DOWN, "Redis cannot be used: `paydesk doctor` tells why.")
            self._ending.wait(_BACK_OFF_S)

    def _listen(self, url: str) -> None:
        """Receive what comes; each second a question shows whether Redis still answers, as a silent one looks alike."""
        with _client(url) as client, client.pubsub(ignore_subscribe_messages=False) as channel:
            channel.subscribe(self._role.channel)
            answered = asked = time.monotonic()
            tried = 0.0
            while not self._ending.is_set():
                message = channel.get_message(timeout=_READ_S)
                now = time.monotonic()
                if message is not None:
                    answered = now
                    self._take(message)
                if now - answered > _ANSWER_S:
                    raise redis.TimeoutError("no answer to a question")
                if now - asked > _ASK_S:
                    asked = now
                    channel.ping()
                if not tried or now - tried > _TRY_S:
                    # Whoever may not publish changes rows that other desks see late.
                    publish_nothing(client, self._role)
                    tried = now
                    self.part = Part(PartState.OK)

    def _take(self, message: dict[str, Any]) -> None:
        if message["type"] == "subscribe":
            self._on_hint(None)  # What was said before is unknown.
        elif message["type"] == "message":
            ids = _ids(message["data"])
            if ids is None or ids:
                self._on_hint(ids)

    def stop(self) -> None:
        """Stop listening; returns at once, the thread ends within its read."""
        self._ending.set()


def publish_nothing(client: redis.Redis, role: Role) -> None:
    """Publish a hint that names no request: it changes nothing, and shows that this login may publish."""
    client.publish(role.channel, json.dumps({"ids": []}))


def refusal(error: redis.RedisError, role: Role) -> str:
    """Return in one sentence why Redis cannot be used: away, another login, or which right is missing."""
    text = str(error).lower()
    if isinstance(error, redis.exceptions.NoPermissionError):
        if "channel" in text:
            return f"Redis does not let this login use the channel {role.channel}."
        command = next((name for name in ("publish", "subscribe", "ping") if f"'{name}" in text), "")
        return f"Redis does not let this login {command.upper() or 'do what hints need'}."
    if isinstance(error, redis.AuthenticationError) or "wrongpass" in text or "noauth" in text:
        return "Redis refused the login."
    return "Redis does not answer."


def _client(url: str) -> redis.Redis:
    # One try more at once: the connection of before may be of a server that was started anew.
    try:
        return redis.Redis.from_url(
            url,
            socket_timeout=_CONNECT_S,
            socket_connect_timeout=_CONNECT_S,
            retry=Retry(NoBackoff(), 1),
        )
    except (ValueError, TypeError) as error:
        raise redis.RedisError("the URL cannot be used") from error


def _ids(data: bytes) -> frozenset[UUID] | None:
    try:
        ids = json.loads(data)["ids"]
        return None if ids is None else frozenset(map(UUID, ids))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
