"""The dialog that asks before several requests are decided, and then shows the progress."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Static

from paydesk.domain.copy import RequestCopy
from paydesk.domain.money import totals
from paydesk.domain.text import clean, counted
from paydesk.manager.bulk import Batch, NotDone, Plan
from paydesk.tui.keys.names import key_named
from paydesk.tui.screens.base import sentence

PROGRESS_S = 0.1
READ_S = 1.0
"""How often the question is read anew at most while other rows than the marked ones change: one may look like them."""
_BAR_CELLS = 40


@dataclass(frozen=True, slots=True)
class BulkQuestion:
    """What is asked: the plan, and what else a person should know before ``y``."""

    plan: Plan
    hidden: int = 0
    cause: str = ""
    warnings: tuple[str, ...] = ()
    beyond: int = 0
    """How many are decided that were marked beyond the rows that the list held."""


@dataclass
class QuestionRead(Message):
    """The preview of what would be decided is ready, or could not be read."""

    question: BulkQuestion | Exception


class BulkDialog(ModalScreen[bool]):
    """``y`` decides, enter does nothing, esc keeps them; while it runs, esc stops it half-way.

    Returns whether what was decided is to be taken back: ``u`` stops it and says so.

    Args:
        word: ``Approve`` or ``Reject``.
        marked: The requests that were marked.
        read: Reads what there is to ask; called in a thread.
        start: Starts what was planned; called on the loop after ``y``.
        hold_s: The seconds for which the decisions are held.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "yes", "Yes", id="bulk.yes"),
        Binding("u", "undo", "Stop, and take back", id="bulk.undo"),
        Binding("escape,n,q", "leave", "No, or stop", id="bulk.no", key_display="esc"),
    ]
    AUTO_FOCUS = "#bulk-body"

    def __init__(
        self,
        word: str,
        marked: Sequence[RequestCopy],
        read: Callable[[], BulkQuestion],
        start: Callable[[Plan], Batch],
        hold_s: float,
    ) -> None:
        super().__init__()
        self._word = word
        self._marked = frozenset(copy.id for copy in marked)
        self._read = read
        self._start = start
        self._hold_s = hold_s
        self._bulk_question: BulkQuestion | None = None
        self._trouble = ""
        self._stale = False
        self.running: Batch | None = None
        self._over = False
        self._takes_back = False

    def compose(self) -> ComposeResult:
        """Lay out the question, what it is about, and the keys."""
        with Vertical(classes="dialog"):
            yield Static(id="bulk-title", classes="dialog-title", markup=False)
            with VerticalScroll(id="bulk-body"):
                yield Static(id="bulk-lines", markup=False)
            yield Static(id="bulk-keys", classes="dialog-keys", markup=False)

    def on_mount(self) -> None:
        """Read anew what was marked: it may have changed since."""
        self._paint()
        self._read_marks()
        self.set_interval(PROGRESS_S, self._paint_progress)
        self.set_interval(READ_S, self._read_stale)

    def rows_changed(self, ids: Collection[UUID]) -> None:
        """Ask again after a change, with the number, the sums and the duplicates that ``y`` would decide now."""
        if self.running is None and not self._marked.isdisjoint(ids):
            self._read_marks()
        else:
            self._stale = True

    def _read_stale(self) -> None:
        if self._stale and self.running is None:
            self._read_marks()

    def _read_marks(self) -> None:
        self._stale = False
        self.run_worker(self._read_question, thread=True, group="bulk", exclusive=True, exit_on_error=False)

    def _read_question(self) -> None:
        try:
            self.post_message(QuestionRead(self._read()))
        except Exception as error:
            self.post_message(QuestionRead(error))

    @on(QuestionRead)
    def _was_read(self, message: QuestionRead) -> None:
        if self.running is not None:
            return
        if isinstance(message.question, Exception):
            self._trouble = sentence(message.question)
        else:
            self._bulk_question, self._trouble = message.question, ""
        self._paint()

    def _paint_progress(self) -> None:
        if self.running is not None and not self._over:
            self._paint()

    def action_yes(self) -> None:
        """Decide what the question names; only once, and only when there is something to decide."""
        if self._bulk_question is not None and self._bulk_question.plan.chosen and self.running is None:
            self.running = self._start(self._bulk_question.plan)
            self._paint()

    def action_leave(self) -> None:
        """Keep them; or stop after the one under way; or close the account of what was done."""
        if self.running is None or self._over:
            self.dismiss(False)
        else:
            self.running.end()

    def action_undo(self) -> None:
        """Stop, and take back what was decided so far."""
        if self.running is None:
            return
        self._takes_back = True
        if self._over:
            self.dismiss(True)
        else:
            self.running.end()
            self._paint()

    def finished(self) -> None:
        """Show what was not done, or close when all was."""
        self._over = True
        assert self.running is not None
        if self._takes_back or (not self.running.failed and self.running.reached == len(self.running.copies)):
            self.dismiss(self._takes_back)
        else:
            self._paint()

    def _paint(self) -> None:
        if self._over or self.running is not None:
            title, lines, keys = self._account()
        else:
            title, lines, keys = self._question()
        self.query_one("#bulk-title", Static).update(Content(clean(title)))
        self.query_one("#bulk-lines", Static).update(Content("\n").join(lines))
        self.query_one("#bulk-keys", Static).update(clean(keys))

    def _question(self) -> tuple[str, list[Content], str]:
        count = len(self._marked)
        title = f"{self._word} {count} marked request{'s' if count > 1 else ''}?"
        if self._trouble:
            return title, [Content.styled(f"✗ {clean(self._trouble)}", "$error")], "esc keeps them"
        if self._bulk_question is None:
            return title, [Content.styled("reading them …", "$secondary")], "esc keeps them"
        chosen = self._bulk_question.plan.chosen
        yes = key_named(self.app, "bulk.yes", "y")
        keys = f"{yes} {self._word.lower()} {len(chosen)}   esc keeps them" if chosen else "esc keeps them"
        return title, list(self._asked(self._bulk_question)), keys

    def _asked(self, question: BulkQuestion) -> Iterator[Content]:
        chosen, skipped = question.plan.chosen, question.plan.skipped
        if chosen:
            yield Content.assemble((clean(sums_text(chosen)), "bold $accent"), f"   {counted(len(chosen), 'request')}")
        else:
            yield Content("Nothing of this can be decided.")
        if chosen and question.cause:
            yield Content(clean(question.cause, 600))
        if question.beyond:
            they = "was" if question.beyond == 1 else "were"
            text = f"{question.beyond:,} of these {they} marked beyond the rows that the list held: perhaps not seen"
            yield Content.styled(text, "$warning")
        if question.hidden:
            are = "is" if question.hidden == 1 else "are"
            yield Content.styled(f"{question.hidden:,} of the marks {are} not shown by the filter", "$warning")
        yield from (Content.styled(f"⚠ {clean(warning, 300)}", "$warning") for warning in question.warnings)
        if skipped:
            yield Content.styled(f"{len(skipped)} skipped:", "$secondary")
            yield from _reasons(skipped)
        if chosen and self._hold_s:
            yield Content.styled(f"Each is held {self._hold_s:g} s; u takes them all back.", "$secondary")

    def _account(self) -> tuple[str, list[Content], str]:
        batch = self.running
        assert batch is not None
        done, failed, all_ = batch.reached - len(batch.failed), len(batch.failed), len(batch.copies)
        filled = _BAR_CELLS * batch.reached // max(1, all_)
        if not self._over:
            bar = Content.assemble(("━" * filled, "$accent"), ("─" * (_BAR_CELLS - filled), "$secondary"))
            lines = [bar, Content(f"{batch.reached:,} of {all_:,}" + (f", {failed:,} refused" if failed else ""))]
            undo = key_named(self.app, "bulk.undo", "u")
            keys = f"esc stops here   {undo} stops, and takes back what is held" if self._hold_s else "esc stops here"
            return f"{self._word} …", lines, "stopping …" if self._takes_back else keys
        left = all_ - batch.reached
        lines = [Content(f"{done:,} of {all_:,} decided")]
        if left:
            lines.append(Content(f"{left:,} not tried; they stay marked"))
        lines += _reasons(batch.failed)
        return f"{self._word}: not all was done", lines, "esc closes"


def sums_text(copies: Sequence[RequestCopy]) -> str:
    """Return the sum of these requests, currency by currency."""
    return " and ".join(str(money) for money in totals(copy.terms.money for copy in copies if copy.terms))


def _reasons(reasons: Sequence[NotDone]) -> Iterator[Content]:
    return (Content(f"  {clean(str(reason), 400)}") for reason in reasons)
