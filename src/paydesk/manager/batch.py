"""What one keystroke decides of several requests: which of the marked ones, and what became of each."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from paydesk.domain import commands
from paydesk.domain.copy import RequestCopy
from paydesk.domain.decision import Cause
from paydesk.domain.errors import PaydeskError
from paydesk.domain.refusals import explain_stale
from paydesk.infra.pages import Result
from paydesk.manager.port import ManagerDesk


@dataclass(frozen=True, slots=True)
class Told:
    """A request that is not decided, and why."""

    number: str
    why: str

    def __str__(self) -> str:
        return self.why if self.why.startswith(self.number) else f"{self.number}: {self.why}"


@dataclass(frozen=True, slots=True)
class Plan:
    """Which of the marked requests are decided, as they were when they were marked, and which are skipped."""

    chosen: tuple[RequestCopy, ...]
    skipped: tuple[Told, ...]
    changed: frozenset[UUID]
    """Those whose terms are others than when they were marked: their marks go."""


def planned(
    marked: Sequence[RequestCopy],
    newest: Mapping[UUID, RequestCopy],
    person: str,
    cause: Cause | None,
    now: datetime,
) -> Plan:
    """Return what deciding the marked requests would do, by the rules that will decide about it."""
    chosen, skipped, changed = [], [], set()
    for copy in marked:
        known = newest.get(copy.id, copy)
        why = _why_not(copy, known, person, cause, now)
        if why:
            skipped.append(Told(known.number, why))
        else:
            chosen.append(copy)
        if terms_seen(copy) != terms_seen(known):
            changed.add(copy.id)
    return Plan(tuple(chosen), tuple(skipped), frozenset(changed))


def terms_seen(copy: RequestCopy) -> tuple[int, str]:
    """Return the revision and the hash of the terms that a decision about this copy is about."""
    return (copy.request.revision, copy.request.terms.hash) if copy.request else (0, "")


def _why_not(seen: RequestCopy, known: RequestCopy, person: str, cause: Cause | None, now: datetime) -> str:
    """Return why deciding what was seen would be refused or change nothing; empty where it would be done."""
    if known.request is None or seen.request is None:
        return "The request itself has not arrived here yet."
    revision, digest = terms_seen(seen)
    if terms_seen(known) != (revision, digest) and not known.locked:
        return explain_stale(seen.request.terms, known.request).message
    asked, decided, locked = known.request, known.decision, known.locked
    try:
        if cause is None:
            approve = commands.Approve(known.id, person, revision, digest)
            register = commands.approve(approve, asked, decided, now, now, locked=locked)
        else:
            reject = commands.Reject(known.id, person, revision, digest, cause)
            register = commands.reject(reject, asked, decided, now, now, locked=locked)
    except PaydeskError as refusal:
        return refusal.message
    return "" if register is not None else f"{known.number} is {known.status} already, by you."


class NothingDone(Exception):
    """None of several commands was done: the batch holds the reasons."""


class Batch:
    """Commands of one keystroke, run in a thread one after the other; a screen may look on, and end it."""

    def __init__(self, copies: Sequence[RequestCopy], act: Callable[[ManagerDesk, RequestCopy], Result]) -> None:
        self.copies = tuple(copies)
        self._act = act
        self._ending = threading.Event()
        self.done: list[Result] = []
        self.failed: list[Told] = []
        self.first: PaydeskError | None = None
        """The first refusal."""

    @property
    def reached(self) -> int:
        """How many were tried."""
        return len(self.done) + len(self.failed)

    def end(self) -> None:
        """Stop after the one that is under way."""
        self._ending.set()

    def run(self, desk: ManagerDesk) -> Result:
        """Run them; each has its own transaction and its own result. Raises ``NothingDone``."""
        for copy in self.copies:
            if self._ending.is_set():
                break
            try:
                self.done.append(self._act(desk, copy))
            except PaydeskError as error:
                self.first = self.first or error
                self.failed.append(Told(copy.number, error.message))
                if error.code == "server_down":
                    self.end()  # The others would only wait for it, one by one.
        if not self.done:
            raise NothingDone
        return self.done[-1]
