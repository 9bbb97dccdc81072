"""The filters that were used last, kept in a file of the state folder between starts."""

import contextlib
import json
import os
from pathlib import Path

_MOST = 20


class LastFilters:
    """Newest last; without a path they are kept in memory."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self.typed = _read(path) if path is not None else []

    def add(self, typed: str) -> None:
        """Remember a filter. A full disk is no reason not to filter: it is remembered in memory then."""
        self.typed = [*(each for each in self.typed if each != typed), typed][-_MOST:]
        if self._path is None:
            return
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            fresh = self._path.with_suffix(f".{os.getpid()}")
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                json.dump(self.typed, file)
            fresh.replace(self._path)


def _read(path: Path) -> list[str]:
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return []
    return [each for each in found if isinstance(each, str)][-_MOST:] if isinstance(found, list) else []
