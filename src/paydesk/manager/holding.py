"""Decisions that are held for a moment: what is said of them, taking them back, and sending them now."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from textual.binding import Binding, BindingType

from paydesk.domain.copy import Delivery, RequestCopy
from paydesk.infra.core.query import Result
from paydesk.manager.batch import Batch, NothingDone
from paydesk.manager.port import ManagerDesk
from paydesk.manager.returning import Returning
from paydesk.manager.rows import ON_ITS_ROW, held_text, meant
from paydesk.manager.under_way import Act, UnderWay
from paydesk.tui.own_screen import sentence
from paydesk.tui.wording import status_text


class Holding(Returning, inherit_bindings=False):
    """Knows what this person holds, and what each keystroke decided."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("u", "undo", "Undo", id="manager.undo", tooltip="Take the last decision back while it is held"),
        Binding("S", "send_now", "Send now", show=False, id="manager.send", tooltip="Send what is held now"),
    ]

    def __init__(self, make_desk: Callable[[], ManagerDesk], now: Callable[[], datetime], *, id: str) -> None:
        super().__init__(make_desk, now, id=id)
        self.under_way = UnderWay()
        self.undoing = UnderWay()
        """Each from the key that takes back to its end: a decision that is pressed meanwhile waits for it."""
        self.taking_back: frozenset[UUID] = frozenset()
        """What is about to be pending again, so that it can be decided anew at once."""
        self.begun: UUID | None = None
        """The request of the decision that began last."""
        self.held: list[RequestCopy] = []
        self._batches: list[tuple[RequestCopy, ...]] = []
        """What each keystroke of this person decided, the last one last."""
        self.marked_as: dict[UUID, RequestCopy] = {}
        """What was decided because it was marked, as it was on the screen when it was."""

    def no_notice(self) -> str:
        """Say what is held, and how to take it back."""
        held = {row.id for row in self.held}
        batches = (tuple(copy for copy in batch if copy.id in held) for batch in reversed(self._batches))
        last = next((batch for batch in batches if batch), ())
        return held_text(self.held, self.now(), last, *self._send_and_undo())

    def _send_and_undo(self) -> tuple[str, str]:
        return self.key("manager.send", "S"), self.key("manager.undo", "u")

    @property
    def busy(self) -> bool:
        """Whether a decision, or another command, is still to be done."""
        return self.under_way.busy or super().busy

    @property
    def undoes(self) -> bool:
        """Whether there is a decision that can be taken back."""
        return meant(self.held, self.table.current) != (None, None)

    def key_lives(self, action: str, usual: bool | None) -> bool | None:
        """Offer taking back while something is held."""
        return self.undoes if action == "undo" else super().key_lives(action, usual)

    def settled(self, request_id: UUID, result: Result | None, error: Exception | None) -> None:
        """Say what became of a request that a key decided; where that was refused, the cursor is on it again."""
        if error is not None:
            self.refused(request_id)
            self.notice(sentence(error), "trouble")
            return
        assert result is not None
        self.marked_as.pop(request_id, None)
        self._batches.append((result.copy,))
        if result.copy.delivery is Delivery.HELD:
            self.held = [row for row in self.held if row.id != result.copy.id] + [result.copy]
            self.notice(self.no_notice(), "good", 0)
        else:
            self.notice(f"{status_text(result.copy.status)} {result.copy.number}", "good")

    def decided(self, batch: Batch, error: Exception | None) -> None:
        """Say what became of several requests that one keystroke decided."""
        if not batch.done:
            self.notice(_nothing(batch, error), "trouble")
            return
        copies = tuple(batch.done)
        done = {copy.id for copy in copies}
        self.marked_as |= {copy.id: copy for copy in batch.copies if copy.id in done}
        self._batches.append(copies)
        held = {copy.id: copy for copy in copies if copy.delivery is Delivery.HELD}
        self.held = [row for row in self.held if row.id not in held] + list(held.values())
        if held:
            self.notice(self.no_notice(), "good", 0)
        else:
            self.notice(f"{status_text(copies[0].status)} {len(copies):,}", "good")

    def action_undo(self) -> None:
        """Take back what the last keystroke decided, all of it, while it is held; the cursor is there again at once."""
        going = self.begun if self.under_way.busy and not self.undoing.busy else None
        over = self.undoing.begin()
        if going is not None:
            self._return_from(frozenset({going}))
        self.under_way.after(lambda: self._undo(over, going))

    def _return_from(self, ids: frozenset[UUID]) -> None:
        self.taking_back |= ids
        if len(ids) == 1:
            self.return_to(*ids)

    def _undo(self, over: Act, gone_to: UUID | None) -> None:
        copies = self._undoable()
        if not copies:
            self.notice(ON_ITS_ROW.format(*self._send_and_undo()) if self.held else "There is nothing to undo.")
            self._undone(frozenset(), over)
            return
        batch = Batch(copies, lambda desk, copy, _: desk.take_back(copy.id))
        ids = frozenset(copy.id for copy in copies)
        if ids != {gone_to}:
            self._return_from(ids)
        if len(copies) > 1:
            self.notice(f"Taking {len(copies):,} back …", "", 60)

        def ended(_: Result | None, error: Exception | None) -> None:
            self.held = [row for row in self.held if row.id not in ids]
            self._tell_undone(batch, error)
            self._undone(ids, over)

        self.command(batch.run, ended)

    def _undone(self, ids: frozenset[UUID], over: Act) -> None:
        over()
        self.taking_back = self.taking_back - ids if self.undoing.busy else frozenset()

    def _tell_undone(self, batch: Batch, error: Exception | None) -> None:
        if not batch.done:
            self.await_nothing()
            self.notice(_nothing(batch, error), "trouble")
            return
        self.brought_back(batch.done)
        late = f"; {len(batch.failed):,} were not: {batch.failed[0].why}" if batch.failed else ""
        back = batch.done[0]
        told = f"{back.number} is" if len(batch.copies) == 1 else f"{len(batch.done):,} are"
        self.notice(f"↶ {told} {back.status} again: nothing was sent{late}.", "trouble" if late else "good")

    def brought_back(self, rows: Sequence[RequestCopy]) -> None:
        """Have it as it was before these were decided."""

    def _undoable(self) -> tuple[RequestCopy, ...]:
        """Return what the next undo means: an overdue decision on its row, else the last keystroke's that is held.

        When nothing is held any more it is the last keystroke of all, so that the person is told that it is too late.
        """
        only, last = meant(self.held, self.table.current)
        if only is not None:
            return tuple(row for row in self.held if row.id == only)
        held = {row.id for row in self.held if not row.overdue}
        while len(self._batches) > 1 and not any(copy.id in held for copy in self._batches[-1]):
            self._batches.pop()
        mine = self._batches.pop() if self._batches else ()
        if any(copy.id in held for copy in mine):
            return tuple(copy for copy in mine if copy.id in held)
        return tuple(row for row in self.held if row.id == last) or mine

    def action_send_now(self) -> None:
        """Send everything that is held."""
        self.under_way.after(self._send_now)

    def _send_now(self) -> None:
        only, last = meant(self.held, self.table.current)
        if last is None:
            self.notice(ON_ITS_ROW.format(*self._send_and_undo()) if self.held else "Nothing is held.")
            return

        mine = [row for row in self.held if (row.id == only if only else not row.overdue)]
        count = len(mine)

        def send(desk: ManagerDesk) -> Result:
            nonlocal count
            count = max(count, desk.send_now(only))
            return Result(desk.detail(last).copy)

        def ended(_: Result | None, error: Exception | None) -> None:
            self.held = [row for row in self.held if row.overdue and row.id != only]
            self.notice(sentence(error) if error else _sent(mine[0], count), "trouble" if error else "good")

        self.command(send, ended)


def _sent(one: RequestCopy, count: int) -> str:
    """Return what was sent: the one decision with its amount, or how many."""
    if count > 1:
        return f"Sent: {count:,} decisions."
    money = f" {one.terms.money}" if one.terms is not None else ""
    return f"Sent: {one.number}{money} is {one.status}."


def _nothing(batch: Batch, error: Exception | None) -> str:
    """Return why nothing of a batch was done."""
    if batch.first is not None:
        return sentence(batch.first)
    return "Nothing was changed." if error is None or isinstance(error, NothingDone) else sentence(error)
