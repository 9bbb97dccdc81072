"""One request in full: status, the whole cause, terms and timeline; plain text that can be copied."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any, ClassVar
from uuid import UUID

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Footer, Static

from paydesk.domain.copy import RequestCopy, RequestDetail, Step
from paydesk.domain.decision import Outcome
from paydesk.domain.duplicates import Alike, Asking
from paydesk.domain.payment_request import describe_changes, typed_fields
from paydesk.domain.status import Status
from paydesk.domain.text import clean
from paydesk.infra.pages import News
from paydesk.tui.desk_pane import DeskPane
from paydesk.tui.lines import HealthLine, Line, TopLine
from paydesk.tui.messages import DetailRead, ReadFailed
from paydesk.tui.own_screen import OwnScreen, sentence
from paydesk.tui.port import Desk
from paydesk.tui.wording import clock_text, day_text, delivery_text, moment_text, span_text, state_text, status_text

_STEPS = {
    "requested": "requested",
    "revised": "revised",
    "withdrawal_requested": "asked to withdraw",
    "accepted": "accepted",
    "rejected": "rejected",
    "withdrawn": "withdrawal confirmed",
    "held": "decided, held",
    "quarantined": "message quarantined",
    "parked": "message parked",
    "locked": "locked",
    "settled": "settled",
    "lost": "lost",
}


class DetailScreen(OwnScreen[None]):
    """A role's detail adds its keys; whatever changes behind it is painted here too."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "copy_number", "Copy number", show=False, id="detail.copy"),
        Binding("r", "read", "Reload", show=False, id="detail.reload"),
        Binding("j,down", "scroll(2)", "Down", show=False, id="detail.down", key_display="j ↓"),
        Binding("k,up", "scroll(-2)", "Up", show=False, id="detail.up", key_display="k ↑"),
        Binding("colon", "app.command_palette", "Commands", show=False, id="detail.palette", key_display=": ^p"),
        Binding("question_mark", "app.help", "Keys", id="detail.help", key_display="?"),
        Binding("q,escape", "back", "Back", id="detail.back", key_display="q"),
    ]

    def __init__(self, pane: DeskPane[Any], copy: RequestCopy) -> None:
        super().__init__()
        self.pane = pane
        self.copy = copy
        self.detail: RequestDetail | None = None
        self.alike: Sequence[Alike] = ()

    def compose(self) -> ComposeResult:
        """Lay out facts and timeline, beside each other where there is room."""
        yield TopLine(id="top")
        with VerticalScroll(id="detail-body", can_focus=True), Horizontal(id="detail-columns"):
            yield Static(id="facts", markup=False)
            yield Static(id="timeline", markup=False)
        yield Line(id="notice")
        yield HealthLine(id="health")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Show what the list knew already, then read the rest."""
        self.pane.tell()
        self.paint()
        self.read()

    def read(self, news: News | None = None) -> None:
        """Read the request again, unless the news are about others."""
        others = news is not None and news.changed is not None and self.copy.id not in news.changed
        if self.pane.desk is not None and not others:
            work = partial(self._read, self.pane.desk, self.copy.id)
            self.run_worker(work, thread=True, group="detail", exit_on_error=False)

    def _read(self, desk: Desk, request_id: UUID) -> None:
        try:
            found = desk.detail(request_id)
            asking = Asking.of(found.copy) if found.copy.status is Status.PENDING else None
            alike = desk.alike([asking]).get(request_id, ()) if asking is not None else ()
            self.post_message(DetailRead(found, alike))
        except Exception as error:
            self.post_message(ReadFailed(error))

    @on(DetailRead)
    def _detail_read(self, message: DetailRead) -> None:
        self.detail, self.copy, self.alike = message.detail, message.detail.copy, message.alike
        self.paint()

    @on(ReadFailed)
    def _read_failed(self, message: ReadFailed) -> None:
        self.pane.notice(sentence(message.error), "trouble")

    def where(self) -> str:
        """Return which request this is."""
        return f"  {self.copy.number}"

    def on_resize(self) -> None:
        """Wrap anew."""
        self.call_after_refresh(self.paint)

    def paint(self) -> None:
        """Show what is known."""
        now = self.pane.now()
        said, told = self.query_one("#facts", Static), self.query_one("#timeline", Static)
        told_of = [*facts(self.copy, now, said.content_size.width), *warnings(self.alike)]
        said.update(Content("\n").join(told_of))
        lines = [Content.styled("reading …", "$secondary")]
        if self.detail is not None:
            lines = list(timeline(self.detail, told.content_size.width))
        told.update(Content("\n").join(lines))

    def action_back(self) -> None:
        """Go back to the list."""
        self.dismiss(None)

    def action_copy_number(self) -> None:
        """Send the number to the terminal's clipboard."""
        self.pane.copy_number(self.copy.number)

    def action_read(self) -> None:
        """Read the request again."""
        self.read()

    def action_scroll(self, by: int) -> None:
        """Scroll by lines."""
        self.query_one("#detail-body").scroll_relative(y=by, animate=False)


