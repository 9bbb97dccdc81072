"""What deciding means while requests are marked: all of those, after a question."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from paydesk.domain import duplicates
from paydesk.domain.commands import decision_on
from paydesk.domain.copy import RequestCopy
from paydesk.domain.decision import Cause
from paydesk.infra.core.query import PageQuery, Result
from paydesk.manager.bulk import Batch, Plan, planned
from paydesk.manager.dialogs.bulk import BulkDialog, BulkQuestion, sums_text
from paydesk.manager.dialogs.reject import CauseDialog
from paydesk.manager.inbox_rows import filtered_out
from paydesk.manager.port import ManagerDesk
from paydesk.tui.port import ListPort

_WARNINGS = 5


def read_question(
    desk: ManagerDesk,
    copies: Sequence[RequestCopy],
    cause: Cause | None,
    shown: PageQuery,
    now: datetime,
    beyond: frozenset[UUID] = frozenset(),
) -> BulkQuestion:
    """Read the marked requests anew, and what a person should know before ``y``; called in a thread.

    Args:
        desk: The desk that reads.
        copies: The requests as they were when they were marked.
        cause: Why they are rejected; None: they are approved.
        shown: The query of the list; marks that its filter hides are counted.
        now: The time.
        beyond: The requests that were marked while the list did not hold their rows; those are counted too.

    Raises:
        ServerDown: The database cannot be read.
    """
    newest = {copy.id: copy for copy in desk.copies([copy.id for copy in copies])}
    plan = planned(copies, newest, desk.person, cause, now)
    asked = [asking for copy in plan.chosen if (asking := duplicates.Asking.of(copy)) is not None]
    alike = desk.alike(asked) if cause is None else {}
    warnings = [f"{copy.number} looks like {alike[copy.id][0]}" for copy in plan.chosen if copy.id in alike]
    more = [f"and {len(warnings) - _WARNINGS:,} more look like others"] if len(warnings) > _WARNINGS else []
    why = cause.text if cause is not None else ""
    unseen = sum(copy.id in beyond for copy in plan.chosen)
    return BulkQuestion(
        plan, len(filtered_out(newest.values(), shown, now)), why, (*warnings[:_WARNINGS], *more), unseen
    )


def cause_dialog(copies: Sequence[RequestCopy], kept: Cause | None) -> CauseDialog:
    """Return the dialog that asks why all of these are rejected; ``kept`` is what was typed about them before."""
    subject = f"Reject {len(copies):,} marked", sums_text(copies)
    return CauseDialog(subject, "picks the cause", "goes on", kept)


class BulkActions:
    """Asks, and decides each by itself. ``begun`` is called with a plan after ``y``, ``ended`` with its batch."""

    def __init__(
        self,
        pane: ListPort[ManagerDesk],
        begun: Callable[[Plan], None],
        ended: Callable[[Batch, Exception | None], None],
    ) -> None:
        self._pane = pane
        self._begun = begun
        self._ended = ended

    def question(
        self,
        desk: ManagerDesk,
        copies: Sequence[RequestCopy],
        cause: Cause | None,
        shown: PageQuery,
        beyond: frozenset[UUID] = frozenset(),
    ) -> BulkDialog:
        """Return the dialog about these marks as they are; nothing is decided before ``y``.

        Args:
            desk: The desk that reads and decides.
            copies: The requests as they were when they were marked.
            cause: Why they are rejected; None: they are approved.
            shown: The query of the list.
            beyond: The requests that were marked while the list did not hold their rows.
        """

        def read() -> BulkQuestion:
            return read_question(desk, copies, cause, shown, self._pane.now(), beyond)

        def start(plan: Plan) -> Batch:
            commands = [decision_on(copy, desk.person, cause) for copy in plan.chosen]
            return self.start(plan, Batch(plan.chosen, commands, desk.hold_s), dialog)

        dialog = BulkDialog("Approve" if cause is None else "Reject", copies, read, start, desk.hold_s)
        return dialog

    def start(self, plan: Plan, batch: Batch, dialog: BulkDialog) -> Batch:
        """Decide what was asked about, each by itself; the dialog shows how far it is."""
        self._begun(plan)

        def ended(_: Result | None, error: Exception | None) -> None:
            self._ended(batch, error)
            if dialog.is_attached:
                dialog.finished()

        self._pane.command(batch.run, ended)
        return batch
