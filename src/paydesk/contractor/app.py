"""``paydesk contractor``: the contractor's desk as a program in a terminal."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from paydesk.contractor.home import ContractorHome
from paydesk.contractor.port import ContractorDesk
from paydesk.tui.app import DeskApp
from paydesk.tui.drafts import DraftStore
from paydesk.tui.state import KeptFiles, KeptView, LastFilters

_NOTHING_KEPT = KeptFiles()


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


class ContractorApp(DeskApp):
    """The contractor's desk as an application.

    Args:
        make_desk: Opens the desk; called in a thread after the first frame.
        now: Returns the time.
        look: The name of the look; empty: the one that was chosen last.
        files: The files that keep the filters, the view and what is written; without one they are kept in memory.
        keys: The keys that are not the usual ones, by the name of their action.
    """

    TITLE = "paydesk contractor"

    def __init__(
        self,
        make_desk: Callable[[], ContractorDesk],
        *,
        now: Callable[[], datetime] = utc_now,
        look: str = "",
        files: KeptFiles = _NOTHING_KEPT,
        keys: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        pane = ContractorHome(make_desk, DraftStore(files.draft), now)
        pane.last_filters, pane.kept = LastFilters(files.filters), KeptView(files.view)
        super().__init__(pane, look=look, keys=keys)


APP = ContractorApp
SCREENS = ("paydesk.contractor.detail", "paydesk.contractor.form", "paydesk.contractor.home")
"""Where its keys are declared."""
