"""The inbound thread of a worker: applies what the other side publishes while the lease is held, else looks on."""

import time
from contextlib import ExitStack, closing
from uuid import UUID

from paydesk.infra.core.failpoints import reach
from paydesk.infra.core.ports import BrokerTrouble
from paydesk.infra.engine.inbox import InboxProcessor
from paydesk.infra.kafka.clients import explained
from paydesk.infra.kafka.log import KafkaReader
from paydesk.infra.recovery.redrive import redrive_parked
from paydesk.infra.redis.hints import HintSender
from paydesk.infra.worker.context import IDLE_S, POLL_S, WorkerContext
from paydesk.infra.worker.first_reading import FirstReading
from paydesk.infra.worker.questions import Questions
from paydesk.infra.worker.watch import Watch

_LOOK_S = 0.05
_LOOK_ON_S = 1.0
_GATHER_S, _FEW = 0.1, 200
"""After a batch of a few it rests so long: what comes one by one is applied at once, a stream in batches."""
_TOPICS_S = 10.0
"""How often it is asked whether the topics are still the same: a reader of one that was made anew receives nothing."""


class InboundThread:
    """Owns the consumer and its connections while ``run`` runs."""

    def __init__(self, context: WorkerContext) -> None:
        self.context = context
        self._looked_at = 0.0
        self._first: FirstReading
        self._questions: Questions
        self._redriven = False
        """Whether what was parked was looked at by this very program: once is enough, as it does not change."""

    def run(self) -> None:
        """Work until the worker ends or a server makes trouble."""
        context, role = self.context, self.context.role
        endpoints = context.endpoints()
        if endpoints.kafka is None:
            context.ending.wait(POLL_S)
            return
        with ExitStack() as kept:
            store = kept.enter_context(closing(context.store(endpoints.database_url)))
            hints = kept.enter_context(closing(HintSender(role, context.servers)))
            reader = KafkaReader(endpoints.kafka, role, context.suspect_broker, context.go_on)
            kept.enter_context(closing(reader))
            side, watch = InboxProcessor(role, store, reader, role.load_apply()), Watch(role, store, reader)
            self._first = FirstReading(role, store, reader)
            self._questions = Questions(role, store, reader)
            try:
                while not context.ending.is_set():
                    if context.may_apply.is_set():
                        self._apply(side, reader, hints)
                    else:
                        self._stand_by(watch, reader)
            except BrokerTrouble as error:
                raise explained(endpoints.kafka, error) from error

    def _apply(self, side: InboxProcessor, reader: KafkaReader, hints: HintSender) -> None:
        """Apply what the other side publishes, for as long as this process holds the lease."""
        context = self.context
        side.entropy = context.entropy
        self._first.begin()
        if not side.assign():
            # A topic that nobody made yet holds nothing to read.
            context.health_state.tell(lag=0, anew=self._first.look(at_once=not context.caught_up.is_set()))
            context.caught_up.set()
            self._questions.look()
            context.ending.wait(IDLE_S)
            return
        if not self._redriven:
            self._tell(redrive_parked(side.store), hints)
            self._redriven = True
        while context.may_apply.is_set() and not context.ending.is_set():
            if time.monotonic() - self._looked_at > _TOPICS_S:
                self._looked_at = time.monotonic()
                side.check_topics()
            changed = side.step(POLL_S)
            if changed:
                reach("C4")
            self._tell(changed, hints)
            context.health_state.recovered("inbound")
            context.health_state.tell(lag=0 if len(side.at_end) == len(side.places) else None)
            reached = side.reached(reader.ends)
            context.health_state.tell(anew=self._first.look(at_once=reached and not context.caught_up.is_set()))
            if reached:
                context.caught_up.set()
            self._questions.look()
            if 0 < len(changed) < _FEW:
                context.ending.wait(_GATHER_S)
        reader.unassign()

    def _tell(self, changed: frozenset[UUID], hints: HintSender) -> None:
        """Tell every desk of this role what changed, and the outbound thread that there may be something to publish."""
        if changed:
            self.context.nudged.set()
            hints.send(changed)
            self.context.changed(changed)

    def _stand_by(self, watch: Watch, reader: KafkaReader) -> None:
        """Watch how far the worker with the lease has come, and keep the clients connected meanwhile."""
        context = self.context
        reader.listen()
        if time.monotonic() - self._looked_at > (_LOOK_ON_S if context.caught_up.is_set() else _LOOK_S):
            lag = watch.behind()
            self._looked_at = time.monotonic()
            context.health_state.tell(lag=lag, anew=self._first.look(at_once=lag == 0))
            context.health_state.kafka_ok()
            context.health_state.recovered("inbound")
            if lag == 0:
                context.caught_up.set()
        context.may_apply.wait(_LOOK_S)
