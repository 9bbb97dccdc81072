"""Decisions that are held for a moment: what is said of them, taking them back, and sending them now."""

import time
from collections.abc import Callable, Mapping, Sequence
from uuid import UUID, uuid4

from paydesk.domain.commands import Decide, Undo
from paydesk.domain.copy import Delivery, RequestCopy
from paydesk.infra.core.health import PartState
from paydesk.infra.core.query import Result
from paydesk.manager.bulk import Batch, NothingDone
from paydesk.manager.inbox_rows import ON_ITS_ROW, held_text, meant
from paydesk.manager.port import ManagerDesk
from paydesk.tui.port import ListPort
from paydesk.tui.screens.base import sentence
from paydesk.tui.text.wording import status_text

Act = Callable[[], None]

AWAIT_S = 2.0
"""So long a request is awaited that its list does not show yet, as it left it when it was decided."""


class UnderWay:
    """Decisions under way, each from its key to its result: what is pressed next about it waits for it, and is not
    lost. Used by the loop alone.
    """

    def __init__(self) -> None:
        self._waiting: dict[object, list[Act]] = {}

    @property
    def busy(self) -> bool:
        """Whether a decision is under way."""
        return bool(self._waiting)

    def begin(self) -> Act:
        """Note that a decision began; returns what is to be called once, when it has ended."""
        decision = object()
        self._waiting[decision] = []

        def ended() -> None:
            for act in self._waiting.pop(decision):
                act()

        return ended

    def after(self, act: Act) -> None:
        """Do something once the last decision that began so far has ended: at once when none is under way."""
        if self._waiting:
            self._waiting[next(reversed(self._waiting))].append(act)
        else:
            act()


class CursorReturn:
    """Puts the cursor on a request that did not stay decided, as soon as that is among the rows: the next key means it.

    ``go_to`` puts the cursor on a request, and returns whether it is among the rows.
    """

    def __init__(self, go_to: Callable[[UUID], bool], clock: Callable[[], float] = time.monotonic) -> None:
        self._go_to = go_to
        self._clock = clock
        self._awaited: UUID | None = None
        self._await_until = 0.0

    @property
    def awaits(self) -> bool:
        """Whether the cursor is about to go to a request that is not shown yet: a key would mean another."""
        return self._awaited is not None and self._clock() < self._await_until

    def return_to(self, request_id: UUID) -> None:
        """Put the cursor on a request, now or when the list shows it again."""
        there = self._go_to(request_id)
        self._awaited, self._await_until = None if there else request_id, self._clock() + AWAIT_S

    def await_nothing(self) -> None:
        """Leave the cursor where it is: nothing comes back."""
        self._awaited = None

    def came_back(self) -> bool:
        """Put the cursor on what is awaited, if it is among the rows now; returns whether it was."""
        came = self.awaits and self._awaited is not None and self._go_to(self._awaited)
        if came or not self.awaits:
            self.await_nothing()
        return came


