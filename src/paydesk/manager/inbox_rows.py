"""Which rows stand in the inbox: nothing jumps under the hand, and nothing is hidden without saying so."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from paydesk.domain.copy import Delivery, RequestCopy
from paydesk.domain.filters import Asker, Filter
from paydesk.domain.status import ANSWERED, WAITING
from paydesk.domain.text import counted, same_person
from paydesk.infra.core.query import Page, PageQuery, Sort, in_order
from paydesk.tui.table.window import Edges
from paydesk.tui.text.wording import seconds_left, status_text

ON_ITS_ROW = "Put the cursor on the decision that was never sent: {} sends it, {} undoes it."
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class InboxRows:
    """The rows to show, and how many wait to be shown because they would land between visible ones."""

    rows: tuple[RequestCopy, ...]
    between: int


@dataclass(frozen=True, slots=True)
class ByKeys:
    """What keys did to rows.

    ``gone`` are decided requests that the cursor has left: they are not shown again. ``back`` are those that were
    taken back: they are shown at once, wherever they belong.
    """

    gone: frozenset[UUID] = frozenset()
    back: frozenset[UUID] = frozenset()


def merged(
    shown: Sequence[RequestCopy], page: Page, keys: ByKeys, sort: Sort, edges: Edges, before: Edges
) -> InboxRows:
    """Return the rows after a reading: decided ones stay in place until they may go, arrivals come at the end.

    What lies beyond ``before`` did not arrive, it was read further. What lies beyond ``edges``, on a side where there
    are more, is not shown: its place is elsewhere.

    Args:
        shown: The rows that are shown.
        page: The rows that were read.
        keys: What keys did to rows.
        sort: The order of the list.
        edges: Where the rows that were read lie in the list.
        before: Where the rows that are shown lie in the list.
    """
    shown_ids = {row.id for row in shown}
    read = in_order([*page.rows, *page.also], sort)
    waiting = {row.id for row in page.rows}
    within = [place for place, row in enumerate(read) if row.id in waiting]
    low = within[0] if within and edges.above else 0
    high = within[-1] if within and edges.below else len(read)
    known = [place for place, row in enumerate(read) if row.id in shown_ids]
    first, last = (known[0] if before.above else -1, known[-1]) if known else (len(read), -1)
    rows, between = [], 0
    for place, row in enumerate(read):
        if row.id in shown_ids:
            if low <= place <= high and (row.status in WAITING or row.id not in keys.gone):
                rows.append(row)
        elif (row.overdue or row.id in keys.back & waiting) and low <= place <= high:
            rows.append(row)  # At once, wherever it belongs: somebody is asked, or just took it back.
        elif row.id in waiting and first < place < last:
            between += 1
        elif row.id in waiting:
            rows.append(row)
    return InboxRows(tuple(rows), between)


class StandingRows:
    """The rows of one list that stand as they are while it is read again: a decided one until the cursor leaves it."""

    def __init__(self) -> None:
        self.between = 0
        """How many wait to be shown because they would land between visible ones."""
        self._gone: frozenset[UUID] = frozenset()
        self._back: frozenset[UUID] = frozenset()

    def begin_anew(self) -> None:
        """Let go of everything that stands."""
        self._gone, self._back, self.between = frozenset(), frozenset(), 0

    def of(self, rows: Sequence[RequestCopy]) -> frozenset[UUID]:
        """Return which of these still stand, and so are read whatever became of them."""
        return frozenset(row.id for row in rows) - self._gone

    def merge(self, shown: Sequence[RequestCopy], page: Page, sort: Sort, edges: Edges, before: Edges) -> InboxRows:
        """Return the rows after a reading, as ``merged`` does.

        Args:
            shown: The rows that are shown.
            page: The rows that were read.
            sort: The order of the list.
            edges: Where the rows that were read lie in the list.
            before: Where the rows that are shown lie in the list.
        """
        inbox_rows = merged(shown, page, ByKeys(self._gone, self._back), sort, edges, before)
        self.between = inbox_rows.between
        self._back -= {row.id for row in inbox_rows.rows if row.status in WAITING}
        return inbox_rows

    def bring_back(self, rows: Sequence[RequestCopy], shown: PageQuery, now: datetime) -> str:
        """Show these at once where they wait again, as the list may have been read anew without them meanwhile.

        Returns a sentence where the list does not show them all.
        """
        self._back |= {row.id for row in rows}
        return back_unseen(rows, shown, now)

    def leave(self, rows: Sequence[RequestCopy], current: RequestCopy | None) -> list[RequestCopy] | None:
        """Let go of decided rows that the cursor is not on; returns those that stand, or None where all of them do."""
        left = frozenset(
            row.id
            for row in rows
            if row.status in ANSWERED and row.delivery is not Delivery.HELD and current and row.id != current.id
        )
        self._gone |= left
        return [row for row in rows if row.id not in left] if left else None

    def leave_decided(self, rows: Sequence[RequestCopy]) -> None:
        """Let go of all rows that are decided."""
        self._gone |= frozenset(row.id for row in rows if row.status in ANSWERED)

    def take_their_place(self, page: Page, sort: Sort) -> list[RequestCopy]:
        """Return the rows of a page, and what is held, each in its place; they stand from now on."""
        held = [row for row in page.also if row.delivery is Delivery.HELD]
        rows = in_order([*page.rows, *held], sort)
        self._gone -= frozenset(row.id for row in rows)
        return list(rows)


def hidden(copies: Iterable[RequestCopy], shown: PageQuery, now: datetime) -> tuple[RequestCopy, ...]:
    """Return those that a list does not show: by its filter, or as it shows others than these by their status."""
    known = tuple(copies)
    filtered = {copy.id for copy in filtered_out(known, shown, now)}
    return tuple(
        copy for copy in known if (shown.statuses and copy.status not in shown.statuses) or copy.id in filtered
    )


def filtered_out(copies: Iterable[RequestCopy], shown: PageQuery, now: datetime) -> tuple[RequestCopy, ...]:
    """Return those that the filter of a list hides, whatever else does."""
    asker = Asker(shown.person, now)
    return tuple(copy for copy in copies if not shown.filter.matches(copy, asker))


def back_unseen(copies: Sequence[RequestCopy], shown: PageQuery, now: datetime) -> str:
    """Return which of those that were taken back a list does not show, in a sentence; empty when it shows them all."""
    unseen = len(hidden(copies, shown, now))
    if not unseen:
        return ""
    return "It is not in this list." if len(copies) == 1 else f"{unseen:,} of them are not in this list."


def held_by(rows: Sequence[RequestCopy], person: str) -> list[RequestCopy]:
    """Return the decisions that this person holds, the first to be sent first."""
    mine = [
        row
        for row in rows
        if row.delivery is Delivery.HELD
        and row.hold_until is not None
        and row.decision is not None
        and same_person(row.decision.decided_by or "", person)
    ]
    return sorted(mine, key=lambda row: (not row.overdue, row.hold_until or _EPOCH))


def meant(held: Sequence[RequestCopy], current: RequestCopy | None) -> tuple[UUID | None, UUID | None]:
    """Return the one request that send and undo mean alone, if so, and the last one that they mean.

    That is the request under the cursor where its decision is overdue; else those whose time runs, overdue ones never.
    """
    if current is not None and any(row.overdue and row.id == current.id for row in held):
        return current.id, current.id
    return None, next((row.id for row in reversed(held) if not row.overdue), None)


def held_text(held: Sequence[RequestCopy], now: datetime, last: Sequence[RequestCopy], send: str, undo: str) -> str:
    """Return what is held and how to take it back; empty where nothing is.

    Args:
        held: The held decisions, the first to be sent first.
        now: The time.
        last: Those that one key takes back at once.
        send: The key that sends.
        undo: The key that takes back.
    """
    waiting = [
        (row.hold_until, row) for row in held if row.hold_until is not None and row.hold_until > now and not row.overdue
    ]
    if not waiting:
        asked = [row for row in held if row.overdue]
        many = f" and {len(asked) - 1} more" if len(asked) > 1 else ""
        return f"◔ {asked[0].number}{many} never sent. On its row: {send} sends it, {undo} undoes it" if asked else ""
    until, first = waiting[0]
    left = seconds_left(until, now)
    if len(waiting) == 1:
        return f"{status_text(first.status)} {first.number} · sends in {left} s · {undo} undo · {send} send now"
    number = last[0].number if last else waiting[-1][1].number
    keys = f"{undo} undo {f'the last {len(last):,}' if len(last) > 1 else number} · {send} send all now"
    return f"{len(waiting):,} decisions held · the next sends in {left} s · {keys}"


def total_text(total: int, *, decided: bool) -> str:
    """Return how many there are in a list that is not the inbox."""
    return f"{total:,} decided" if decided else counted(total, "request")


def counts_text(total: int, between: int, held: int, reload: str) -> str:
    """Return how many requests wait, and what is not shown yet.

    Args:
        total: How many wait.
        between: How many arrived between rows that are shown.
        held: How many decisions are held.
        reload: The key that shows what arrived.
    """
    parts = [f"{total:,} waiting"]
    if held:
        parts.append(f"{held} held")
    if between:
        parts.append(f"{between} new between these, press {reload}")
    return "   ".join(parts)


def line_text(marks: int, counts: str, shown: Filter, sort: Sort) -> str:
    """Return the line above the list: how many are marked and shown, which, and in what order.

    Args:
        marks: How many are marked.
        counts: How many there are, in words.
        shown: The filter of the list.
        sort: The order of the list.
    """
    order = "" if sort is Sort.OLDEST else str(sort)
    return "   ".join(part for part in (f"{marks:,} marked" if marks else "", counts, str(shown), order) if part)
