"""``paydesk manager``: the manager's desk as a program in a terminal."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from paydesk.manager.inbox import ManagerInbox
from paydesk.manager.port import ManagerDesk
from paydesk.tui.desk_app import DeskApp
from paydesk.tui.last_filters import LastFilters


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


class ManagerApp(DeskApp):
    """``make_desk`` is called in a thread after the first frame; ``filters`` is the file of the last ones."""

    TITLE = "paydesk manager"

    def __init__(
        self,
        make_desk: Callable[[], ManagerDesk],
        *,
        now: Callable[[], datetime] = utc_now,
        monotonic: Callable[[], float] = time.monotonic,
        look: str = "",
        filters: Path | None = None,
    ) -> None:
        pane = ManagerInbox(make_desk, now)
        pane.last_filters = LastFilters(filters)
        super().__init__(pane, clock=monotonic, look=look)
