"""What a command line has committed: from a commit on, whatever fails ends as number, key, and exit code 10 or 0."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import partial
from shlex import quote
from typing import TYPE_CHECKING
from uuid import UUID

import click

from paydesk.cli.ending import EndedBySignal

if TYPE_CHECKING:
    from paydesk.infra.core.errors import OutcomeUnknown

_TELL_FOR_THEMSELVES = ("some_failed", "still_refused")
"""Refusals that are raised after a commit, and say truly what became of it."""
_MOST_NAMES = 100


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str = ""
    sure: bool = False
    reported: bool = False


class Saved:
    """The commits of one command line, and which are reported; meets ``infra.postgres.storage.CommitWatch``."""

    def __init__(self) -> None:
        self.key = ""
        """The key by which a person runs the same command again."""
        self.finished = False
        """Everything that was asked for was done or refused; only closing is left."""
        self._entries: dict[UUID, _Entry] = {}
        self._names: dict[UUID, str] = {}
        self._paused = False

    # The watch of commits.

    @contextmanager
    def committing(self, request_id: UUID, number: str | None) -> Iterator[Callable[[], None]]:
        """Surround the commit of a command about this request; gives what to call where it is rolled back."""
        if self._paused:
            yield lambda: None
            return
        if number:
            self._names[request_id] = number
        # Committed twice in one run, it is at least as sure as before.
        self._entries[request_id] = replace(self._entries.get(request_id, _Entry()), reported=False)
        yield partial(self._rolled_back, request_id)
        self._entries[request_id] = replace(self._entries[request_id], sure=True)

    def _rolled_back(self, request_id: UUID) -> None:
        if not self._entries[request_id].sure:
            del self._entries[request_id]

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Leave commits out meanwhile: they keep a note, and nothing of what a person asked for."""
        self._paused = True
        try:
            yield
        finally:
            self._paused = False

    # What a person knows.

    def called(self, request_id: UUID, name: str) -> None:
        """Note what a person calls it."""
        self._names[request_id] = name

    def mark_reported(self, request_id: UUID) -> None:
        """Note that a person, or a program, learned what became of it."""
        if request_id in self._entries:
            self._entries[request_id] = replace(self._entries[request_id], reported=True)

    def mark_all_reported(self) -> None:
        """Note that all so far was reported."""
        for request_id in self._entries:
            self.mark_reported(request_id)

    @property
    def complete(self) -> bool:
        """Whether all that was asked for was done and reported, so that nothing that fails now matters."""
        return self.finished and bool(self._entries) and all(entry.reported for entry in self._entries.values())

    @property
    def names(self) -> list[str]:
        """What was saved, as a person calls it."""
        return [self._name(request_id) for request_id in self._entries]

    @property
    def nameless(self) -> list[UUID]:
        """What was saved, and has no number yet as far as is known."""
        return [request_id for request_id in self._entries if request_id not in self._names]

    def _name(self, request_id: UUID) -> str:
        return self._names.get(request_id) or f"…{request_id.hex[-6:]}"

    def truth_of_unreported(self, error: BaseException, only: UUID | None = None) -> "OutcomeUnknown | None":
        """Return ``truth`` where something that was saved, or this one of it, is not reported yet, else None."""
        return self.truth(error, only) if self._unreported(only) else None

    def _unreported(self, only: UUID | None) -> list[UUID]:
        return [about for about, entry in self._entries.items() if not entry.reported and only in (None, about)]

    def truth(self, error: BaseException, only: UUID | None = None) -> "OutcomeUnknown | None":
        """Return what is to be told instead of an error that came after a commit, or None where none was before it.

        ``only``: of this one alone.
        """
        from paydesk.infra.core.errors import OutcomeUnknown

        unreported = self._unreported(only)
        for_itself = getattr(error, "code", "") in _TELL_FOR_THEMSELVES
        reported_already = isinstance(error, OutcomeUnknown) and "saved" in error.facts
        if not self._entries or (for_itself and not unreported) or reported_already:
            return None
        sure = [self._name(about) for about in unreported if self._entries[about].sure]
        unsure = [self._name(about) for about in unreported if not self._entries[about].sure]
        parts = []
        if sure:
            parts.append(f"{_listed(sure)} {'is' if len(sure) == 1 else 'are'} saved")
        if unsure:
            parts.append(f"it is not known whether {_listed(unsure)} {'is' if len(unsure) == 1 else 'are'} saved")
        if not unreported:
            parts.append(f"what is told above is saved ({len(self._entries)})")
        state = "; ".join(parts)
        hint = f"Run the same command again with --key {quote(self.key)}: it has one effect."
        message = f"{state[:1].upper()}{state[1:]}, and then {_why(error)}."
        return OutcomeUnknown(message, hint, key=self.key, saved=sure, unknown=unsure)


def _listed(names: list[str]) -> str:
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more:,} more" if more > 0 else "")


def _why(error: BaseException) -> str:
    """Return what happened, as the end of a sentence."""
    if isinstance(error, KeyboardInterrupt | click.Abort | EndedBySignal):
        return "it was interrupted"
    if isinstance(error, BrokenPipeError | SystemExit):
        return "nobody read the result"
    if isinstance(error, OSError):
        return f"the system refused ({error.strerror or type(error).__name__})"
    message = getattr(error, "message", None)
    if isinstance(message, str) and isinstance(getattr(error, "code", None), str):
        return f"this happened: {message.rstrip('.')}"
    return f"something went wrong ({type(error).__name__})"


_current: ContextVar[Saved | None] = ContextVar("saved", default=None)


def current() -> Saved:
    """Return what this command line has saved so far."""
    saved = _current.get()
    if saved is None:
        saved = Saved()
        _current.set(saved)
    return saved


@contextmanager
def recorded() -> Iterator[Saved]:
    """Begin a command line: what it commits is recorded from here."""
    saved = Saved()
    token = _current.set(saved)
    try:
        yield saved
    finally:
        _current.reset(token)
