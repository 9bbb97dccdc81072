"""What deciding means while requests are marked: all of those, after a question."""

from functools import partial
from typing import ClassVar
from uuid import uuid4

from textual.binding import BindingType

from paydesk.domain import duplicates
from paydesk.domain.copy import RequestCopy
from paydesk.domain.decision import Cause
from paydesk.domain.filters import Asker
from paydesk.infra.core.query import PageQuery, Result
from paydesk.manager.batch import Batch, Plan, planned, terms_seen
from paydesk.manager.bulk import Asking, BulkDialog, sums_text
from paydesk.manager.forms import CauseDialog
from paydesk.manager.marking import Marking
from paydesk.manager.port import ManagerDesk

_WARNINGS = 5


class DecidingMarked(Marking, inherit_bindings=False):
    """With marks, ``a`` and ``x`` mean the marks, and always ask."""

    BINDINGS: ClassVar[list[BindingType]] = Marking.BINDINGS

    def action_approve(self) -> None:
        """Approve the marked requests after ``y``; without marks, the one under the cursor."""
        if not self.marks:
            super().action_approve()
        elif self.on_purpose("a"):
            self._ask(None)

    def action_reject(self) -> None:
        """Ask why, then reject the marked requests after ``y``; without marks, the one under the cursor."""
        if not self.marks:
            super().action_reject()
        elif self.on_purpose("x"):

            def caused(cause: Cause | None) -> None:
                if cause is not None:
                    self._ask(cause)

            what = f"Reject {len(self.marks):,} marked", sums_text(list(self.marks.values()))
            self.app.push_screen(CauseDialog(what, "picks the cause", "goes on"), caused)

    def _ask(self, cause: Cause | None) -> None:
        """Ask about the marks as they are; nothing is decided before ``y``."""
        desk, copies = self.desk, list(self.marks.values())
        if desk is None:
            return
        read = partial(self._asking, desk, copies, cause, self.wanted())
        start = partial(self._start, cause)
        word = "Approve" if cause is None else "Reject"

        def closed(takes_back: bool | None) -> None:
            if takes_back:
                self.action_undo()

        self.app.push_screen(BulkDialog(word, len(copies), read, start, desk.hold_s), closed)

    def _asking(self, desk: ManagerDesk, copies: list[RequestCopy], cause: Cause | None, shown: PageQuery) -> Asking:
        """Read what was marked; called in a thread."""
        now = self.now()
        newest = {copy.id: copy for copy in desk.copies([copy.id for copy in copies])}
        asker = Asker(shown.person, now)
        hidden = [
            copy
            for copy in newest.values()
            if (shown.statuses and copy.status not in shown.statuses) or not shown.filter.matches(copy, asker)
        ]
        plan = planned(copies, newest, desk.person, cause, now)
        asked = [each for copy in plan.chosen if (each := duplicates.Asking.of(copy)) is not None]
        alike = desk.alike(asked) if cause is None else {}
        warnings = [f"{copy.number} looks like {alike[copy.id][0]}" for copy in plan.chosen if copy.id in alike]
        more = [f"and {len(warnings) - _WARNINGS:,} more look like others"] if len(warnings) > _WARNINGS else []
        why = cause.text if cause is not None else ""
        return Asking(plan, len(hidden), why, (*warnings[:_WARNINGS], *more))

    def _start(self, cause: Cause | None, plan: Plan) -> Batch:
        """Decide what was asked about, each by itself."""
        for changed in plan.changed:
            self.marks.pop(changed, None)
        keys = {copy.id: uuid4() for copy in plan.chosen}

        def act(desk: ManagerDesk, copy: RequestCopy, rest_s: float) -> None:
            desk.decide(keys[copy.id], copy.id, *terms_seen(copy), cause, rest_s)

        batch = Batch(plan.chosen, act)

        def ended(_: Result | None, error: Exception | None) -> None:
            for done in batch.done:
                self.marks.pop(done.id, None)
            self.marked()
            self.decided(batch, error)
            for screen in self.app.screen_stack:
                if isinstance(screen, BulkDialog) and screen.running is batch:
                    screen.finished()

        self.command(batch.run, ended)
        return batch
