"""Where the cursor goes when a decision did not stand: back to its request, so that the next key means that one."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from textual.binding import BindingType

from paydesk.manager.port import ManagerDesk
from paydesk.tui.desk_pane import DeskPane

AWAIT_S = 2.0
"""So long a request is awaited that its list does not show yet, as it left it when it was decided."""


class Returning(DeskPane[ManagerDesk], inherit_bindings=False):
    """Puts the cursor on a request, as soon as that is among the rows."""

    BINDINGS: ClassVar[list[BindingType]] = []

    def __init__(self, make_desk: Callable[[], ManagerDesk], now: Callable[[], datetime], *, id: str) -> None:
        super().__init__(make_desk, now, id=id)
        self._awaited: UUID | None = None
        self._await_until = 0.0

    @property
    def awaits(self) -> bool:
        """Whether the cursor is about to go to a request that is not shown yet: a key would mean another."""
        return self._awaited is not None and time.monotonic() < self._await_until

    def return_to(self, request_id: UUID) -> None:
        """Put the cursor on a request, now or when the list shows it again."""
        there = self.table.go_to(request_id)
        self._awaited, self._await_until = None if there else request_id, time.monotonic() + AWAIT_S

    def refused(self, request_id: UUID) -> None:
        """Put the cursor on a request that was not decided, where it is shown."""
        self.table.go_to(request_id)

    def await_nothing(self) -> None:
        """Leave the cursor where it is: nothing comes back."""
        self._awaited = None

    def came_back(self) -> bool:
        """Put the cursor on what is awaited, if it is among the rows now; returns whether it was."""
        came = self.awaits and self._awaited is not None and self.table.go_to(self._awaited)
        if came or not self.awaits:
            self.await_nothing()
        return came
