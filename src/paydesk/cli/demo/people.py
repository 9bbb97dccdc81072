"""The simulated people: what they do next follows from both schemas, so a person may step in anywhere."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from uuid import UUID, uuid4

from uuid_utils.compat import uuid7

from paydesk.contractor.port import ContractorDesk
from paydesk.domain.commands import RequestPayment, RevisePayment, decision_on
from paydesk.domain.copy import RequestCopy
from paydesk.domain.decision import checked_cause
from paydesk.domain.duplicates import Alike
from paydesk.domain.payment_request import Terms, changed_terms, checked_terms
from paydesk.domain.status import DECIDABLE, WAITING, Status
from paydesk.infra.core.query import Result
from paydesk.manager.port import ManagerDesk

SUBJECTS = (
    ("1200", "EUR", "Logo design, August"),
    ("380.50", "EUR", "Icons for the price list, invoice 2026-082"),
    ("90000", "JPY", "東京 shop window, invoice 2026-083"),
    ("2150", "USD", "Trade fair booth, drawings"),
)
"""What the simulated contractor asks for, one after the other."""
READS_S = 4.0
"""How long a simulated person looks at what has arrived before acting on it."""
RESTS_S = 3.0
"""How long the simulated contractor waits before the first request, and before each next one."""
_WHICH = "Which invoice is this for?"
_NAMES_INVOICE = ", invoice 2026-{:03d}"
_MOST_REVISIONS = 3


class Act(Enum):
    """What a simulated side does."""

    ASK = "requests a payment"
    REVISE = "revises"
    REJECT = "rejects"
    APPROVE = "approves"


@dataclass(frozen=True, slots=True)
class Move:
    """One act, ``in_s`` seconds from now; ``copy`` is the request it is about, None for a new one."""

    act: Act
    in_s: float
    copy: RequestCopy | None = None
    nth: int = 0
    twin: str = ""
    """The number of another request that it looks like: rejected as a duplicate for that."""

    @property
    def role(self) -> str:
        """Who acts."""
        return "contractor" if self.act in (Act.ASK, Act.REVISE) else "manager"


class Since:
    """Remembers since when each request has stood as it does, as one side has it: the time a person had to read it."""

    def __init__(self) -> None:
        self._seen: dict[tuple[UUID, int, Status], datetime] = {}

    def note(self, copies: Iterable[RequestCopy], now: datetime) -> None:
        """Note what is there now; what is not there any more is forgotten, and read anew if it comes back."""
        keys = [_state(copy) for copy in copies]
        self._seen = {key: self._seen.get(key, now) for key in keys}

    def left(self, copy: RequestCopy, wait_s: float, now: datetime) -> float:
        """Return the seconds that are left of a wait; zero or less once it is over."""
        return wait_s - (now - self._seen.get(_state(copy), now)).total_seconds()

    def quiet_for(self, started_at: datetime, now: datetime) -> float:
        """Return the seconds since anything changed."""
        return (now - max([started_at, *self._seen.values()])).total_seconds()


def _state(copy: RequestCopy) -> tuple[UUID, int, Status]:
    return copy.id, copy.revision, copy.status


@dataclass(frozen=True, slots=True)
class Sides:
    """What both schemas hold, as the desks show it, and since when."""

    asked: Sequence[RequestCopy]
    inbox: Sequence[RequestCopy]
    asked_since: Since
    inbox_since: Since
    started_at: datetime
    alike: Mapping[UUID, Sequence[Alike]] = field(default_factory=dict)
    """Which of the inbox look like others."""


def next_move(sides: Sides, simulated: Collection[str], now: datetime) -> Move | None:
    """Return what a simulated side does next and when, or None while it is the person's turn, or all is done."""
    moves = []
    if "manager" in simulated:
        moves += [
            Move(
                Act.APPROVE if names_invoice(copy.request.terms) and not sides.alike.get(copy.id) else Act.REJECT,
                sides.inbox_since.left(copy, READS_S, now),
                copy,
                twin=next((other.number for other in sides.alike.get(copy.id, ())), ""),
            )
            for copy in sides.inbox
            if copy.status in DECIDABLE and copy.request is not None
        ]
    if "contractor" in simulated:
        moves += [
            Move(Act.REVISE, sides.asked_since.left(copy, READS_S, now), copy, nth=place)
            for place, copy in enumerate(sides.asked)
            if copy.status is Status.REJECTED and copy.revision < _MOST_REVISIONS
        ]
        if len(sides.asked) < len(SUBJECTS) and not _open(sides):
            rested = sides.asked_since.quiet_for(sides.started_at, now)
            moves.append(Move(Act.ASK, RESTS_S - rested, nth=len(sides.asked)))
    return min(moves, key=lambda move: move.in_s, default=None)


