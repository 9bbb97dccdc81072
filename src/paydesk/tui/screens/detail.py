"""One request in full, on a screen of its own."""

from collections.abc import Sequence
from functools import partial
from typing import ClassVar
from urllib.parse import urlsplit
from uuid import UUID

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from paydesk.domain.copy import RequestCopy, RequestDetail
from paydesk.domain.doubts import look_alikes
from paydesk.domain.duplicates import Alike, Asking
from paydesk.domain.status import DECIDABLE
from paydesk.domain.text import clean
from paydesk.infra.core.query import News
from paydesk.tui.messages import DetailRead, ReadFailed
from paydesk.tui.port import Desk, PanePort
from paydesk.tui.screens.base import OwnScreen, sentence
from paydesk.tui.screens.dialogs import Confirm
from paydesk.tui.text.request import facts, timeline, warnings


class DetailScreen(OwnScreen[None]):
    """A role's detail adds its keys; whatever changes behind it is painted here too."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "copy_number", "Copy number", show=False, id="detail.copy"),
        Binding("r", "read", "Reload", show=False, id="detail.reload"),
        Binding("j,down", "scroll(2)", "Down", show=False, id="detail.down", key_display="j ↓"),
        Binding("k,up", "scroll(-2)", "Up", show=False, id="detail.up", key_display="k ↑"),
        Binding("g,home", "go(False)", "To the top", show=False, id="detail.first", key_display="g"),
        Binding("G,end", "go(True)", "To the end", show=False, id="detail.last", key_display="G"),
        Binding("ctrl+d,pagedown", "page(1)", "Page down", show=False, id="detail.page_down", key_display="^d"),
        Binding("ctrl+u,pageup", "page(-1)", "Page up", show=False, id="detail.page_up", key_display="^u"),
        Binding("colon", "app.command_palette", "Commands", show=False, id="detail.palette", key_display=": ^p"),
        Binding("question_mark", "app.help", "Keys", id="detail.help", key_display="?"),
        Binding("q,escape", "back", "Back", id="detail.back", key_display="q"),
    ]

    def __init__(self, pane: PanePort[Desk], copy: RequestCopy) -> None:
        super().__init__()
        self.pane = pane
        self.copy = copy
        self.detail: RequestDetail | None = None
        self.alike: Sequence[Alike] = ()

    def body(self) -> ComposeResult:
        """Lay out facts and timeline, beside each other where there is room."""
        with VerticalScroll(id="detail-body", can_focus=True), Horizontal(id="detail-columns"):
            yield Static(id="facts", markup=False)
            yield Static(id="timeline", markup=False)

    def on_mount(self) -> None:
        """Show what the list knew already, then read the rest."""
        self.pane.show_health()
        self.paint()
        self.read()

    def show_other(self, copy: RequestCopy) -> None:
        """Show another request from now on."""
        self.copy, self.detail, self.alike = copy, None, ()
        self.refresh_bindings()
        self.pane.show_health()
        self.paint()
        self.action_go(False)
        self.read()

    def read(self, news: News | None = None) -> None:
        """Read the request again, unless the news are about others."""
        if self.pane.desk is not None and (news is None or news.about(self.copy.id)):
            work = partial(self._read, self.pane.desk, self.copy.id)
            self.run_worker(work, thread=True, group="detail", exit_on_error=False)

    def _read(self, desk: Desk, request_id: UUID) -> None:
        try:
            detail = desk.detail(request_id)
            asking = Asking.of(detail.copy) if detail.copy.status in DECIDABLE else None
            alike = desk.alike([asking]).get(request_id, ()) if asking is not None else ()
            self.post_message(DetailRead(detail, alike))
        except Exception as error:
            self.post_message(ReadFailed(error))

    @on(DetailRead)
    def _detail_read(self, message: DetailRead) -> None:
        if message.detail.copy.id != self.copy.id:
            return  # It was asked for before another request came to be shown.
        self.detail, self.copy, self.alike = message.detail, message.detail.copy, message.alike
        self.refresh_bindings()
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
        facts_view, timeline_view = self.query_one("#facts", Static), self.query_one("#timeline", Static)
        if not facts_view.content_size.width:
            return  # It is laid out in a moment, and painted then.
        width = facts_view.content_size.width
        since = self.detail.changed_since_rejection() if self.detail is not None else None
        fact_lines = [*facts(self.copy, now, width, since), *warnings(self.alike)]
        facts_view.update(Content("\n").join(fact_lines))
        lines = [Content.styled("reading …", "$secondary")]
        if self.detail is not None:
            lines = list(timeline(self.detail, timeline_view.content_size.width))
        timeline_view.update(Content("\n").join(lines))

    def key_lives(self, action: str, usual: bool | None) -> bool | None:
        """Offer a document where there is one."""
        has_one = self.copy.terms is not None and self.copy.terms.document is not None
        return has_one if action == "open_document" and usual else usual

    def action_copy_number(self) -> None:
        """Send the number to the terminal's clipboard."""
        self.pane.copy_number(self.copy.number)

    def action_read(self) -> None:
        """Read the request again."""
        self.read()

    def action_page(self, by: int) -> None:
        """Scroll by a screenful."""
        self.action_scroll(by * max(1, self.query_one("#detail-body").size.height - 2))

    def action_go(self, end: bool) -> None:
        """Scroll to the end, or to the top."""
        body = self.query_one("#detail-body")
        body.scroll_to(y=body.max_scroll_y if end else 0, animate=False)

    def action_open_document(self) -> None:
        """Open the document's link, after showing where it leads."""
        link = self.copy.terms.document if self.copy.terms else None
        if link is None:
            self.pane.notice(f"{self.copy.number} has no document.")
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self.app.open_url(link)

        doubt = look_alikes({"document": link}).get("document")
        lines = [link, clean(doubt)] if doubt else [link]
        self.app.push_screen(Confirm(f"Open a document at {urlsplit(link).hostname}?", lines), answered)
