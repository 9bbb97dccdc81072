"""The outbound thread of a worker: contends for the lease, checks the own topic, relays, counts for the health line."""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from uuid import UUID

from paydesk.infra.core import ui_priority
from paydesk.infra.core.health import Duty, Part, PartState
from paydesk.infra.core.ports import BrokerTrouble
from paydesk.infra.engine.relay import Duties, LeaseLost, Relay
from paydesk.infra.kafka.clients import MAX_MESSAGE_BYTES
from paydesk.infra.kafka.log import KafkaReader, KafkaWriter
from paydesk.infra.kafka.topic_settings import WrongSetting
from paydesk.infra.postgres import folding
from paydesk.infra.postgres.lease import PostgresLease
from paydesk.infra.postgres.read import queries
from paydesk.infra.postgres.read.queries import counts
from paydesk.infra.postgres.storage import Store
from paydesk.infra.recovery.anti_entropy import AntiEntropy
from paydesk.infra.redis.hints import HintSender
from paydesk.infra.worker.context import IDLE_S, WorkerContext

_BROKER_PAUSE_S = 0.5
_COUNT_S = 1.0
_YIELD_AFTER_S = 10.0
_FOLD_S = 1.0
_TOPICS_S = 60.0
"""How often the settings of the topics are looked at: somebody may change them while a desk is open."""
_NEWS_S = 3600.0
"""So long the health line tells what came back from the own topic."""


class NoBroker(Exception):
    """The broker has no address yet."""


