"""Which requests a person chose to see, and in which order: the same after the next start on these servers."""

from collections.abc import Mapping, Sequence

from paydesk.domain.filters import EVERYTHING, Filter
from paydesk.infra.core.query import Sort
from paydesk.tui.state import as_left


class ListChoice:
    """The filter and the order of a list."""

    def __init__(self) -> None:
        self.filter: Filter = EVERYTHING
        """What a request has to fit; a desk may begin with another one."""
        self.order: Sort | None = None
        """The order that was chosen; None: the usual one."""
        self._is_chosen = False

    def choose(self, chosen: Filter) -> bool:
        """Show what fits a filter; returns whether it is another one than before."""
        if chosen == self.filter:
            return False
        self.filter, self._is_chosen = chosen, True
        return True

    def sort(self, sorts: Sequence[Sort]) -> Sort:
        """Return the order of a list that has these, the usual one first."""
        return self.order if self.order is not None and self.order in sorts else sorts[0]

    def next_sort(self, sorts: Sequence[Sort]) -> Sort:
        """Choose the order that comes after this one, and return it."""
        self.order = sorts[(sorts.index(self.sort(sorts)) + 1) % len(sorts)]
        return self.order

    def restore(self, kept: Mapping[str, object]) -> bool:
        """Take what was left, but for what was chosen meanwhile; returns whether there is another filter now.

        What cannot be read is not taken.
        """
        sort, left = as_left(kept)
        self.order = self.order or sort
        if left is None or left == self.filter or self._is_chosen:
            return False
        self.filter = left
        return True