def finished(sides: Sides) -> bool:
    """Whether the simulated people have nothing left to do."""
    return len(sides.asked) >= len(SUBJECTS) and not _open(sides)


def _open(sides: Sides) -> bool:
    return any(
        copy.status in WAITING or (copy.status is Status.REJECTED and copy.revision < _MOST_REVISIONS)
        for copy in sides.asked
    )


def names_invoice(terms: Terms) -> bool:
    """Whether a request says which invoice it is for: what the simulated manager wants to know."""
    return terms.reference is not None or "invoice" in terms.description.lower()


def ask(move: Move, desk: ContractorDesk) -> Result:
    """Request or revise, as the person at the contractor's desk would. Raises what the desk raises."""
    copy = move.copy
    if copy is None or copy.terms is None:
        terms = checked_terms(*SUBJECTS[move.nth])
        return desk.execute(uuid4(), RequestPayment(uuid7(), desk.person, terms))
    if names_invoice(copy.terms):
        better = changed_terms(copy.terms, description=f"{copy.terms.description}, as agreed")
    else:
        better = changed_terms(copy.terms, description=copy.terms.description + _NAMES_INVOICE.format(81 + move.nth))
    return desk.execute(uuid4(), RevisePayment.to(copy.id, desk.person, better))


def decide(move: Move, desk: ManagerDesk) -> Result:
    """Approve or reject, as the person at the manager's desk would. Raises what the desk raises."""
    copy = move.copy
    assert copy is not None
    assert copy.request is not None
    if move.act is Act.APPROVE:
        return desk.execute(uuid4(), decision_on(copy, desk.person), desk.hold_s)
    code, note = ("duplicate", f"It looks like {move.twin}.") if move.twin else ("needs_info", _WHICH)
    return desk.execute(uuid4(), decision_on(copy, desk.person, checked_cause(code, note)), desk.hold_s)


YOURS_S = 30.0
"""How long after a person's last key at a desk its simulated person stays away."""


class Persons:
    """Which desks are the person's, and for how long still."""

    def __init__(self, roles: Sequence[str], now: Callable[[], datetime]) -> None:
        self._roles = roles
        self._now = now
        self._touched: dict[str, datetime] = {}
        self.paused = False

    def pause(self) -> None:
        """Hold the simulated people, or let both go on at once."""
        self.paused = not self.paused
        self._touched.clear()

    def touch(self, role: str) -> None:
        """Note that a person does something at this desk."""
        self._touched[role] = self._now()

    def keep(self, role: str) -> None:
        """Note that a person has something open at this desk; that alone does not take it from anyone."""
        if self.yours_for_s(role) is not None:
            self.touch(role)

    def yours_for_s(self, role: str) -> float | None:
        """Return for how many seconds a desk is still the person's, or None."""
        touched = self._touched.get(role)
        left = YOURS_S - (self._now() - touched).total_seconds() if touched is not None else 0
        return left if left > 0 else None

    @property
    def simulated(self) -> list[str]:
        """The roles whose simulated person acts now."""
        return [] if self.paused else [role for role in self._roles if self.yours_for_s(role) is None]
