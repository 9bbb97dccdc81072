"""One request in words: facts, what it looks like, and its timeline; plain text that can be copied."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from textual.content import Content

from paydesk.domain.copy import HELD_STEP, MANAGER_STEPS, REQUEST_STEPS, RequestCopy, RequestDetail, Step
from paydesk.domain.doubts import look_alikes
from paydesk.domain.duplicates import Alike
from paydesk.domain.names import shown_name
from paydesk.domain.payment_request import TERM_NAMES, describe_changes, typed_fields
from paydesk.domain.status import Outcome
from paydesk.domain.text import clean
from paydesk.tui.text.wording import (
    ONLY_DECIDED,
    clock_text,
    day_text,
    delivery_text,
    look_of,
    moment_text,
    span_text,
    state_text,
    status_text,
)

NOTHING_CHANGED = "Nothing is changed since."
_STEPS = {
    "withdrawal_requested": "asked to withdraw",
    "withdrawn": "withdrawal confirmed",
    HELD_STEP: "decided, held",
    "quarantined": "message quarantined",
    "parked": "message parked",
}
"""What a step is called where its kind alone does not say it."""


def indented(before: Content, text: str, width: int, style: str = "") -> Content:
    """Return text after a beginning; its further lines begin below its first.

    Args:
        before: The beginning.
        text: The text.
        width: The most cells of a line, the beginning included.
        style: How the text is painted; empty: as plain text.
    """
    indent = before.cell_length
    content = Content.styled(text, style) if style else Content(text)
    first, *others = content.wrap(max(10, width - indent)) or [content]
    return Content("\n").join([Content.assemble(before, first), *(Content.assemble(" " * indent, x) for x in others)])


def rejected_before(copy: RequestCopy, changed: Sequence[str] | None, width: int) -> Iterator[Content]:
    """Yield who rejected what a request asked for before, why, and what is otherwise now; nothing where nobody did."""
    decision = copy.rejected_before
    if decision is None or decision.cause is None:
        return
    yield Content.styled(f"⚠ Rejected before by {clean(decision.decided_by or 'someone')}", "$warning")
    yield indented(Content("  "), clean(decision.cause.text, 700), width)
    if changed is not None:
        changes = "; ".join(changed)
        yield indented(Content("  "), f"Changed since: {clean(changes, 600)}" if changes else NOTHING_CHANGED, width)


def facts(
    copy: RequestCopy, now: datetime, width: int, since_rejection: Sequence[str] | None = None
) -> Iterator[Content]:
    """Yield number, status, cause, terms and what lapsed, a line each.

    Args:
        copy: The request.
        now: The time, for what is left of a hold.
        width: The most cells of a line.
        since_rejection: What changed since it was rejected; None: that is not known.
    """
    terms = copy.terms
    look = "$error" if copy.locked else look_of(copy.status).line
    money = str(terms.money) if terms else "(the request itself has not arrived here yet)"
    yield Content.assemble((f"{clean(copy.number)}   {clean(money)}", "bold"))
    yield Content.assemble((state_text(copy, now), look), (f"   {delivery_text(copy)}", "$secondary"))
    if copy.partial and terms is not None:
        yield indented(Content(""), ONLY_DECIDED, width, "$warning")
    decision = copy.decision
    if copy.locked:
        yield from _locked_facts(copy, width)
    if decision is not None and decision.cause is not None and decision.outcome is Outcome.NONE:
        by, revision = shown_name(decision.decided_by), decision.revision
        yield Content("")
        yield Content.styled(f"Rejected by {by}, revision {revision}, {moment_text(decision.decided_at)}", "$secondary")
        yield Content(clean(decision.cause.text, 1000))
        if since_rejection is not None:
            changes = "; ".join(since_rejection)
            yield Content(f"Changed since: {clean(changes, 600)}" if changes else NOTHING_CHANGED)
    elif decision is not None and decision.outcome is Outcome.ACCEPTED:
        by = shown_name(decision.decided_by)
        yield Content.styled(
            f"Approved by {by}, revision {decision.revision}, {moment_text(decision.decided_at)}", "$secondary"
        )
    yield Content("")
    if terms is not None:
        fields = typed_fields(terms) | {"contractor": shown_name(copy.contractor), "revision": str(copy.revision)}
        for name in ("contractor", *TERM_NAMES, "revision"):
            if fields[name]:
                label = Content.styled(f"{name.replace('_', ' '):<13}", "$secondary")
                yield indented(label, clean(fields[name], 600), width)
        for warning in look_alikes(fields).values():
            yield indented(Content.styled("⚠ ", "$warning"), clean(warning), width, "$warning")
    yield Content.styled(f"{'id':<13}{copy.id}" if width >= 49 else str(copy.id), "$secondary")
    if copy.lapsed and copy.request is not None and terms is not None:
        yield Content("")
        came = describe_changes(terms, copy.request.terms) or ["a withdrawal was asked"]
        yield Content.styled("Came after it was accepted, and lapsed: " + clean("; ".join(came), 900), "$warning")


def warnings(alike: Sequence[Alike]) -> Iterator[Content]:
    """Yield which other requests this one looks like, and why."""
    for likeness in alike:
        yield Content.styled(f"⚠ Looks like {clean(str(likeness), 300)}", "$warning")


def _locked_facts(copy: RequestCopy, width: int) -> Iterator[Content]:
    """Yield what it means that a request is locked, and what to do about it."""
    sentence = f"Its two sides said different final things; here it is {status_text(copy.status)}."
    if copy.locked_why:
        sentence += f" This side knows: {copy.locked_why}."
    yield indented(Content(""), clean(sentence, 600), width, "$error")
    todo = "`paydesk doctor` shows both versions. Agree with the other side; `settle` on the command line notes how,"
    if copy.settled:
        todo = "This side noted how it was settled: the timeline tells. It stays locked,"
    todo += " and the contractor may ask anew: new like this, on the contractor's desk."
    yield indented(Content(""), todo, width, "$secondary")


def timeline(detail: RequestDetail, width: int) -> Iterator[Content]:
    """Yield each step, under its day, with how long it took since the one before."""
    yield Content.styled("Timeline", "$secondary")
    day, before = "", None
    for _, at, words, more in sorted(_steps(detail), key=lambda step: step[0]):
        if day_text(at) != day:
            day = day_text(at)
            yield Content.styled(day, "$secondary")
        took = span_text((at - before).total_seconds()) if before is not None else ""
        yield Content.assemble((f"{clock_text(at)}  ", "$secondary"), clean(f"{words:<26} "), (took, "$secondary"))
        if more:
            yield indented(Content(" " * 10), clean(more, 900), width, "$secondary")
        before = at


def _steps(detail: RequestDetail) -> Iterator[tuple[datetime, datetime, str, str]]:
    """Yield place, moment, words and what was said; that the other side saw it is known only once it decided.

    It may have seen it before Kafka's word came back that it stands on the topic: what is seen was sent.
    """
    received = detail.copy.decision.received_at if detail.copy.decision is not None else None
    asked: Step | None = None
    changed = detail.changes()
    for (step, changes), after in zip(changed, [*(step for step, _ in changed[1:]), None], strict=True):
        asks = step.kind in REQUEST_STEPS
        if step.kind in MANAGER_STEPS and received is not None and asked and asked.at < received:
            place = min(max(asked.place or asked.at, received), step.place or step.at)
            yield place, received, "seen by the manager's side", ""
        who = f" by {shown_name(step.actor)}" if step.actor and step.kind in MANAGER_STEPS | {"settled"} else ""
        lapsed = ", lapsed" if detail.lapsed(step) else ""
        place = step.place or step.at
        yield place, step.at, _STEPS.get(step.kind, step.kind) + who + lapsed, _step_text(step, changes)
        delivered = step.delivered_at
        if delivered and received and asks and after and after.kind in MANAGER_STEPS and step.at < received:
            delivered = min(delivered, received)
        if delivered is not None and delivered > step.at:
            yield max(place, delivered), delivered, "sent" if asks else "delivered", ""
        if step.received_at is not None and step.received_at > step.at:
            yield max(place, step.received_at), step.received_at, "received", ""
        # What came in here is told by its own line: this side saw it when it was received.
        asked = step if asks and step.received_at is None else None


def _step_text(step: Step, changes: Sequence[str]) -> str:
    """Return what a step said: of a revision what it changed, where the one before it is known."""
    if changes:
        return "; ".join(changes)
    return " · ".join(part for part in (str(step.money) if step.money else "", step.text) if part)
