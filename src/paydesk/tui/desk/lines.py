"""The lines that say how a desk is: on its list, and on each of its screens that is open."""

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from textual.widget import Widget

from paydesk.infra.core.health import Health
from paydesk.role_names import RoleName
from paydesk.tui.keys.names import first_tip
from paydesk.tui.screens.base import OwnScreen
from paydesk.tui.state import KeptView
from paydesk.tui.widgets.lines import HealthLine, Line, TopLine


class DeskLines:
    """The lines around one list; ``pane`` is what they are on."""

    def __init__(self, pane: Widget, role: RoleName) -> None:
        self._pane = pane
        self._role = role
        self._until = 0.0
        self.tip_stands = self.tip_stood = False
        """Whether the line shows what somebody new is told, and whether it ever did."""

    def screens(self) -> "list[OwnScreen[Any]]":
        """Return the open screens of this desk whose lines stand: a tick may come while a screen is laid out."""
        pane: object = self._pane
        stack = self._pane.app.screen_stack
        mine = (screen for screen in stack if isinstance(screen, OwnScreen) and screen.pane is pane)
        return [screen for screen in mine if screen.query(HealthLine)]

    def _nodes(self) -> Iterator[Widget]:
        yield self._pane
        yield from self.screens()

    def show_health(self, person: str, health: Health | None, now: datetime, where: str) -> None:
        """Paint the top line and the health line, of the screens above the list too.

        Args:
            person: Who sits at the desk.
            health: How the parts are; None: that is not known yet.
            now: The time.
            where: What the top line says of the list.
        """
        for node in self._nodes():
            view = node.where() if isinstance(node, OwnScreen) else where
            node.query_one(TopLine).show_health(self._role, person, health, now, view)
            node.query_one(HealthLine).show_health(health, self._role)

    def notice(self, text: str, look: str, for_s: float) -> None:
        """Show one sentence for so many seconds in the line above the health."""
        self._until, self.tip_stands = time.monotonic() + for_s, False
        for node in self._nodes():
            node.query_one("#notice", Line).say(text, "", look)

    def forget(self, beginning: str) -> None:
        """Remove a sentence if it is still shown."""
        if self._pane.query_one("#notice", Line).text.startswith(beginning):
            self.notice("", "", 0)

    def go_on(self, text: str, kept: KeptView) -> None:
        """Show what there is to say once a sentence was read: ``text``, or how somebody new begins."""
        if time.monotonic() > self._until:
            due = kept.tip_due and not text and len(self._pane.app.screen_stack) == 1
            self.notice(text or (first_tip(self._pane.app, self._role) if due else ""), "muted" if due else "good", 0)
            self.tip_stands, self.tip_stood = due, self.tip_stood or due
