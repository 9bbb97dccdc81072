"""The palette's entries: what the keys of a screen do and the looks, each on one line, its key or its help first."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from textual.app import App
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from paydesk.tui.keys.names import in_order
from paydesk.tui.keys.port import KeyApp
from paydesk.tui.themes import THEMES, short_name

_THEME_WORDS = "theme colour color scheme"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that can be done, and the key that does it (empty: none does)."""

    key: str
    does: str
    run: Callable[[], Awaitable[None] | None]
    also: str = ""
    """Other words by which people look for it."""

    def line(self, cells: int, does: Content | None = None) -> Content:
        """Return it as one line, the key in so many cells."""
        return Content.assemble((f"{self.key:<{cells}}  ", "$accent"), does or Content(self.does))


async def _unless_unseen(app: App[object], action: str, node: Any) -> None:
    """Do what a key does, unless that is about a row which is not on the screen."""
    if not cast(KeyApp, app).acts_unseen(action):
        await app.run_action(action, node)


class DeskCommands(Provider):
    """Textual's own would take two lines for each, and offer looks that are not this program's."""

    async def discover(self) -> Hits:
        """Yield everything, in the order of the keys."""
        entries = self._entries()
        cells = max(len(entry.key) for entry in entries)
        for entry in entries:
            yield DiscoveryHit(entry.line(cells), entry.run, entry.does)

    async def search(self, query: str) -> Hits:
        """Yield what fits the words that are typed."""
        matcher, entries = self.matcher(query), self._entries()
        cells = max(len(entry.key) for entry in entries)
        for entry in entries:
            if (score := matcher.match(entry.does)) > 0:
                yield Hit(score, entry.line(cells, matcher.highlight(entry.does)), entry.run, entry.does)
            elif (score := matcher.match(entry.also)) > 0:
                yield Hit(score, entry.line(cells), entry.run, entry.does)

    def _entries(self) -> list[Entry]:
        """Return what the keys of the screen underneath do, built from its bindings, and then the looks."""
        show_theme = cast(KeyApp, self.app).show_theme
        entries: list[Entry] = []
        for active in in_order(self.screen):
            binding = active.binding
            if binding.system or not binding.description or "palette" in (binding.id or ""):
                continue
            run = partial(_unless_unseen, self.app, binding.action, active.node)
            does = binding.tooltip or binding.description
            entries.append(Entry(self.app.get_key_display(binding), does, cast(Any, run)))
        for theme in THEMES:
            entries.append(Entry("", f"Look: {short_name(theme)}", partial(show_theme, theme.name), _THEME_WORDS))
        return entries
