"""The script of the demo: the services of both desks do each step; that it happened is known by what both stored."""

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
from paydesk.cli.demo.story import StoredEvent, events_of, took
from paydesk.contractor.service import ContractorService
from paydesk.domain.commands import Approve, Reject, RequestPayment, RevisePayment
from paydesk.domain.copy import RequestCopy
from paydesk.domain.decision import checked_cause
from paydesk.domain.payment_request import changed_terms, checked_terms
from paydesk.infra.core.health import Duty
from paydesk.infra.core.role import Role
from paydesk.infra.postgres.connection import connect
from paydesk.infra.postgres.read import queries
from paydesk.infra.service import DeskService
from paydesk.manager.service import ManagerService

STEP_S = 20.0
"""How long a step may take before the demo gives up and names it."""
_POLL_S = 0.02


@dataclass(frozen=True, slots=True)
class NarratedStep:
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

    def steps(self) -> Iterator[NarratedStep]:
        """Go the whole way. Raises ``StepFailed`` that names the step."""
        contractor, manager = self.stage.roles
        terms = checked_terms("1200", "EUR", "Logo design, August", reference="2026-081")
        cause = checked_cause("needs_info", "Which invoice is this for?")
        better = changed_terms(terms, amount="1250", description="Logo design, August, invoice 2026-081")
        with self._at_work():
            self.asks.execute(uuid4(), RequestPayment(self.request_id, ASKS, terms))
            yield NarratedStep(f"{ASKS} requests {terms.money}: {terms.description}")
            yield from self._crossed(contractor, manager, 1, "the request")
            self.decides.execute(uuid4(), Reject(self.request_id, DECIDES, 1, terms.hash, cause), HOLD_S)
            yield NarratedStep(f"{DECIDES} rejects it, held {HOLD_S:.0f} s: {cause.text}")
            yield from self._crossed(manager, contractor, 1, "the rejection")
            self.asks.execute(uuid4(), RevisePayment.to(self.request_id, ASKS, better))
            yield NarratedStep(f"{ASKS} revises it: {better.money}, {better.description}")
            yield from self._crossed(contractor, manager, 2, "the revision")
            self.decides.execute(uuid4(), Approve(self.request_id, DECIDES, 2, better.hash), HOLD_S)
            yield NarratedStep(f"{DECIDES} approves revision 2; held {HOLD_S:.0f} s, so that it can be undone")
            yield from self._crossed(manager, contractor, 2, "the approval")
        if self.stage.broker_ended():
            raise StepFailed("The demo stopped at: the end. Apache Kafka ended while it ran.", "Run it again.")

    def _crossed(self, writer: Role, reader: Role, nth: int, name: str) -> Iterator[NarratedStep]:
        def sent() -> StoredEvent | None:
            events = events_of(self.stage, writer, reader, self.request_id)
            return events[nth - 1] if len(events) >= nth and events[nth - 1].published_at is not None else None

        def seen() -> StoredEvent | None:
            event = events_of(self.stage, writer, reader, self.request_id)[nth - 1]
            return event if event.seen_at else None

        event = self._until(f"{name} sent to Kafka", sent)
        held = f", {HOLD_S:.0f} s of it held" if writer is self.stage.roles[1] else ""
        yield NarratedStep("sent to Kafka", event.sent_after_s, f"said → in Kafka's log{held}")
        event = self._until(f"{name} seen by the {reader.name}'s side", seen)
        yield NarratedStep(f"seen by the {reader.name}'s side", event.seen_after_s, f"said → applied{held}")

    def _until(self, step: str, look: Callable[[], Any]) -> Any:
        until = time.monotonic() + STEP_S
        while not (event := look()):
            if self.stage.broker_ended():
                raise StepFailed(f"The demo stopped at: {step}. Apache Kafka ended.", "Run it again.")
            if time.monotonic() > until:
                raise StepFailed(f"The demo stopped at: {step}. It did not happen within {STEP_S:.0f} s.")
            time.sleep(_POLL_S)
        return event

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        """Open both desks and have both workers at work; a first event would wait for them otherwise."""
        desks: tuple[DeskService, DeskService] = (self.asks, self.decides)
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


def _works(desk: DeskService) -> bool:
    health = desk.health()
    return health.duty is Duty.WORKING and health.lag == 0


# Without a terminal: the same, line by line, then what both schemas and Kafka hold.


def narrate(stage: Stage, say: Callable[[str], object]) -> None:
    """Tell the whole way of one request. Raises ``StepFailed`` that names the step that did not happen."""
    say("paydesk demo: one payment request, all the way, on servers of its own.")
    say(f"They run in {stage.home}, which is deleted at the end.")
    say("")
    stage.wait_until_ready(lambda notice: say(f"   {notice}"))
    broker = (
        "a broker in memory (Apache Kafka cannot be had here), open to any login of this machine"
        if stage.memory_broker
        else "Apache Kafka"
    )
    say(f"   PostgreSQL, Valkey and {broker} are ready after {stage.ready_after_s:.1f} s.")
    say("")
    walk = Walk(stage)
    number = 0
    for step in walk.steps():
        if step.took_s is None:
            number += 1
            say(f"{number}. {step.words}")
        else:
            say(f"   {step.words:<30}{took(step.took_s):>9}   {step.between}")
    say("")
    _tell_rows(stage, walk, say)
    say("")
    _tell_offsets(stage, walk, say)
    say("")
    say("Each time is the difference of two stored timestamps: said = outbox.said_at,")
    say("in Kafka's log = outbox.published_at, applied = inbox.heard_at of the other side's schema.")
    memory, disk = stage.memory() >> 20, stage.disk() >> 20
    say(f"The servers held {memory} MB of memory and {disk} MB of disk; both are free again when this ends.")


def _tell_rows(stage: Stage, walk: Walk, say: Callable[[str], object]) -> None:
    say(f"{'schema':<12}{'number':<10}{'status':<11}{'revision':<10}{'amount':<15}{'registers (versions)'}")
    copies = []
    for role in stage.roles:
        with connect(stage.url(role), role.name) as connection:
            copy = queries.get(connection, walk.request_id)
        copies.append(copy)
        money = str(copy.terms.money) if copy.terms else ""
        request, decision = _versions(copy)
        line = f"{role.name:<12}{copy.number:<10}{copy.status:<11}{copy.revision:<10}{money:<15}"
        say(f"{line}request {request}, decision {decision}")
    mine, theirs = copies
    if (mine.request, mine.decision) != (theirs.request, theirs.decision):
        raise StepFailed("The demo stopped at: both schemas equal. They are not.", "This is a defect of paydesk.")
    say("Both schemas hold the same registers.")


def _versions(copy: RequestCopy) -> tuple[int, int]:
    return (copy.request.version if copy.request else 0), (copy.decision.version if copy.decision else 0)


def _tell_offsets(stage: Stage, walk: Walk, say: Callable[[str], object]) -> None:
    say(f"{'Kafka topic':<34}{'partition':<11}{'offset':<8}{'event'}")
    contractor, manager = stage.roles
    for role, reader in ((contractor, manager), (manager, contractor)):
        for event in events_of(stage, role, reader, walk.request_id):
            say(f"{event.topic:<34}{event.partition!s:<11}{event.offset!s:<8}{event.type}")
    for role in stage.roles:
        with connect(stage.url(role), role.name) as connection:
            rows = connection.execute("SELECT topic, partition, next_offset FROM position").fetchall()
        for topic, partition, offset in rows:
            say(f"The {role.name}'s side reads {topic}/{partition} next at offset {offset}.")
