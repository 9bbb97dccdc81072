"""``paydesk manager``: the manager's desk as a program in a terminal."""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from paydesk.manager.inbox import ManagerInbox
from paydesk.manager.port import ManagerDesk
from paydesk.tui.app import DeskApp
from paydesk.tui.state import KeptFiles, KeptView, LastFilters

_NOTHING_KEPT = KeptFiles()


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


class ManagerApp(DeskApp):
    """The manager's desk as an application.

    Args:
        make_desk: Opens the desk; called in a thread after the first frame.
        now: Returns the time.
        monotonic: Returns seconds that never go back.
        look: The name of the look; empty: the one that was chosen last.
        files: The files that keep the filters and the view.
        keys: The keys that are not the usual ones, by the name of their action.
    """

    TITLE = "paydesk manager"

    def __init__(
        self,
        make_desk: Callable[[], ManagerDesk],
        *,
        now: Callable[[], datetime] = utc_now,
        monotonic: Callable[[], float] = time.monotonic,
        look: str = "",
        files: KeptFiles = _NOTHING_KEPT,
        keys: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        pane = ManagerInbox(make_desk, now)
        pane.last_filters, pane.kept = LastFilters(files.filters), KeptView(files.view)
        super().__init__(pane, clock=monotonic, look=look, keys=keys)


APP = ManagerApp
SCREENS = (
    "paydesk.manager.detail",
    "paydesk.manager.dialogs.bulk",
    "paydesk.manager.dialogs.reject",
    "paydesk.manager.inbox",
)
"""Where its keys are declared."""
