"""What the dialogs that are open over the list are told: that rows changed, and that keys come in a burst."""

from collections.abc import Callable, Sequence

from textual.screen import Screen

from paydesk.domain.copy import RequestCopy
from paydesk.manager.dialogs.bulk import BulkDialog
from paydesk.manager.dialogs.reject import CauseDialog


def rows_painted(
    screens: Sequence[Screen[object]],
    before: Sequence[RequestCopy],
    after: Sequence[RequestCopy],
    why_not: Callable[[RequestCopy], str],
) -> None:
    """Give the open dialogs the rows that changed.

    Args:
        screens: The screens that are open.
        before: The rows as they were painted before.
        after: The rows as they are painted now.
        why_not: Returns why a request cannot be decided any more; empty where it can.
    """
    was, now = {row.id: row for row in before}, {row.id: row for row in after}
    for dialog in screens:
        if isinstance(dialog, BulkDialog) and dialog.is_mounted:
            dialog.rows_changed([request_id for request_id in was | now if was.get(request_id) != now.get(request_id)])
        if isinstance(dialog, CauseDialog) and dialog.copy is not None and dialog.is_mounted:
            newest = now.get(dialog.copy.id)
            if newest is not None:
                dialog.show_newest(newest, why_not(newest))


def asks(top: Screen[object]) -> bool:
    """Whether a screen is a dialog that waits for a key which decides."""
    return isinstance(top, CauseDialog) or (isinstance(top, BulkDialog) and top.running is None)
