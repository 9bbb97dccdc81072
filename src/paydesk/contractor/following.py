"""Following what was just asked for or changed: the cursor goes to it, wherever filter and order put it."""

import time
from collections.abc import Callable
from datetime import datetime

from textual import on

from paydesk.contractor.port import ContractorDesk
from paydesk.domain.copy import RequestCopy
from paydesk.domain.filters import Asker
from paydesk.infra.core.query import Start, Way, key_of
from paydesk.tui.desk_pane import DeskPane
from paydesk.tui.request_table import RequestTable


class Following(DeskPane[ContractorDesk], inherit_bindings=False):
    """Follows one request at a time, until the cursor is on it or a hand moves on."""

    def __init__(self, make_desk: Callable[[], ContractorDesk], now: Callable[[], datetime], *, id: str) -> None:
        super().__init__(make_desk, now, id=id)
        self._followed: RequestCopy | None = None
        self._followed_at = 0.0

    def follow(self, copy: RequestCopy, did: str, more: str = "") -> None:
        """Say what was done with a request and go to it; or, where the filter hides it, how it is seen.

        ``more`` is told only where there is room for it.
        """
        self._followed, self._followed_at = copy, time.monotonic()
        if self._fits(copy):
            self.notice(f"{copy.number} {did}{more}.", "good")
        else:
            shows = self.key("contractor.everyone", "m")
            self.notice(f"{copy.number} {did}; the filter hides it, {shows} shows it.", "good")

    def _fits(self, copy: RequestCopy) -> bool:
        return self.filter.matches(copy, Asker(self.person, self.now()))

    def go_to_followed(self) -> None:
        """Put the cursor on what is followed, once rows are shown that were read after it was changed.

        What the filter hides is followed on: the next filter may show it.
        """
        copy = self._followed
        if copy is None or self._read_began < self._followed_at or not self._fits(copy):
            return
        self._followed = None
        if not self.table.go_to(copy.id) and (self.window.edges.above or self.window.edges.below):
            self.table.expect_first()
            self.window.go(Start(Way.FROM, key_of(copy, self.sort)))
            self.read()

    @on(RequestTable.Moved)
    @on(RequestTable.Elsewhere)
    def _hand_moves_on(self) -> None:
        self._followed = None