class HeldDecisions:
    """Knows what this person holds, and what each keystroke decided.

    ``brought_back`` is called with the requests that were taken back, and how each was marked when it was decided; it
    returns a sentence where the list does not show them. ``refused`` is called with a decision that was not made,
    before why is said.
    """

    def __init__(
        self,
        pane: ListPort[ManagerDesk],
        brought_back: Callable[[Sequence[RequestCopy], Mapping[UUID, RequestCopy]], str],
        refused: Callable[[Decide], None],
    ) -> None:
        self._pane = pane
        self._brought_back = brought_back
        self._refused = refused
        self.cursor = CursorReturn(pane.go_to)
        self.under_way = UnderWay()
        self.undoing = UnderWay()
        """Each from the key that takes back to its end: a decision that is pressed meanwhile waits for it."""
        self.taking_back: frozenset[UUID] = frozenset()
        """What is about to be pending again, so that it can be decided anew at once."""
        self.copies: list[RequestCopy] = []
        """The decisions that are held, the first to be sent first."""
        self._begun: dict[UUID, UUID] = {}
        """By command key: the request of each decision under way that was not undone, the oldest first."""
        self._batches: list[tuple[RequestCopy, ...]] = []
        """What each key press of this person decided, the newest last."""
        self._marked_as: dict[UUID, RequestCopy] = {}
        """What was decided because it was marked, as it was on the screen when it was."""

    def text(self) -> str:
        """Return what is held, and how to take it back; empty when nothing is."""
        held = {row.id for row in self.copies}
        batches = (tuple(copy for copy in batch if copy.id in held) for batch in reversed(self._batches))
        last = next((batch for batch in batches if batch), ())
        return held_text(self.copies, self._pane.now(), last, *self._send_and_undo())

    def _send_and_undo(self) -> tuple[str, str]:
        return self._pane.key("manager.send", "S"), self._pane.key("manager.undo", "u")

    @property
    def undoes(self) -> bool:
        """Whether there is a decision that can be taken back."""
        return meant(self.copies, self._pane.current) != (None, None)

    def decide(
        self,
        command: Decide,
        later: Callable[[Act], object],
        meant: Callable[[], bool],
    ) -> None:
        """Execute a decision once what is being taken back is back, and where its key was ``meant``.

        That is known a moment later: ``later`` is given what is to be done then.
        """
        key, end = uuid4(), self.under_way.begin()
        self._begun[key] = command.id

        def over() -> None:
            self._begun.pop(key, None)
            end()

        def ended(result: Result | None, error: Exception | None) -> None:
            self._settled(command, result, error)
            over()

        waits_for = 2

        def ready() -> None:
            nonlocal waits_for
            waits_for -= 1
            if not waits_for:
                self._pane.command(lambda desk: desk.execute(key, command, desk.hold_s), ended)

        self.undoing.after(ready)
        later(lambda: ready() if meant() else over())

    def _settled(self, command: Decide, result: Result | None, error: Exception | None) -> None:
        """Note and say what became of a request that a key decided."""
        if error is not None:
            self._refused(command)
            self._pane.notice(sentence(error), "trouble")
            return
        assert result is not None
        copy = result.copy
        self._marked_as.pop(command.id, None)
        self._batches.append((copy,))
        if copy.delivery is Delivery.HELD:
            self.copies = [row for row in self.copies if row.id != copy.id] + [copy]
            self._pane.notice(self.text(), "good", 0)
        else:
            self._pane.notice(f"{status_text(copy.status)} {copy.number}", "good")

    def decided(self, batch: Batch, error: Exception | None) -> None:
        """Note and say what became of several requests that one keystroke decided."""
        if not batch.done:
            self._pane.notice(_nothing(batch, error), "trouble")
            return
        copies = tuple(batch.done)
        done = {copy.id for copy in copies}
        self._marked_as |= {copy.id: copy for copy in batch.copies if copy.id in done}
        self._batches.append(copies)
        held = {copy.id: copy for copy in copies if copy.delivery is Delivery.HELD}
        self.copies = [row for row in self.copies if row.id not in held] + list(held.values())
        if held:
            self._pane.notice(self.text(), "good", 0)
        else:
            self._pane.notice(f"{status_text(copies[0].status)} {len(copies):,}", "good")

    def undo(self) -> None:
        """Take back what the last keystroke decided, all of it, while it is held; the cursor is there again at once."""
        going = self._begun.popitem()[1] if self._begun else None
        over = self.undoing.begin()
        if going is not None:
            self._return_from(frozenset({going}))
        self.under_way.after(lambda: self._undo(over, going))

    def _return_from(self, ids: frozenset[UUID]) -> None:
        self.taking_back |= ids
        if len(ids) == 1:
            self.cursor.return_to(*ids)

    def _undo(self, over: Act, gone_to: UUID | None) -> None:
        copies = self._undoable()
        if not copies:
            on_its_row = ON_ITS_ROW.format(*self._send_and_undo())
            self._pane.notice(on_its_row if self.copies else "There is nothing to undo.")
            self._undone(frozenset(), over)
            return
        batch = Batch(copies, [Undo(copy.id, self._pane.person) for copy in copies])
        ids = frozenset(copy.id for copy in copies)
        if ids != {gone_to}:
            self._return_from(ids)
        if len(copies) > 1:
            self._pane.notice(f"Taking {len(copies):,} back …", "", 60)

        def ended(_: Result | None, error: Exception | None) -> None:
            self.copies = [row for row in self.copies if row.id not in ids]
            self._say_undone(batch, error)
            self._undone(ids, over)

        self._pane.command(batch.run, ended)

    def _undone(self, ids: frozenset[UUID], over: Act) -> None:
        over()
        self.taking_back = self.taking_back - ids if self.undoing.busy else frozenset()

    def _say_undone(self, batch: Batch, error: Exception | None) -> None:
        if not batch.done:
            self.cursor.await_nothing()
            self._pane.notice(_nothing(batch, error), "trouble")
            return
        done = {row.id for row in batch.done}
        as_marked = {request_id: self._marked_as.pop(request_id) for request_id in done & self._marked_as.keys()}
        if unseen := self._brought_back(batch.done, as_marked):
            self.cursor.await_nothing()
        late = f"; {len(batch.failed):,} were not: {batch.failed[0].why}" if batch.failed else ""
        back = batch.done[0]
        which = f"{back.number} is" if len(batch.copies) == 1 else f"{len(batch.done):,} are"
        text = f"↶ {which} {back.status} again: nothing was sent{late}. {unseen}".rstrip()
        self._pane.notice(text, "trouble" if late else "good")

    def _undoable(self) -> tuple[RequestCopy, ...]:
        """Return what the next undo means: an overdue decision on its row, else the last keystroke's that is held.

        When nothing is held any more it is the last keystroke of all, so that the person is told that it is too late.
        """
        only, last = meant(self.copies, self._pane.current)
        if only is not None:
            return tuple(row for row in self.copies if row.id == only)
        held = {row.id for row in self.copies if not row.overdue}
        while len(self._batches) > 1 and not any(copy.id in held for copy in self._batches[-1]):
            self._batches.pop()
        mine = self._batches.pop() if self._batches else ()
        if any(copy.id in held for copy in mine):
            return tuple(copy for copy in mine if copy.id in held)
        return tuple(row for row in self.copies if row.id == last) or mine

    @property
    def _kafka_away(self) -> bool:
        """Whether Kafka is known to be away, as the health line says."""
        health = self._pane.health
        return health is not None and health.kafka.state is PartState.DOWN

    def send_now(self) -> None:
        """Send everything that is held."""
        self.under_way.after(self._send_now)

    def _send_now(self) -> None:
        only, last = meant(self.copies, self._pane.current)
        if last is None:
            on_its_row = ON_ITS_ROW.format(*self._send_and_undo())
            self._pane.notice(on_its_row if self.copies else "Nothing is held.")
            return

        mine = [row for row in self.copies if (row.id == only if only else not row.overdue)]
        count = len(mine)

        def send(desk: ManagerDesk) -> Result:
            nonlocal count
            count = max(count, desk.send_now(only))
            return Result(desk.detail(last).copy)

        def ended(_: Result | None, error: Exception | None) -> None:
            self.copies = [row for row in self.copies if row.overdue and row.id != only]
            notice = sentence(error) if error else sent_text(mine[0], count, away=self._kafka_away)
            self._pane.notice(notice, "trouble" if error else "good")

        self._pane.command(send, ended)


def sent_text(copy: RequestCopy, count: int, *, away: bool) -> str:
    """Return what was sent: the one decision with its amount, or how many; with Kafka ``away`` it was released only."""
    money = f" {copy.terms.money}" if copy.terms is not None else ""
    if away:
        leaving = f"{count:,} decisions leave" if count > 1 else f"{copy.number}{money} leaves"
        return f"Released: {leaving} when Kafka answers."
    return f"Sent: {count:,} decisions." if count > 1 else f"Sent: {copy.number}{money} is {copy.status}."


def _nothing(batch: Batch, error: Exception | None) -> str:
    """Return why nothing of a batch was done."""
    if batch.first is not None:
        return sentence(batch.first)
    return "Nothing was changed." if error is None or isinstance(error, NothingDone) else sentence(error)