def indented(before: Content, text: str, width: int, style: str = "") -> Content:
    """Return text after ``before``, whose further lines begin below its first."""
    indent = before.cell_length
    told = Content.styled(text, style) if style else Content(text)
    first, *others = told.wrap(max(10, width - indent)) or [told]
    return Content("\n").join([Content.assemble(before, first), *(Content.assemble(" " * indent, x) for x in others)])


def facts(copy: RequestCopy, now: datetime, width: int) -> Iterator[Content]:
    """Yield number, status, cause, terms and what lapsed, a line each."""
    terms = copy.terms
    look = {Status.ACCEPTED: "$success", Status.REJECTED: "$error"}.get(copy.status, "$foreground")
    look = "$error" if copy.locked else look
    money = str(terms.money) if terms else "(the request itself has not arrived here yet)"
    yield Content.assemble((f"{clean(copy.number)}   {clean(money)}", "bold"))
    yield Content.assemble((state_text(copy, now), look), (f"   {delivery_text(copy)}", "$secondary"))
    decision = copy.decision
    if copy.locked:
        yield from _locked_facts(copy, width)
    if decision is not None and decision.cause is not None and decision.outcome is Outcome.NONE:
        by, revision = clean(decision.decided_by or "someone"), decision.revision
        yield Content("")
        yield Content.styled(f"Rejected by {by}, revision {revision}, {moment_text(decision.decided_at)}", "$secondary")
        yield Content(clean(decision.cause.text, 1000))
    elif decision is not None and decision.outcome is Outcome.ACCEPTED:
        by = clean(decision.decided_by or "someone")
        yield Content.styled(
            f"Approved by {by}, revision {decision.revision}, {moment_text(decision.decided_at)}", "$secondary"
        )
    yield Content("")
    if terms is not None:
        fields = typed_fields(terms) | {"contractor": copy.contractor, "revision": str(copy.revision)}
        for name in ("contractor", "description", "reference", "due_date", "document", "pay_to", "revision"):
            if fields[name]:
                label = Content.styled(f"{name.replace('_', ' '):<13}", "$secondary")
                yield indented(label, clean(fields[name], 600), width)
    yield Content.styled(f"{'id':<13}{copy.id}" if width >= 49 else str(copy.id), "$secondary")
    if copy.lapsed and copy.request is not None and terms is not None:
        yield Content("")
        came = describe_changes(terms, copy.request.terms) or ["a withdrawal was asked"]
        yield Content.styled("Came after it was accepted, and lapsed: " + clean("; ".join(came), 900), "$warning")


def warnings(alike: Sequence[Alike]) -> Iterator[Content]:
    """Yield which other requests this one looks like, and why."""
    for each in alike:
        yield Content.styled(f"⚠ Looks like {clean(str(each), 300)}", "$warning")


def _locked_facts(copy: RequestCopy, width: int) -> Iterator[Content]:
    """Yield what it means that a request is locked, and what to do about it."""
    told = f"Its two sides said different final things; here it is {status_text(copy.status)}."
    if copy.locked_why:
        told += f" This side knows: {copy.locked_why}."
    yield indented(Content(""), clean(told, 600), width, "$error")
    todo = "`paydesk doctor` shows both versions. Agree with the other side; `settle` on the command line notes how,"
    if copy.settled:
        todo = "This side noted how it was settled: the timeline tells. It stays locked,"
    yield indented(Content(""), f"{todo} and the contractor may ask anew (n, new like this).", width, "$secondary")


def timeline(detail: RequestDetail, width: int) -> Iterator[Content]:
    """Yield each step, under its day, with how long it took since the one before."""
    yield Content.styled("Timeline", "$secondary")
    day, before = "", None
    for at, words, told in sorted(_steps(detail), key=lambda step: step[0]):
        if day_text(at) != day:
            day = day_text(at)
            yield Content.styled(day, "$secondary")
        took = span_text((at - before).total_seconds()) if before is not None else ""
        yield Content.assemble((f"{clock_text(at)}  ", "$secondary"), clean(f"{words:<27}"), (took, "$secondary"))
        if told:
            yield indented(Content(" " * 10), clean(told, 900), width, "$secondary")
        before = at


def _steps(detail: RequestDetail) -> Iterator[tuple[datetime, str, str]]:
    """Yield moment, words and what was said; that the other side saw it is known only once it decided."""
    received = detail.copy.decision.received_at if detail.copy.decision is not None else None
    asked: datetime | None = None
    for step, changes in detail.changes():
        asks = step.kind in ("requested", "revised", "withdrawal_requested")
        if step.kind in ("accepted", "rejected", "held") and received is not None and asked and asked < received:
            yield received, "seen by the manager's side", ""
        who = f" by {step.actor}" if step.actor and step.kind in ("accepted", "rejected", "held", "settled") else ""
        lapsed = ", lapsed" if detail.lapsed(step) else ""
        yield step.at, _STEPS.get(step.kind, step.kind) + who + lapsed, _told(step, changes)
        if step.delivered_at is not None and step.delivered_at > step.at:
            yield step.delivered_at, "sent" if asks else "delivered", ""
        asked = step.at if asks else None


def _told(step: Step, changes: Sequence[str]) -> str:
    """Return what a step said: of a revision what it changed, where the one before it is known."""
    if changes:
        return "; ".join(changes)
    return " · ".join(part for part in (str(step.money) if step.money else "", step.text) if part)
