"""What one keystroke decides of several requests: which of the marked ones, and what became of each."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from paydesk.domain import commands
from paydesk.domain.copy import RequestCopy
from paydesk.domain.decision import Cause
from paydesk.domain.errors import PaydeskError
from paydesk.domain.refusals import explain_stale
from paydesk.infra.core.query import Result
from paydesk.manager.port import ManagerDesk

AT_ONCE = 25
"""So many are done before everybody is told of them, and reads them again."""
FIRST_S, MEASURED = 0.03, 10
"""What each is thought to take, until so many were done and tell what it is here."""


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
    """Commands of one keystroke, run in a thread one after the other; a screen may look on, and end it.

    ``act`` also gets how many seconds the others will take: what is held longer by that is all sent at one time, so
    that the whole of it can be taken back.
    """

    def __init__(self, copies: Sequence[RequestCopy], act: Callable[[ManagerDesk, RequestCopy, float], None]) -> None:
        self.copies = tuple(copies)
        self._act = act
        self._ending = threading.Event()
        self.reached = 0
        """How many were tried."""
        self.done: list[RequestCopy] = []
        """What was done, as it was afterwards."""
        self.failed: list[Told] = []
        self.first: PaydeskError | None = None
        """The first refusal."""

    def end(self) -> None:
        """Stop after the one that is under way."""
        self._ending.set()

    def run(self, desk: ManagerDesk) -> Result:
        """Run them; each has its own transaction and its own result. Raises ``NothingDone``."""
        begun, some = time.monotonic(), []
        for place, copy in enumerate(self.copies):
            if self._ending.is_set():
                break
            each_s = (time.monotonic() - begun) / place if place >= MEASURED else FIRST_S
            try:
                self._act(desk, copy, each_s * (len(self.copies) - place))
                some.append(copy.id)
            except PaydeskError as error:
                self._refused(copy, error)
            self.reached += 1
            if len(some) == AT_ONCE:
                self._tell(desk, some)
                some = []
        self._tell(desk, some)
        if not self.done:
            raise NothingDone
        return Result(self.done[-1])

    def _refused(self, copy: RequestCopy, error: PaydeskError) -> None:
        self.first = self.first or error
        self.failed.append(Told(copy.number, error.message))
        if error.code == "server_down":
            self.end()  # The others would only wait for it, one by one.

    def _tell(self, desk: ManagerDesk, ids: Sequence[UUID]) -> None:
        try:
            self.done += desk.tell(ids) if ids else ()
        except PaydeskError as error:
            self.first = self.first or error
            self.end()
