"""The drafts of a form, each kept in a file of its own from the first key on: esc, a crash and a lost database leave
it there, and no form ever touches the draft of another, of this desk or of a second one.
"""

import contextlib
import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4, uuid5

from uuid_utils.compat import uuid7

from paydesk.domain.payment_request import Terms

_BETWEEN = "+"
"""Divides a file's name from its draft's; no person's name has it there."""


@dataclass(slots=True)
class Draft:
    """What was typed so far, and what the ids are made from that make sending it twice one request."""

    fields: dict[str, str] = field(default_factory=dict)
    key: UUID = field(default_factory=uuid4)
    request_id: UUID = field(default_factory=uuid7)
    sent: Terms | None = None
    """The terms that were sent last to revise a request: they may be saved, where that did not end well."""

    @property
    def empty(self) -> bool:
        """Whether nothing was typed; the currency is filled in by the form."""
        return not any(value.strip() for name, value in self.fields.items() if name != "currency")

    def ids_for(self, content_hash: str) -> tuple[UUID, UUID]:
        """Return the key and the request's id with which this content is sent.

        They belong to what is sent: the same content again is one request, whichever desk sends it, and other content
        is another one, even where both began as this draft.
        """
        tail = hashlib.sha256(self.request_id.bytes + content_hash.encode()).digest()[9:16]
        return uuid5(self.key, content_hash), UUID(bytes=self.request_id.bytes[:9] + tail)


class DraftStore:
    """Files replaced at once, readable for their owner alone; without a path drafts are kept in memory.

    A draft that a form has open belongs to that form, on this desk or on another, until it lets go of it.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._memory: dict[UUID, Draft] = {}
        """What could not be written, or has no path to be written to."""
        self._open: dict[UUID, int] = {}
        """The drafts that forms of this desk have open, each with its lock."""

    def load(self) -> Draft | None:
        """Return the draft that was kept last and that no form has open, or None."""
        return next(iter(self.kept()), None)

    def kept(self) -> list[Draft]:
        """Return every draft that was kept and that no form has open, last kept first."""
        drafts = {draft.request_id: draft for draft in reversed(self._memory.values())}
        for path in self._files():
            draft = _read(path)
            if draft is not None and draft.request_id not in drafts and not self._is_taken(draft.request_id):
                drafts[draft.request_id] = draft
        return [draft for draft in drafts.values() if draft.request_id not in self._open]

    def take(self, draft: Draft) -> None:
        """Have a draft for a form alone, until ``let_go``."""
        if draft.request_id not in self._open:
            self._open[draft.request_id] = self._lock(draft.request_id)

    def let_go(self, draft: Draft) -> None:
        """Leave a draft to whoever resumes it."""
        lock = self._open.pop(draft.request_id, -1)
        if lock >= 0:
            with contextlib.suppress(OSError):
                self._lock_of(draft.request_id).unlink(missing_ok=True)
            os.close(lock)

    def save(self, draft: Draft) -> None:
        """Keep a draft. A full disk is no reason to stop typing: it stays in memory then."""
        self._memory.pop(draft.request_id, None)
        self._memory[draft.request_id] = draft
        if self._path is None:
            return
        content = {"fields": draft.fields, "key": str(draft.key), "request_id": str(draft.request_id)}
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            fresh = self._path.with_suffix(f".{os.getpid()}")
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
                json.dump(content, file)
            fresh.replace(self._file(draft.request_id))
            self._memory.pop(draft.request_id)

    def discard(self, draft: Draft) -> None:
        """Forget a draft."""
        self._memory.pop(draft.request_id, None)
        if self._path is None:
            return
        with contextlib.suppress(OSError):
            self._file(draft.request_id).unlink(missing_ok=True)
        before = _read(self._path)  # As the version before kept the one draft that it knew.
        if before is not None and before.request_id == draft.request_id:
            with contextlib.suppress(OSError):
                self._path.unlink(missing_ok=True)

    def _files(self) -> Iterator[Path]:
        """Yield the files of drafts, last kept first."""
        if self._path is None:
            return
        files = []
        with contextlib.suppress(OSError):
            for path in [*self._path.parent.glob(f"{_as_is(self._path.stem)}{_BETWEEN}*.json"), self._path]:
                with contextlib.suppress(OSError):
                    files.append((path.stat().st_mtime_ns, path))
        for _, path in sorted(files, reverse=True):
            yield path

    def _file(self, request_id: UUID) -> Path:
        assert self._path is not None
        return self._path.with_name(f"{self._path.stem}{_BETWEEN}{request_id.hex}.json")

    def _lock_of(self, request_id: UUID) -> Path:
        return self._file(request_id).with_suffix(".open")

    def _lock(self, request_id: UUID) -> int:
        """Return the lock of a draft, or -1 where there is none to be had: it is then as if this were the only desk."""
        if self._path is None:
            return -1
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.open(self._lock_of(request_id), os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(lock)
                return -1
            return lock
        return -1

    def _is_taken(self, request_id: UUID) -> bool:
        """Whether a form of another desk has a draft open; one that ended without a word has none."""
        try:
            lock = os.open(self._lock_of(request_id), os.O_RDWR)
        except OSError:
            return False
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
        else:
            return False
        finally:
            os.close(lock)


def _as_is(name: str) -> str:
    """Return a name as a pattern that fits that name alone."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)


def _read(path: Path) -> Draft | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        fields = {str(name): str(value) for name, value in content["fields"].items()}
        return Draft(fields, UUID(content["key"]), UUID(content["request_id"]))
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return None
