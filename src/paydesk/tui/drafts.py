"""The draft of a form, kept in a file from the first key on: esc, a crash and a lost database leave it there."""

import contextlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

from uuid_utils.compat import uuid7


@dataclass(slots=True)
class Draft:
    """What was typed so far, and the ids that make sending it twice one request."""

    fields: dict[str, str] = field(default_factory=dict)
    key: UUID = field(default_factory=uuid4)
    request_id: UUID = field(default_factory=uuid7)

    @property
    def empty(self) -> bool:
        """Whether nothing was typed; the currency is filled in by the form."""
        return not any(value.strip() for name, value in self.fields.items() if name != "currency")


class DraftStore:
    """One draft in one file, replaced at once, readable for its owner alone; without a path it is kept in memory."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._kept: Draft | None = None
        if path is not None:
            self._kept = _read(path)

    def load(self) -> Draft | None:
        """Return the kept draft, or None."""
        return self._kept

    def save(self, draft: Draft) -> None:
        """Keep the draft. A full disk is no reason to stop typing: it stays in memory then."""
        self._kept = draft
        if self._path is None:
            return
        content = {"fields": draft.fields, "key": str(draft.key), "request_id": str(draft.request_id)}
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            fresh = self._path.with_suffix(f".{os.getpid()}")
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
                json.dump(content, file)
            fresh.replace(self._path)

    def discard(self) -> None:
        """Forget the draft."""
        self._kept = None
        if self._path is not None:
            with contextlib.suppress(OSError):
                self._path.unlink(missing_ok=True)


def _read(path: Path) -> Draft | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        fields = {str(name): str(value) for name, value in found["fields"].items()}
        return Draft(fields, UUID(found["key"]), UUID(found["request_id"]))
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return None
