"""What one keystroke decides of several requests: which of the marked ones, and what became of each."""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never
from uuid import UUID, uuid4

from paydesk.domain.commands import ManagerCommand, decide, decision_on
from paydesk.domain.copy import RequestCopy
from paydesk.domain.decision import Cause
from paydesk.domain.errors import PaydeskError
from paydesk.domain.stale import explain_stale
from paydesk.infra.core.query import Result
from paydesk.manager.port import Executed, KeyedCommand, ManagerDesk, Spread

FIRST_S, MEASURED = 0.03, 10
"""What each is thought to take, until so many were done and tell what it is here."""


@dataclass(frozen=True, slots=True)
class NotDone:
    """A request that is not decided, and why."""

    number: str
    why: str

    def __str__(self) -> str:
        return self.why if self.why.startswith(self.number) else f"{self.number}: {self.why}"


@dataclass(frozen=True, slots=True)
class Plan:
    """Which of the marked requests are decided, as they were when they were marked, and which are skipped."""

    chosen: tuple[RequestCopy, ...]
    skipped: tuple[NotDone, ...]
    changed: frozenset[UUID]
    """Those whose terms are others than when they were marked: their marks go."""


def planned(
    marked: Sequence[RequestCopy],
    newest: Mapping[UUID, RequestCopy],
    person: str,
    cause: Cause | None,
    now: datetime,
) -> Plan:
    """Return what deciding the marked requests would do, by the rules that will decide about it.

    Args:
        marked: The requests as they were when they were marked.
        newest: By id, the requests as they are now.
        person: Who decides.
        cause: Why they are rejected; None: they are approved.
        now: The time.
    """
    chosen, skipped, changed = [], [], set()
    for copy in marked:
        known = newest.get(copy.id, copy)
        why = _why_not(copy, known, person, cause, now)
        if why:
            skipped.append(NotDone(known.number, why))
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
    if terms_seen(known) != terms_seen(seen) and not known.locked:
        return explain_stale(seen.request.terms, known.request).message
    command = decision_on(seen, person, cause)
    try:
        register = decide(command, known.request, known.decision, now, now, locked=known.locked)
    except PaydeskError as refusal:
        return refusal.message
    return "" if register is not None else f"{known.number} is {known.status} already, by you."


class NothingDone(Exception):
    """None of several commands was done: the batch holds the reasons."""


class Batch:
    """Commands of one keystroke, run in a thread one after the other; a screen may look on, and end it.

    What is held, ``hold_s`` seconds, is held longer by what the others will take: it is all sent at one time, so that
    the whole of it can be taken back.
    """

    def __init__(self, copies: Sequence[RequestCopy], commands: Sequence[ManagerCommand], hold_s: float = 0) -> None:
        """``commands``: one for each of ``copies``, in the same order."""
        self.copies = tuple(copies)
        self._commands = tuple(commands)
        self._hold_s = hold_s
        self._ending = threading.Event()
        self.reached = 0
        """How many were tried."""
        self.done: list[RequestCopy] = []
        """What was done, as it was afterwards."""
        self.failed: list[NotDone] = []
        self.first: PaydeskError | None = None
        """The first refusal."""

    def end(self) -> None:
        """Stop after the one that is under way."""
        self._ending.set()

    def run(self, desk: ManagerDesk) -> Result:
        """Run them; each has its own transaction and its own result. Raises ``NothingDone``."""
        try:
            for outcome in desk.execute_all(self._keyed()):
                match outcome:
                    case Executed():
                        self._note(outcome)
                    case Spread():
                        self.done += outcome.copies
                    case _:
                        assert_never(outcome)
        except PaydeskError as error:  # What was done cannot be read back.
            self.first = self.first or error
        if not self.done:
            raise NothingDone
        return Result(self.done[-1])

    def _keyed(self) -> Iterator[KeyedCommand]:
        begun = time.monotonic()
        for place, command in enumerate(self._commands):
            if self._ending.is_set():
                return
            mean_s = (time.monotonic() - begun) / place if place >= MEASURED else FIRST_S
            rest_s = mean_s * (len(self._commands) - place)
            yield KeyedCommand(uuid4(), command, self._hold_s + rest_s if self._hold_s else 0)

    def _note(self, executed: Executed) -> None:
        if executed.refusal is not None:
            self.first = self.first or executed.refusal
            self.failed.append(NotDone(self.copies[self.reached].number, executed.refusal.message))
            if executed.refusal.code == "server_down":
                self.end()  # The others would only wait for it, one by one.
        self.reached += 1