class OutboundThread:
    """Owns the producer, the lease and their connections while ``run`` runs."""

    def __init__(self, context: WorkerContext) -> None:
        self.context = context
        self._lease: PostgresLease | None = None
        self._reached_at = 0.0
        self._counted_at = 0.0
        self._folded_at = 0.0
        self._topics_at = -_TOPICS_S
        self._wrong_settings: Sequence[WrongSetting] = ()
        self._large: dict[UUID, int] = {}
        self._checked = False
        """Whether this side's own topic was read since the database was connected."""

    def wait_no_more(self) -> None:
        """Stop standing in the queue for the lease; for another thread, when the worker ends."""
        waiting = self._lease
        if waiting is not None and not waiting.held:
            waiting.wait_no_more()

    def run(self) -> None:
        """Work until the worker ends or a server makes trouble; the broker's is waited out here, the lease is kept."""
        context = self.context
        url, role = context.endpoints().database_url, context.role
        with ExitStack() as kept:
            kept.callback(context.may_apply.clear)
            lease = self._lease = kept.enter_context(
                closing(PostgresLease(url, role.name, gives_way=not context.sends))
            )
            store = kept.enter_context(closing(context.store(url)))
            hints = kept.enter_context(closing(HintSender(role, context.servers)))
            context.entropy = AntiEntropy(role, store, time.monotonic, publishes=not context.brief)
            self._reached_at, self._checked = time.monotonic(), False
            while not context.ending.is_set():
                try:
                    with self._clients(lease, store) as clients:
                        self._work(clients, lease, hints, store)
                except BrokerTrouble as error:
                    context.may_apply.clear()
                    context.broker_trouble("outbound", error)
                except NoBroker:
                    pass
                self._keep_without_broker(lease, store)

    @contextmanager
    def _clients(self, lease: PostgresLease, store: Store) -> Iterator[tuple[KafkaWriter, Relay]]:
        """Make the clients; the reader of the first check is connected before it is needed. Raises ``NoBroker``."""
        context = self.context
        conf = context.endpoints().kafka
        if conf is None:
            raise NoBroker

        def meanwhile() -> None:
            context.go_on()
            if lease.held:
                lease.beat()

        def reader() -> KafkaReader:
            return spare.pop() if spare else KafkaReader(conf, context.role, context.suspect_broker, meanwhile)

        spare: list[KafkaReader] = []
        with closing(KafkaWriter(conf, context.role, context.suspect_broker, meanwhile)) as writer:
            spare.append(reader())
            try:
                spare[0].connect(context.role.writes)
                duties = Duties(context.sends, context.entropy, context.may_apply.set)
                yield writer, Relay(store, lease, writer, reader, duties)
            finally:
                for unused in spare:
                    unused.close()

    def _work(
        self,
        clients: tuple[KafkaWriter, Relay],
        lease: PostgresLease,
        hints: HintSender,
        store: Store,
    ) -> None:
        """Relay while the lease is held, else wait for it."""
        context, (writer, side) = self.context, clients
        while not context.ending.is_set():
            context.nudged.clear()
            writer.listen()
            if context.doubted.is_set():
                context.doubted.clear()
                side.look_again()
            self._make_way(lease)
            changed = side.step()
            self._note_duty(side)
            self._note_topics(writer, side, store)
            if changed:
                hints.send(changed)
                context.changed(changed)
            self._count(store, at_once=bool(changed))
            more = lease.held and self._fold(store)
            # Who does not hold it has waited in ``take`` already, unless it gives way.
            if (lease.held or lease.gives_way) and not (side.more or more):
                context.nudged.wait(IDLE_S)

    def _fold(self, store: Store) -> bool:
        """Fill the folded columns of what a program of before wrote; returns whether to go on at once."""
        if time.monotonic() - self._folded_at < _FOLD_S:
            return False
        ui_priority.give()
        with store.lend() as connection:
            more = folding.fill(connection)
        self._folded_at = 0.0 if more else time.monotonic()
        return more

    def _keep_without_broker(self, lease: PostgresLease, store: Store) -> None:
        """Do what needs no broker: keep the lease, release holds, count; after 10 s let another try."""
        context = self.context
        if context.ending.is_set():
            return
        if lease.held or lease.take():
            if not lease.beat():
                raise LeaseLost
            self._make_way(lease)
            self._fold(store)
            if self._checked and context.sends:
                # Not before: what a restored schema holds may have been taken back since.
                with store.transaction() as transaction:
                    transaction.holds.release_due()
            if time.monotonic() - self._reached_at > _YIELD_AFTER_S and lease.wanted():
                raise LeaseLost
        self._count(store)
        context.ending.wait(_BROKER_PAUSE_S)

    def _make_way(self, lease: PostgresLease) -> None:
        """Leave the work to whoever waits for it and sends, where this worker only reads. Raises ``LeaseLost``."""
        if not self.context.sends and lease.held and lease.wanted():
            raise LeaseLost

    def _note_duty(self, side: Relay) -> None:
        context = self.context
        if side.checked:
            self._reached_at, self._checked = time.monotonic(), True
            context.may_apply.set()
            context.health_state.tell(duty=Duty.WORKING)
            context.health_state.kafka_ok()
            context.health_state.recovered("outbound")
        else:
            context.may_apply.clear()
            context.health_state.tell(duty=Duty.CHECKING if side.lease.held else Duty.STANDBY)

    def _note_topics(self, writer: KafkaWriter, side: Relay, store: Store) -> None:
        """Tell which settings of the topics are not as they have to be, and what is too large for the own one."""
        large, now = side.too_large, time.monotonic()
        if not side.checked or (large == self._large and now - self._topics_at < _TOPICS_S):
            return
        if now - self._topics_at >= _TOPICS_S:
            self._topics_at = now
            self._wrong_settings = writer.check_settings(self.context.role.reads)
        self._large = large
        own = self.context.role.writes
        faults = [setting.sentence for setting in self._wrong_settings]
        if large:
            with store.lend() as connection:
                names = queries.numbers(connection, large)
            sizes = ", ".join(f"{names.get(request, str(request))} ({size:,} bytes)" for request, size in large.items())
            faults.append(f"{sizes}: too large for {own}. Raise its max.message.bytes to {MAX_MESSAGE_BYTES}.")
        self.context.health_state.tell(topic_faults=tuple(faults))

    def _count(self, store: Store, *, at_once: bool = False) -> None:
        started = time.monotonic()
        if started - self._counted_at < _COUNT_S and not at_once:
            return
        with store.lend() as connection, store.awaited.waiting():
            numbers = counts(connection)
        self._counted_at = time.monotonic()
        self.context.health_state.tell(
            postgres=Part(PartState.OK, ms=(self._counted_at - started) * 1000),
            unsent=numbers.unsent,
            oldest_unsent_s=numbers.oldest_unsent_s,
            quarantined=numbers.quarantined,
            parked=numbers.parked,
            locked=numbers.locked,
            lost=numbers.lost,
            brought_back=numbers.brought_back
            if numbers.brought_back and numbers.brought_back.age_s < _NEWS_S
            else None,
        )
