"""How a person left a desk: look, and for every stack order, filter and pane; and whether the first hint was seen."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from paydesk.domain.filter_text import FilterError, parse_filter
from paydesk.domain.filters import Filter
from paydesk.infra.core.query import Sort
from paydesk.tui.kept_file import keep, read_kept


@dataclass(frozen=True, slots=True)
class KeptFiles:
    """The files of what stays of one person's desk; None: it is not kept."""

    filters: Path | None = None
    """The filters that were asked for last."""
    view: Path | None = None
    """How the desk was left."""


class KeptView:
    """The file of one person in one role; without a path nothing is kept, and no hint is due."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._hinted = path is None or self._read().get("hinted") is True

    @property
    def theme(self) -> str:
        """The look that was chosen last, or an empty string."""
        found = self._read().get("theme")
        return found if isinstance(found, str) else ""

    @property
    def hint_due(self) -> bool:
        """Whether this person never used a desk of this role."""
        return not self._hinted

    def hinted(self) -> None:
        """Note that the hint was seen: it never comes again."""
        self._hinted = True
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


def _mapping(found: object) -> Mapping[str, object]:
    return found if isinstance(found, dict) else {}


def as_left(kept: Mapping[str, object]) -> tuple[Sort | None, Filter | None]:
    """Return the order and the filter that were kept, or None; what cannot be read is not taken."""
    sort, found = None, None
    try:
        sort = Sort(str(kept["sort"])) if kept.get("sort") else None
        found = parse_filter(str(kept["filter"])) if "filter" in kept else None
    except (ValueError, FilterError) as error:
        logging.getLogger("paydesk.screen").warning("the list is not shown as it was left: %s", error)
    return sort, found
