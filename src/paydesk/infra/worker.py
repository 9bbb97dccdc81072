"""The background worker of a role: an outbound and an inbound thread around small steps, and how it is."""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import replace
from typing import Any
from uuid import UUID

import psycopg

from paydesk.infra.failpoints import reach
from paydesk.infra.health import Duty, Health, Part, PartState
from paydesk.infra.hints import HintSender
from paydesk.infra.inbox import Inbound, Overtaken
from paydesk.infra.kafka_log import KafkaReader, KafkaWriter
from paydesk.infra.lease import Lease
from paydesk.infra.outbound import LeaseLost, Outbound
from paydesk.infra.ports import BrokerTrouble
from paydesk.infra.postgres import connect, is_transient
from paydesk.infra.queries import counts
from paydesk.infra.role import Role
from paydesk.infra.store import Store
from paydesk.settings import Endpoints, Servers

log = logging.getLogger("paydesk.worker")

IDLE_S = 0.2
"""How long the outbound thread waits for a nudge before it looks by itself."""
_POLL_S = 0.1
_BACK_OFF_S = (0.1, 5.0)
_COUNT_S = 1.0


class Worker:
    """Relays and applies for one role while its process holds the lease; stands by otherwise."""

    def __init__(self, role: Role, servers: Servers, changed: Callable[[frozenset[UUID]], None] | None = None) -> None:
        self.role = role
        self.servers = servers
        self._changed = changed or (lambda _: None)
        self._ending = threading.Event()
        self._nudged = threading.Event()
        self._may_apply = threading.Event()
        self._health = Health()
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._run, args=("outbound", self._outbound), daemon=True, name=f"{role.name}-out"),
            threading.Thread(target=self._run, args=("inbound", self._inbound), daemon=True, name=f"{role.name}-in"),
        ]

    def start(self) -> None:
        """Start both threads; returns at once."""
        for thread in self._threads:
            thread.start()

    def nudge(self) -> None:
        """Say that something was committed to the outbox: relay it now."""
        self._nudged.set()

    def health(self) -> Health:
        """Return the last reading."""
        with self._lock:
            return replace(self._health, notice=self.servers.notice())

    def stop(self, timeout_s: float = 5.0) -> None:
        """Stop both threads and give up the lease; waits at most ``timeout_s`` seconds for each."""
        self._ending.set()
        self._nudged.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout_s)

    def _tell(self, **facts: Any) -> None:
        with self._lock:
            self._health = replace(self._health, **facts)

    def _kafka_trouble(self, sentence: str) -> None:
        self._tell(kafka=Part(PartState.DOWN, sentence))

    def _run(self, name: str, work: Callable[[Endpoints], None]) -> None:
        """Run one side for ever: trouble is told, logged, waited out, and met with new clients."""
        pause_s = _BACK_OFF_S[0]
        while not self._ending.is_set():
            try:
                endpoints = self.servers.endpoints(self.role.name)
                self._tell(label=endpoints.label, memory_broker=endpoints.memory_broker)
                if endpoints.kafka is None:
                    self._ending.wait(_POLL_S)
                    continue
                started = time.monotonic()
                try:
                    work(endpoints)
                finally:
                    if time.monotonic() - started > _BACK_OFF_S[1]:
                        pause_s = _BACK_OFF_S[0]
                continue
            except (LeaseLost, Overtaken):
                log.info("%s: another worker of %s is at work", name, self.role.name)
            except BrokerTrouble as error:
                log.warning("%s: %s", name, error)
                self._kafka_trouble(str(error))
            except Exception as error:
                self._note_trouble(name, error)
            self._ending.wait(pause_s)
            pause_s = min(pause_s * 2, _BACK_OFF_S[1])
        self._tell(duty=Duty.STOPPED)

    def _note_trouble(self, name: str, error: Exception) -> None:
        if is_transient(error):
            log.warning("%s: %s", name, error)
            self._tell(postgres=Part(PartState.DOWN, "PostgreSQL does not answer."))
        else:
            log.exception("%s", name)
            self._tell(trouble=f"The {name} worker failed: {type(error).__name__}: {str(error).splitlines()[:1]}")

    def _outbound(self, endpoints: Endpoints) -> None:
        assert endpoints.kafka is not None
        conf, url, counted = endpoints.kafka, endpoints.database_url, 0.0
        with ExitStack() as clients:
            clients.callback(self._may_apply.clear)
            lease = clients.enter_context(closing(Lease(url, self.role.name)))
            store = clients.enter_context(closing(Store(url, self.role)))
            counting = clients.enter_context(closing(connect(url, self.role.name)))
            hints = clients.enter_context(closing(HintSender(self.role, endpoints.redis_url)))
            writer = clients.enter_context(closing(KafkaWriter(conf, self.role, self._kafka_trouble)))
            side = Outbound(self.role, store, lease, writer, lambda: KafkaReader(conf, self.role, self._kafka_trouble))
            try:
                while not self._ending.is_set():
                    self._nudged.clear()
                    changed = side.step()
                    self._note_duty(side)
                    if changed:
                        hints.send(changed)
                        self._changed(changed)
                    if time.monotonic() - counted > _COUNT_S or changed:
                        counted = time.monotonic()
                        self._count(counting)
                    if lease.held:  # Else ``take`` has waited already.
                        self._nudged.wait(IDLE_S)
            except BrokerTrouble:
                if not side.should_yield():
                    # Give the broker a moment before the clients are made anew.
                    self._count(counting)
                    self._ending.wait(IDLE_S)
                raise

    def _note_duty(self, side: Outbound) -> None:
        if side.checked:
            self._may_apply.set()
            self._tell(duty=Duty.WORKING, kafka=Part(PartState.OK), trouble="")
        else:
            self._may_apply.clear()
            self._tell(duty=Duty.CHECKING if side.lease.held else Duty.STANDBY)

    def _count(self, connection: psycopg.Connection[Any]) -> None:
        started = time.monotonic()
        with connection.transaction():
            found = counts(connection)
        self._tell(
            postgres=Part(PartState.OK, ms=(time.monotonic() - started) * 1000),
            unsent=found.unsent,
            oldest_unsent_s=found.oldest_unsent_s,
            quarantined=found.quarantined,
            parked=found.parked,
            locked=found.locked,
        )

    def _inbound(self, endpoints: Endpoints) -> None:
        if not self._may_apply.wait(_POLL_S):
            return
        assert endpoints.kafka is not None
        store = Store(endpoints.database_url, self.role)
        reader = KafkaReader(endpoints.kafka, self.role, self._kafka_trouble)
        hints = HintSender(self.role, endpoints.redis_url)
        try:
            side = Inbound(self.role, store, reader, self.role.load_apply())
            while self._may_apply.is_set() and not side.assign():
                self._tell(lag=0)  # A topic that nobody made yet holds nothing to hear.
                self._ending.wait(IDLE_S)
            while self._may_apply.is_set() and not self._ending.is_set():
                changed = side.step(_POLL_S)
                self._tell(lag=0 if len(side.at_end) == len(side.places) else None)
                if changed:
                    reach("C4")
                    self.nudge()
                    hints.send(changed)
                    self._changed(changed)
        finally:
            hints.close()
            reader.close()
            store.close()


def catch_up(role: Role, servers: Servers, timeout_s: float = 4.0) -> bool:
    """Bring a side up to date for a one-shot command: apply what is there, relay what is unsent.

    Works when it gets the lease, else waits for whoever holds it; returns whether everything was delivered in time.
    """
    worker = Worker(role, servers)
    worker.start()
    until = time.monotonic() + timeout_s
    try:
        while time.monotonic() < until:
            health = worker.health()
            done = (health.duty is Duty.WORKING and health.lag == 0) or health.duty is Duty.STANDBY
            if done and not _unsent(role, servers):
                return True
            time.sleep(0.02)
        return False
    finally:
        worker.stop()


def _unsent(role: Role, servers: Servers) -> int:
    with connect(servers.endpoints(role.name).database_url, role.name) as connection:
        return counts(connection).unsent
