"""The walk-through: the services of both desks do it; that a step happened is known by what both schemas stored."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from uuid_utils.compat import uuid7

from paydesk.cli.demo.stage import ASKS, DECIDES, HOLD_S, Stage, StepFailed
from paydesk.cli.demo.told import Told, told_by
from paydesk.contractor.desk import ContractorService
from paydesk.domain.decision import checked_cause
from paydesk.domain.payment_request import changed_terms, checked_terms
from paydesk.infra.core.health import Duty
from paydesk.infra.core.role import Role
from paydesk.infra.service import LiveSide
from paydesk.manager.desk import ManagerService

STEP_S = 20.0
"""How long a step may take before the demo gives up and names it."""
_LOOK_S = 0.02


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the walk: what happened, and how long it took by two stored timestamps."""

    words: str
    took_s: float | None = None
    between: str = ""


class Walk:
    """Both sides of one request."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.request_id: UUID = uuid7()
        self.asks = ContractorService(stage, ASKS)
        self.decides = ManagerService(stage, DECIDES, HOLD_S)

    def steps(self) -> Iterator[Step]:
        """Go the whole way. Raises ``StepFailed`` that names the step."""
        contractor, manager = self.stage.roles
        terms = checked_terms("1200", "EUR", "Logo design, August", reference="2026-081")
        cause = checked_cause("needs_info", "Which invoice is this for?")
        better = changed_terms(terms, amount="1250", description="Logo design, August, invoice 2026-081")
        with self._at_work():
            self.asks.request(uuid4(), self.request_id, terms)
            yield Step(f"{ASKS} requests {terms.money}: {terms.description}")
            yield from self._crossed(contractor, manager, 1, "the request")
            self.decides.reject(uuid4(), self.request_id, 1, terms.hash, cause)
            yield Step(f"{DECIDES} rejects it, held {HOLD_S:.0f} s: {cause.text}")
            yield from self._crossed(manager, contractor, 1, "the rejection")
            self.asks.revise(uuid4(), self.request_id, better)
            yield Step(f"{ASKS} revises it: {better.money}, {better.description}")
            yield from self._crossed(contractor, manager, 2, "the revision")
            self.decides.approve(uuid4(), self.request_id, 2, better.hash)
            yield Step(f"{DECIDES} approves revision 2; held {HOLD_S:.0f} s, so that it can be undone")
            yield from self._crossed(manager, contractor, 2, "the approval")
        if self.stage.broker_ended():
            raise StepFailed("The demo stopped at: the end. Apache Kafka ended while it ran.", "Run it again.")

    def _crossed(self, writer: Role, reader: Role, nth: int, what: str) -> Iterator[Step]:
        def sent() -> Told | None:
            told = told_by(self.stage, writer, reader, self.request_id)
            return told[nth - 1] if len(told) >= nth and told[nth - 1].published_at is not None else None

        def seen() -> Told | None:
            told = told_by(self.stage, writer, reader, self.request_id)[nth - 1]
            return told if told.seen_at else None

        found = self._until(f"{what} sent to Kafka", sent)
        held = f", {HOLD_S:.0f} s of it held" if writer is self.stage.roles[1] else ""
        yield Step("sent to Kafka", found.sent_after_s, f"said → in Kafka's log{held}")
        found = self._until(f"{what} seen by the {reader.name}'s side", seen)
        yield Step(f"seen by the {reader.name}'s side", found.seen_after_s, f"said → applied{held}")

    def _until(self, step: str, look: Callable[[], Any]) -> Any:
        until = time.monotonic() + STEP_S
        while not (found := look()):
            if self.stage.broker_ended():
                raise StepFailed(f"The demo stopped at: {step}. Apache Kafka ended.", "Run it again.")
            if time.monotonic() > until:
                raise StepFailed(f"The demo stopped at: {step}. It did not happen within {STEP_S:.0f} s.")
            time.sleep(_LOOK_S)
        return found

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        """Open both desks and have both workers at work; a first event would wait for them otherwise."""
        desks: tuple[LiveSide, LiveSide] = (self.asks, self.decides)
        try:
            for desk in desks:
                desk.open()
                desk.start(lambda _: None)
            for desk in desks:
                self._until(f"the {desk.role}'s worker at work", partial(_works, desk))
            yield
        finally:
            # Side by side: with the broker gone each takes seconds to give up.
            with ThreadPoolExecutor(len(desks)) as pool:
                list(pool.map(lambda desk: desk.close(), desks))


def _works(desk: LiveSide) -> bool:
    health = desk.health()
    return health.duty is Duty.WORKING and health.lag == 0
