"""The two lists of the manager's desk, what waits and what was decided: which requests each shows, and how sorted."""

from collections.abc import Sequence

from paydesk.domain.filters import Filter, StatusIn
from paydesk.domain.status import ANSWERED, WAITING, Status
from paydesk.infra.core.query import Sort
from paydesk.manager import columns
from paydesk.manager.columns import Likeness
from paydesk.tui.table.columns import Column


class Views:
    """Which of the two lists is shown. Each has its own order. A filter that names a status shows it in both."""

    def __init__(self) -> None:
        self.decided = False
        """Whether what was decided is shown."""
        self._other_sort: Sort | None = None
        """The order of the other list, which is not shown."""

    def turn(self, sort: Sort | None) -> Sort | None:
        """Show the other list; keeps the order that was chosen on this one, and returns the other's."""
        self.decided = not self.decided
        other, self._other_sort = self._other_sort, sort
        return other

    def stands_still(self, shown: Filter) -> bool:
        """Whether it is the list of what waits, where nothing may jump under the hand."""
        return not self.decided and not shown.asks(StatusIn)

    def statuses(self, shown: Filter) -> frozenset[Status]:
        """Return which statuses the list has; none are named where the filter names them."""
        if shown.asks(StatusIn):
            return frozenset()
        return ANSWERED if self.decided else WAITING

    def sorts(self, shown: Filter) -> Sequence[Sort]:
        """Return the orders of the list, the usual one first: oldest first, or decided last first."""
        usual = Sort.DECIDED if self.decided else Sort.OLDEST
        left_out = (usual, Sort.DECIDED) if self.stands_still(shown) else (usual,)
        return (usual, *(sort for sort in Sort if sort not in left_out))

    def columns(self, alike: Likeness) -> tuple[Column, ...]:
        """Return the columns of the list; ``alike`` knows which requests look like others."""
        return columns.DECIDED_COLUMNS if self.decided else columns.inbox(alike)

    def empty(self, other_key: str) -> str:
        """Return what the list says when nothing is in it; ``other_key`` shows the other list."""
        return (columns.EMPTY_DECIDED if self.decided else columns.EMPTY).format(other_key)

    @property
    def other(self) -> str:
        """What the list that is not shown is called."""
        return "inbox" if self.decided else "decided"
