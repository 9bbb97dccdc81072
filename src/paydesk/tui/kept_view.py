"""How a person left a desk: look, and for every stack order, filter and pane; and whether the first hint was seen."""

from collections.abc import Mapping
from pathlib import Path

from paydesk.tui.kept_file import keep, read_kept


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
