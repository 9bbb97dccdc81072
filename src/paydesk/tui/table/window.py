"""The part of a list that is held: some hundred rows around the cursor, wherever in a million, read again as one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from paydesk.domain.copy import RequestCopy
from paydesk.infra.core.query import Page, PageQuery, Start, Way, key_of

PAGE = 100
"""So many rows are read at first, and more at a time."""
MAX_HELD = 4 * PAGE
"""So many are held at most: more than any terminal shows, with some above and below."""


@dataclass(frozen=True, slots=True)
class Edges:
    """Where the rows that are held lie in the list: about how many come before, and whether any do on each side."""

    before: int = 0
    above: bool = False
    below: bool = False


class Window:
    """Where the next reading begins and how much it brings; ``edges`` are those of the last one."""

    def __init__(self) -> None:
        self.start = Start()
        self.limit = PAGE
        self.edges = Edges()
        self._let_go = False

    def of(self, query: PageQuery) -> PageQuery:
        """Return a query for these rows alone."""
        return replace(query, start=self.start, limit=self.limit)

    def go(self, start: Start) -> None:
        """Read from there next."""
        self.start, self.limit = start, PAGE

    def extend(self, rows: Sequence[RequestCopy], query: PageQuery, down: bool) -> None:
        """Read a page more next, on one side; on the other one is let go where too many would be held."""
        if not rows or self.start.way in (Way.UP_TO, Way.LAST, Way.AT):
            return  # A reading from elsewhere is on its way.
        if not down:
            kept = min(len(rows), MAX_HELD - PAGE)
            self.start, self.limit = Start(Way.UP_TO, key_of(rows[kept - 1], query.sort)), kept + PAGE
            self._let_go = kept < len(rows)
        elif self.limit + PAGE <= MAX_HELD:
            self.limit += PAGE
        else:
            self.start = Start(Way.FROM, key_of(rows[min(PAGE, len(rows) - 1)], query.sort))

    def take(self, page: Page, query: PageQuery, held: Sequence[RequestCopy], total: int) -> None:
        """Note where the rows that were read lie, and from where to read them again.

        Args:
            page: The rows that were read.
            query: The query that they answer.
            held: The rows that are held so far.
            total: How many rows there are in all; 0: that is not known.
        """
        way, rows = self.start.way, page.rows
        backwards = way in (Way.UP_TO, Way.LAST)
        above = page.more if backwards else way is not Way.FIRST
        below = page.more if not backwards else way is Way.UP_TO and (self.edges.below or self._let_go)
        before = self._before(rows, held, total, above=above, below=below)
        if backwards or way is Way.AT:
            from_first = above and bool(rows)
            self.start = Start(Way.FROM, key_of(rows[0], query.sort)) if from_first else Start()
            # What arrives at the end is seen at once.
            self.limit = len(rows) + PAGE if way is Way.LAST else max(PAGE, len(rows))
        self.edges = Edges(before, above, below)

    def _before(
        self, rows: Sequence[RequestCopy], held: Sequence[RequestCopy], total: int, *, above: bool, below: bool
    ) -> int:
        if not above:
            return 0
        if not below and total:
            return max(1, total - len(rows))
        if self.start.way is Way.AT:
            return max(1, round(self.start.share * total))
        places = {row.id: place for place, row in enumerate(held)}
        for place, row in enumerate(rows):
            if row.id in places:
                return max(1, self.edges.before + places[row.id] - place)
        return max(1, total - len(rows)) if self.start.way is Way.LAST else max(1, self.edges.before)
