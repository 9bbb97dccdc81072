"""What one side knows of one request, built from its own schema; screens and command line show the same."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from paydesk.domain.ageing import NOTHING_WAITS, Ageing
from paydesk.domain.decision import DecisionRegister
from paydesk.domain.events import DECISION_TYPES, MANAGER_TYPES, REQUEST_TYPES
from paydesk.domain.money import Money
from paydesk.domain.payment_request import RequestRegister, Terms, called, describe_changes
from paydesk.domain.standing import standing_terms, status
from paydesk.domain.status import FIXES_TERMS, WAITING, Status


class Delivery(StrEnum):
    """How far this side's last word on a request has come."""

    UNCONFIRMED = "unconfirmed"
    HELD = "held"
    QUEUED = "queued"
    SENT = "sent"
    DECIDED = "decided"
    RECEIVED = "received"


@dataclass(frozen=True, slots=True)
class RequestCopy:
    """One request as one side knows it; either register may be missing for a while."""

    id: UUID
    request: RequestRegister | None
    decision: DecisionRegister | None
    delivery: Delivery
    hold_until: datetime | None = None
    locked: bool = False
    locked_why: str = ""
    """Why only a person can settle it, as this side knows."""
    settled: bool = False
    """This side has noted how persons settled it; it stays locked."""

    overdue: bool = False
    """The hold ran out in a schema restored from a copy: it is kept until who decided says to send it or undoes it."""

    @property
    def status(self) -> Status:
        """What a person sees."""
        return status(self.request, self.decision)

    @property
    def terms(self) -> Terms | None:
        """The terms that count."""
        return standing_terms(self.request, self.decision)

    @property
    def revision(self) -> int:
        """The revision that counts: the accepted one, else the newest known."""
        decision = self.decision
        if (
            decision is not None
            and decision.revision is not None
            and (decision.outcome in FIXES_TERMS or self.request is None)
        ):
            return decision.revision
        return self.request.revision if self.request is not None else 0

    @property
    def number(self) -> str:
        """The human number, or ``…`` and the last six of the id while there is none."""
        return called(self.request.number if self.request is not None else None, self.id)

    @property
    def contractor(self) -> str:
        """Who asked, or an empty string while the request register is missing."""
        return self.request.contractor if self.request is not None else ""

    @property
    def partial(self) -> bool:
        """Whether only a decision about it is known here: the request itself has not come in yet."""
        return self.request is None

    @property
    def rejected_before(self) -> DecisionRegister | None:
        """The decision that rejected an earlier revision of a request that waits again; None where there is none."""
        waits = self.status in WAITING
        return self.decision if waits and self.decision is not None and self.decision.cause is not None else None

    @property
    def lapsed(self) -> bool:
        """Whether a revision or a withdrawal came after acceptance."""
        if self.request is None or self.decision is None or self.decision.outcome not in FIXES_TERMS:
            return False
        return self.request.withdrawal_asked or self.request.revision != self.decision.revision


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a request's timeline."""

    at: datetime
    kind: str
    actor: str | None
    revision: int | None
    text: str
    money: Money | None = None
    delivered_at: datetime | None = None
    terms: Terms | None = None
    """What it asked for, or decided about."""
    received_at: datetime | None = None
    """When this side received what the other published, by this side's clock; ``at`` is by the writer's clock."""
    version: int | None = None
    """Which of its writer's events it is."""
    place: datetime | None = None
    """Where it stands among the steps: ``at``, or later where a clock went back or two clocks differ."""


HELD_STEP = "held"
"""The step of a decision that is not sent yet."""
REQUEST_STEPS = frozenset(kind.fact for kind in REQUEST_TYPES)
"""Steps that the contractor's side states."""
DECISION_STEPS = frozenset(kind.fact for kind in DECISION_TYPES) | {HELD_STEP}
"""Steps that the manager's side states."""
MANAGER_STEPS = frozenset(kind.fact for kind in MANAGER_TYPES) | {HELD_STEP}
"""Those of them that a manager decides, and not the program."""


def in_order(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Return steps in the order in which they can have happened, each with its place.

    Events of one writer stand in the order of their versions, and a decision behind the revision that it is about,
    whatever the clocks say that each of them bears; the rest goes by its time.
    """
    steps, asked = list(steps), dict[int, datetime]()
    unversioned = [step for step in steps if step.version is None or step.kind not in REQUEST_STEPS | DECISION_STEPS]
    placed = [replace(step, place=step.at) for step in unversioned]
    events = [step for step in steps if step.version is not None and step.kind in REQUEST_STEPS | DECISION_STEPS]
    for kinds in (REQUEST_STEPS, DECISION_STEPS):
        least: datetime | None = None
        for step in sorted((step for step in events if step.kind in kinds), key=lambda step: step.version or 0):
            after = [moment for moment in (least, asked.get(step.revision or 0)) if moment is not None]
            least = max([step.at, *after])
            if kinds is REQUEST_STEPS:
                asked.setdefault(step.revision or 0, least)
            placed.append(replace(step, place=least))
    # A confirmed withdrawal bears the moment at which it was asked for.
    return tuple(sorted(placed, key=lambda step: (step.place or step.at, _turn(step), step.version or 0)))


def _turn(step: Step) -> int:
    """Return which of several steps of one moment comes first."""
    if step.kind in REQUEST_STEPS:
        return 0
    return 2 if step.kind in DECISION_STEPS - MANAGER_STEPS else 1


@dataclass(frozen=True, slots=True)
class RequestDetail:
    """A copy and its timeline, oldest first."""

    copy: RequestCopy
    timeline: tuple[Step, ...]

    def lapsed(self, step: Step) -> bool:
        """Whether a step came to nothing, as what stood before it was accepted."""
        decision = self.copy.decision
        if not self.copy.lapsed or decision is None or decision.revision is None:
            return False
        revision = step.revision or 0
        return (step.kind == "revised" and revision > decision.revision) or (
            step.kind == "withdrawal_requested" and revision >= decision.revision
        )

    def changed_since_rejection(self) -> list[str] | None:
        """Return what a request that waits asks for otherwise than what was rejected of it; None where nothing was,
        or where that is not known here.
        """
        decision, terms = self.copy.decision, self.copy.terms
        if self.copy.rejected_before is None or decision is None or terms is None:
            return None
        rejected = [
            step.terms for step in self.timeline if step.terms is not None and step.revision == decision.revision
        ]
        return describe_changes(rejected[-1], terms) if rejected else None

    def changes(self) -> list[tuple[Step, list[str]]]:
        """Return the steps, each with what it changed: a revision's differences from the terms before it."""
        changes: list[tuple[Step, list[str]]] = []
        before: Terms | None = None
        for step in self.timeline:
            revised = step.kind == "revised" and step.terms is not None and before is not None
            changes.append((step, describe_changes(before, step.terms) if revised else []))  # type: ignore[arg-type]
            if step.kind in ("requested", "revised"):
                before = step.terms
        return changes


@dataclass(frozen=True, slots=True)
class StatusTotal:
    """How many requests have a status, their sums per currency, and the ages of those that wait."""

    status: Status
    count: int
    sums: tuple[Money, ...]
    ageing: Ageing = NOTHING_WAITS
