"""What a person chose and how a desk was left, in small files of the state folder between starts: look, and for every
stack order, filter and pane; whether the first tip was seen; and the filters that were used last.
"""

import json
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from paydesk.domain.filter_text import FilterError, parse_filter
from paydesk.domain.filters import Filter
from paydesk.infra.core.query import Sort

log = logging.getLogger("paydesk.screen")

_MAX_FILTERS = 20
"""So many filters are kept."""


def read_kept(path: Path | None) -> object:
    """Return what is kept, or None. A broken file is no reason not to work: it is not taken, and told in the log."""
    if path is None or not path.is_absolute():
        return None
    try:
        value: object = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        log.warning("%s cannot be read and is not taken: %s", path, error)
        return None
    return value


def keep(path: Path | None, value: object) -> None:
    """Keep a value, in place of the old one at once. A full disk is no reason not to work: it is forgotten then.

    So it is for a login that has no folder of its own.
    """
    if path is None or not path.is_absolute():
        return
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{os.getpid()}")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(value, file)
        fresh.replace(path)
    except OSError as error:
        log.warning("%s cannot be written: %s", path, error)


@dataclass(frozen=True, slots=True)
class KeptFiles:
    """The files of what stays of one person's desk; None: it is not kept."""

    filters: Path | None = None
    """The filters that were asked for last."""
    view: Path | None = None
    """How the desk was left."""
    draft: Path | None = None
    """What was written and not sent."""


class KeptView:
    """The file of one person in one role; without a path nothing is kept, and no tip is due."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._tip_seen = path is None or self._read().get("hinted") is True

    @property
    def theme(self) -> str:
        """The look that was chosen last, or an empty string."""
        name = self._read().get("theme")
        return name if isinstance(name, str) else ""

    @property
    def tip_due(self) -> bool:
        """Whether this person never used a desk of this role."""
        return not self._tip_seen

    def tip_was_seen(self) -> None:
        """Note that the tip was seen: it never comes again."""
        self._tip_seen = True
        self._change({"hinted": True})

    def keep_theme(self, name: str) -> None:
        """Keep the look."""
        self._change({"theme": name})

    def of(self, stack: str) -> Mapping[str, object]:
        """Return what was kept for a stack."""
        return _mapping(_mapping(self._read().get("stacks")).get(stack))

    def keep(self, stack: str, **chosen: object) -> None:
        """Keep what was chosen on a stack; what another desk kept meanwhile stays."""
        stacks = dict(_mapping(self._read().get("stacks")))
        stacks[stack] = {**_mapping(stacks.get(stack)), **chosen}
        self._change({"stacks": stacks})

    def _read(self) -> Mapping[str, object]:
        return _mapping(read_kept(self._path))

    def _change(self, changed: Mapping[str, object]) -> None:
        keep(self._path, {**self._read(), **changed})


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def as_left(kept: Mapping[str, object]) -> tuple[Sort | None, Filter | None]:
    """Return the order and the filter that were kept, or None; what cannot be read is not taken."""
    sort, filter_left = None, None
    try:
        sort = Sort(str(kept["sort"])) if kept.get("sort") else None
        filter_left = parse_filter(str(kept["filter"])) if "filter" in kept else None
    except (ValueError, FilterError) as error:
        log.warning("the list is not shown as it was left: %s", error)
    return sort, filter_left


class LastFilters:
    """Newest last; without a path they are kept in memory."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self.typed = _filters(path)

    def add(self, typed: str) -> None:
        """Remember a filter. A full disk is no reason not to filter: it is remembered in memory then."""
        self.typed = [*(text for text in self.typed if text != typed), typed][-_MAX_FILTERS:]
        keep(self._path, self.typed)


def _filters(path: Path | None) -> list[str]:
    kept = read_kept(path)
    return [text for text in kept if isinstance(text, str)][-_MAX_FILTERS:] if isinstance(kept, list) else []
