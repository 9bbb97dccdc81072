"""``paydesk manager``: the manager's desk as a program in a terminal."""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

from paydesk.manager.inbox import ManagerInbox
from paydesk.manager.port import ManagerDesk
from paydesk.tui.desk_app import DeskApp
from paydesk.tui.kept_view import KeptView
from paydesk.tui.last_filters import LastFilters


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


class ManagerApp(DeskApp):
    """``make_desk`` is called in a thread after the first frame; ``filters`` and ``view`` are files of what stays."""

    TITLE = "paydesk manager"

    def __init__(
        self,
        make_desk: Callable[[], ManagerDesk],
        *,
        now: Callable[[], datetime] = utc_now,
        monotonic: Callable[[], float] = time.monotonic,
        look: str = "",
        filters: Path | None = None,
        view: Path | None = None,
        keys: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        pane = ManagerInbox(make_desk, now)
        pane.last_filters, pane.kept = LastFilters(filters), KeptView(view)
        super().__init__(pane, clock=monotonic, look=look, keys=keys)
