"""The inbound thread of a worker: applies what the other side says while the lease is held, else looks on."""

import time
from contextlib import ExitStack, closing
from uuid import UUID

from paydesk.infra.core.failpoints import reach
from paydesk.infra.core.ports import BrokerTrouble
from paydesk.infra.engine.inbox import Inbound
from paydesk.infra.kafka.clients import explained
from paydesk.infra.kafka.log import KafkaReader
from paydesk.infra.recovery.redrive import redrive_parked
from paydesk.infra.redis.hints import HintSender
from paydesk.infra.worker.first_reading import FirstReading
from paydesk.infra.worker.shift import IDLE_S, POLL_S, Shift
from paydesk.infra.worker.standby import Watch

_LOOK_S = 0.05
_LOOK_ON_S = 1.0
_GATHER_S, _FEW = 0.1, 200
"""After a batch of a few it rests so long: what comes one by one is applied at once, a stream in batches."""
_TOPICS_S = 10.0
"""How often it is asked whether the topics are still the same: a reader of one that was made anew hears nothing."""


class Applying:
    """Owns the consumer and its connections while ``run`` runs."""

    def __init__(self, shift: Shift) -> None:
        self.shift = shift
        self._looked_at = 0.0
        self._first: FirstReading
        self._redriven = False
        """Whether what was parked was looked at by this very program: once is enough, as it does not change."""

    def run(self) -> None:
        """Work until the worker ends or a server makes trouble."""
        shift, role = self.shift, self.shift.role
        endpoints = shift.endpoints()
        if endpoints.kafka is None:
            shift.ending.wait(POLL_S)
            return
        with ExitStack() as kept:
            store = kept.enter_context(closing(shift.store(endpoints.database_url)))
            hints = kept.enter_context(closing(HintSender(role, shift.servers)))
            reader = KafkaReader(endpoints.kafka, role, shift.heard_of_trouble, shift.go_on)
            kept.enter_context(closing(reader))
            side, watch = Inbound(role, store, reader, role.load_apply()), Watch(role, store, reader)
            self._first = FirstReading(role, store, reader)
            try:
                while not shift.ending.is_set():
                    if shift.may_apply.is_set():
                        self._apply(side, reader, hints)
                    else:
                        self._stand_by(watch, reader)
            except BrokerTrouble as error:
                raise explained(endpoints.kafka, error) from error

    def _apply(self, side: Inbound, reader: KafkaReader, hints: HintSender) -> None:
        """Apply what the other side says, for as long as this process holds the lease."""
        shift = self.shift
        side.entropy = shift.entropy
        self._first.begin()
        if not side.assign():
            # A topic that nobody made yet holds nothing to hear.
            shift.board.tell(lag=0, anew=self._first.look(at_once=not shift.caught_up.is_set()))
            shift.caught_up.set()
            shift.ending.wait(IDLE_S)
            return
        if not self._redriven:
            self._tell(redrive_parked(side.store), hints)
            self._redriven = True
        while shift.may_apply.is_set() and not shift.ending.is_set():
            if time.monotonic() - self._looked_at > _TOPICS_S:
                self._looked_at = time.monotonic()
                side.check_topics()
            changed = side.step(POLL_S)
            shift.board.recovered("inbound")
            shift.board.tell(lag=0 if len(side.at_end) == len(side.places) else None)
            reached = side.reached(reader.ends)
            shift.board.tell(anew=self._first.look(at_once=reached and not shift.caught_up.is_set()))
            if reached:
                shift.caught_up.set()
            if changed:
                reach("C4")
            self._tell(changed, hints)
            if 0 < len(changed) < _FEW:
                shift.ending.wait(_GATHER_S)
        reader.unassign()

    def _tell(self, changed: frozenset[UUID], hints: HintSender) -> None:
        """Tell every desk of this role what changed, and the outbound thread that there may be something to say."""
        if changed:
            self.shift.nudged.set()
            hints.send(changed)
            self.shift.changed(changed)

    def _stand_by(self, watch: Watch, reader: KafkaReader) -> None:
        """Look on: how far is whoever holds the lease? Keeps the clients connected meanwhile."""
        shift = self.shift
        reader.listen()
        if time.monotonic() - self._looked_at > (_LOOK_ON_S if shift.caught_up.is_set() else _LOOK_S):
            lag = watch.behind()
            self._looked_at = time.monotonic()
            shift.board.tell(lag=lag, anew=self._first.look(at_once=lag == 0))
            shift.board.kafka_ok()
            shift.board.recovered("inbound")
            if lag == 0:
                shift.caught_up.set()
        shift.may_apply.wait(_LOOK_S)
