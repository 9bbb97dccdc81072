"""What a command prints: one JSON document, a table, or sentences, with data text made fit for a terminal."""

import csv
import json
import os
import re
import shutil
import sys
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

import click
from rich.cells import cell_len

from paydesk.domain.copy import RequestCopy, RequestDetail, Step
from paydesk.domain.decision import DecisionRegister
from paydesk.domain.doubts import look_alikes
from paydesk.domain.duplicates import Alike
from paydesk.domain.names import mixes_scripts, shown_name
from paydesk.domain.payment_request import TERM_NAMES, typed_fields
from paydesk.domain.status import Outcome
from paydesk.domain.text import WHOLE, clean, escaped, visible
from paydesk.tui.table.columns import fitted, padded
from paydesk.tui.text.ascii import only_ascii, to_ascii
from paydesk.tui.text.wording import LOCKED, ONLY_DECIDED, delivery_text, look_of, moment_text, status_text, whole_state

_FIRST_FIELDS = (
    "number",
    "id",
    "status",
    "revision",
    "amount",
    "currency",
    "contractor",
    "description",
    "reference",
    "due_date",
    "document",
    "pay_to",
    "delivery",
    "requested_at",
    "alike",
    "decided_at",
    "decided_by",
    "cause",
    "note",
)
CSV_FIELDS = (*_FIRST_FIELDS, *(name for name in TERM_NAMES if name not in _FIRST_FIELDS))
"""The columns in their order; a new one goes to the end, as scripts count them."""


def document(copy: RequestCopy, alike: Sequence[Alike] | None = None) -> dict[str, Any]:
    """Return a request as plain values, with those that it looks like, where these were looked for."""
    terms = copy.terms
    fields = typed_fields(terms) if terms is not None else {}
    decision = _decision(copy.decision) or {}
    cause = decision.get("cause") or {}
    return {
        "id": str(copy.id),
        "number": copy.request.number if copy.request else None,
        "status": copy.status.value,
        "revision": copy.revision,
        "amount": fields.get("amount"),
        "amount_minor": terms.money.amount_minor if terms else None,
        "currency": fields.get("currency"),
        **{name: fields.get(name) or None for name in TERM_NAMES},
        "contractor": copy.contractor or None,
        "delivery": copy.delivery.value,
        "requested_at": _when(copy.request.requested_at if copy.request else None),
        "locked": copy.locked,
        "settled": copy.settled,
        "overdue": copy.overdue,
        "partial": copy.partial,
        "mixed_scripts": mixes_scripts(copy.contractor),
        **{name: decision.get(name) for name in ("decided_at", "decided_by")},
        "cause": cause.get("code"),
        "note": cause.get("note"),
    } | ({} if alike is None else {"alike": twins(alike)})


def twins(alike: Sequence[Alike]) -> list[dict[str, str]]:
    """Return the requests that one looks like as plain values."""
    return [
        {"id": str(other.id), "number": other.number, "status": other.status.value, "why": other.why} for other in alike
    ]


def full_document(detail: RequestDetail, alike: Sequence[Alike] = ()) -> dict[str, Any]:
    """Return a request with its decision and its timeline as plain values."""
    steps = [_step(step) | {"changes": changes, "lapsed": detail.lapsed(step)} for step, changes in detail.changes()]
    return document(detail.copy, alike) | {"decision": _decision(detail.copy.decision), "timeline": steps}


def _decision(decision: DecisionRegister | None) -> dict[str, Any] | None:
    if decision is None or decision.version == 0:
        return None
    rejected = decision.cause is not None and decision.outcome is Outcome.NONE
    cause = decision.cause if rejected else None
    return {
        "outcome": "rejected" if rejected else decision.outcome.value,
        "revision": decision.revision,
        "cause": {"code": cause.code.value, "text": cause.text, "note": cause.note} if cause else None,
        "decided_by": decision.decided_by,
        "decided_at": _when(decision.decided_at),
        "received_at": _when(decision.received_at),
        "mixed_scripts": mixes_scripts(decision.decided_by or ""),
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "at": _when(step.at),
        "kind": step.kind,
        "actor": step.actor,
        "revision": step.revision,
        "text": step.text,
        "amount": step.money.amount if step.money else None,
        "currency": step.money.currency if step.money else None,
        "delivered_at": _when(step.delivered_at),
        "received_at": _when(step.received_at),
        "mixed_scripts": mixes_scripts(step.actor or ""),
    }


