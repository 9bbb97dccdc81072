"""What becomes of a request while the form that revises it is open: it is shown there before anything is sent."""

import logging
from functools import partial
from typing import TypeVar

from textual import on
from textual.message import Message

from paydesk.contractor.alike import AlikeScreen
from paydesk.domain.commands import RevisePayment, revise_payment
from paydesk.domain.copy import RequestCopy
from paydesk.domain.errors import PaydeskError
from paydesk.domain.payment_request import describe_changes
from paydesk.domain.status import Status
from paydesk.infra.core.query import News
from paydesk.tui.own_screen import sentence
from paydesk.tui.port import Desk

R = TypeVar("R")


class CopyRead(Message):
    """The request of this form was read again."""

    def __init__(self, copy: RequestCopy) -> None:
        super().__init__()
        self.copy = copy


def became(before: RequestCopy, now: RequestCopy) -> str:
    """Return in a sentence what became of a request since it was read before; empty where that is nothing."""
    if now.status is Status.REJECTED and now.decision != before.decision:
        cause = now.decision.cause if now.decision is not None else None
        return f"It was rejected meanwhile: {cause.text if cause else ''}"
    if now.request is not None and before.request is not None and now.request.revision != before.request.revision:
        changes = "; ".join(describe_changes(before.request.terms, now.request.terms))
        return f"It was revised meanwhile, not here: {changes or f'revision {now.request.revision}'}."
    return f"It is {now.status} meanwhile." if now.status is not before.status else ""


def too_late(copy: RequestCopy, person: str) -> str:
    """Return in a sentence why a request cannot be revised any more; empty where it can."""
    if copy.request is None:
        return ""
    try:
        revise_payment(RevisePayment(copy.id, person, copy.request.terms), copy.request, copy.decision)
    except PaydeskError as refusal:
        return sentence(refusal)
    return ""


class MeanwhileScreen(AlikeScreen[R]):
    """A screen with new terms of a request that others may decide or change before they are sent."""

    revised: RequestCopy | None = None
    """The request as it was when the screen was opened; None of a new one."""
    meanwhile = ""
    """What became of it since then."""
    closed = ""
    """Why it cannot be revised any more."""

    def meanwhile_known(self) -> None:
        """Show what became of it."""
        raise NotImplementedError

    def read(self, news: News | None = None) -> None:
        """Read the request again, unless the news are about others."""
        copy, desk = self.revised, self.pane.desk
        if copy is not None and desk is not None and (news is None or news.about(copy.id)):
            self.run_worker(partial(self._read_again, desk, copy), thread=True, group="copy", exit_on_error=False)

    def _read_again(self, desk: Desk, copy: RequestCopy) -> None:
        try:
            self.post_message(CopyRead(desk.detail(copy.id).copy))
        except Exception as error:
            # The list behind tells what is the matter with the database.
            logging.getLogger("paydesk.screen").info("not read again: %s", error)

    @on(CopyRead)
    def _copy_read(self, message: CopyRead) -> None:
        before, person = self.revised, self.pane.desk.person if self.pane.desk is not None else ""
        told = became(before, message.copy) if before is not None else ""
        if told != self.meanwhile:
            self.meanwhile, self.closed = told, too_late(message.copy, person) if told else ""
            self.meanwhile_known()