def _when(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def json_text(value: Any) -> str:
    """Return one JSON document on one line.

    Characters that a terminal must not see are written as ``\\u…``, as is half a character, which no stream takes.
    """
    return escaped(json.dumps(value, ensure_ascii=False))


def print_json(value: dict[str, Any]) -> None:
    """Print one document on one line."""
    click.echo(json_text(value))


def print_sentence(copy: RequestCopy, words: str = "") -> None:
    """Print one request as a sentence."""
    money = str(copy.terms.money) if copy.terms else "(not arrived yet)"
    state = marked(whole_state(copy))
    sentence = f"{marked(copy.number)}  {money}  {state}, revision {copy.revision}, {delivery_text(copy)}"
    click.echo(_coloured(on_lines(clean(f"{sentence}{words}", WHOLE)), copy, state))


def print_rows(rows: Iterable[tuple[RequestCopy, Sequence[Alike]]]) -> int:
    """Print requests as aligned lines; returns how many."""
    count = 0
    for count, (copy, alike) in enumerate(rows, 1):
        if count == 1:
            print_heading()
        print_row(copy, alike)
    return count


def print_heading() -> None:
    """Print the titles of the columns."""
    line = _line("Request", "Status", "Amount", "Cur", "Contractor", "Description").rstrip()
    click.echo(click.style(line, dim=True) if on_terminal() else line)


def print_row(copy: RequestCopy, alike: Sequence[Alike] = ()) -> None:
    """Print one request as a line; on a terminal it has its status's colour, and ends where the terminal does."""
    terms = copy.terms
    amount, currency = (terms.money.grouped, terms.money.currency) if terms else ("", "")
    state = marked(LOCKED if copy.locked else status_text(copy.status))
    description = terms.description if terms else ""
    if alike:
        description = f"{marked('⚠')} like {marked(alike[0].number)} {marked('·')} {description}"
    line = _line(marked(copy.number), state, amount, currency, shown_name(copy.contractor), description)
    click.echo(_coloured(line.rstrip(), copy, state))


def _coloured(line: str, copy: RequestCopy, state: str) -> str:
    look = "red" if copy.locked else look_of(copy.status).colour
    return line.replace(state, click.style(state, fg=look), 1) if on_terminal() else line


def marked(text: str) -> str:
    """Return words of paydesk's own in the characters that the terminal has."""
    return to_ascii(text) if only_ascii(os.environ) else text


def on_terminal() -> bool:
    """Whether a person looks on: colours, and lines cut to the width of the terminal. ``NO_COLOR`` is respected."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


_WIDE = 100
"""On a terminal of fewer columns amounts and names get less room, so that it is seen what each is for."""


def _line(number: str, status: str, amount: str, currency: str, contractor: str, description: str) -> str:
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    narrow = width is not None and width < _WIDE
    parts = (
        # Never cut: what is larger than most is out of line.
        padded(clean(number), 9),
        padded(clean(status), 13),
        padded(clean(amount), 14 if narrow else 20, right=True),
        padded(clean(currency), 3),
        padded(clean(contractor), 16) if width is None else fitted(clean(contractor), 12 if narrow else 16),
    )
    line = "  ".join((*parts, clean(description, WHOLE)))
    # A line that wraps is no longer aligned; what goes to a file or a program is whole.
    return line if width is None else fitted(line, width)


def csv_writer() -> Callable[[RequestCopy, Sequence[Alike]], None]:
    """Print the header of RFC 4180 values; returns what prints one request."""
    writer = csv.DictWriter(sys.stdout, CSV_FIELDS, extrasaction="ignore", lineterminator="\r\n")
    writer.writeheader()
    sys.stdout.flush()

    def write(copy: RequestCopy, alike: Sequence[Alike] = ()) -> None:
        facts = document(copy) | {"contractor": shown_name(copy.contractor)}
        facts |= {
            "decided_by": shown_name(facts["decided_by"] or ""),
            "alike": " ".join(other.number for other in alike),
        }
        writer.writerow({name: _no_formula(clean(str(value or ""), WHOLE)) for name, value in facts.items()})
        sys.stdout.flush()  # Whoever reads a list that is followed waits for each line.

    return write


def _no_formula(text: str) -> str:
    """Return a value that no spreadsheet takes for a formula: other people wrote it.

    Signs of another width count, and what stands behind white space: there are programs that leave it out.
    """
    begins = unicodedata.normalize("NFKC", re.sub(r"^[\s\ufffd]+", "", text)[:1])
    return f"'{text}" if begins.startswith(("=", "+", "-", "@", "\u2212")) else text


def print_detail(detail: RequestDetail, alike: Sequence[Alike] = ()) -> None:
    """Print everything of a request, a fact a line."""
    print_sentence(detail.copy)
    if detail.copy.partial and detail.copy.terms is not None:
        tell(f"  {ONLY_DECIDED}", 2)
    decision = _decision(detail.copy.decision)
    for name, value in document(detail.copy).items():
        if name in (*TERM_NAMES, "contractor", "id") and value:
            fact = shown_name(value) if name == "contractor" else clean(str(value), WHOLE)
            tell(f"  {name.replace('_', ' '):<13}{fact}", 15)
    for warning in look_alikes(typed_fields(detail.copy.terms) if detail.copy.terms is not None else {}).values():
        tell(clean(f"  {marked('⚠')} {warning}", WHOLE), 4)
    for other in alike:
        tell(clean(f"  {'looks like':<13}{other}", WHOLE), 15)
    if decision is not None and detail.copy.decision is not None:
        cause = f": {decision['cause']['text']}" if decision["cause"] else ""
        when = moment_text(detail.copy.decision.decided_at)
        by = (
            f" by {shown_name(decision['decided_by'])}"
            if decision["decided_by"]
            else ": confirmed by the manager's side"
        )
        tell(clean(f"  {decision['outcome']}{by}, {when}{cause}", WHOLE))
    for step, changes in detail.changes():
        money = f"  {step.money}" if step.money and not changes else ""
        text = "; ".join(changes) or step.text
        text = f"  {text}" if text else ""
        by = f" by {shown_name(step.actor)}" if step.actor else ""
        kind = "withdrawal confirmed" if step.kind == "withdrawn" else step.kind.replace("_", " ")
        lapsed = ", lapsed" if detail.lapsed(step) else ""
        tell(clean(f"  {moment_text(step.at)}  {kind}{by}{lapsed}{money}{text}", WHOLE), 20)
        if step.received_at is not None and step.received_at > step.at:
            tell(f"  {moment_text(step.received_at)}  received", 20)


# Long lines on a terminal are broken between words alone, so that a path or a number can be read and copied.

_LEAST = 30
"""What goes on under its beginning gets so many cells at least, else it goes on further left."""
_LEFT = 4


def wrapped(text: str, width: int, hang: int = _LEFT) -> str:
    """Return text in lines of so many cells, each but the first ``hang`` cells from the left.

    A word that is longer than a line stays whole, in a line of its own.
    """
    begin = " " * (hang if width - hang >= _LEAST else _LEFT)
    lines, line = [], ""
    for word in re.findall(r"\s*\S+", text):
        if line.strip() and cell_len(line + word) > width:
            lines.append(line)
            line = begin + word.lstrip()
        else:
            line += word
    return "\n".join([*lines, line])


def on_lines(text: str, hang: int = _LEFT) -> str:
    """Return text as this terminal shows it best; what goes to a file or a program stays one line."""
    return wrapped(text, shutil.get_terminal_size().columns, hang) if sys.stdout.isatty() else text


def tell(text: str, hang: int = _LEFT) -> None:
    """Print text so, fit for a terminal whatever is in it."""
    click.echo(on_lines(visible(text), hang))
