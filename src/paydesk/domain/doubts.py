"""What is doubtful about terms that may be right all the same: warnings, under their fields and on the command line."""

from collections.abc import Mapping
from datetime import date

from paydesk.domain.days import parse_day
from paydesk.domain.errors import InvalidInput
from paydesk.domain.iban import doubt
from paydesk.domain.names import lookalikes, lookalikes_of_host


def doubts(typed: Mapping[str, str], today: date) -> dict[str, str]:
    """Return a warning, one sentence, for each field that is doubtful; ``today`` is the day where the person is.

    A field that is wrong is none of them. They are warnings alone: an invoice that is late is asked for too, and
    whom to pay is a text that a person reads.
    """
    mixed = look_alikes(typed)
    sentences = {"due_date": _past(typed.get("due_date", ""), today), "pay_to": doubt(typed.get("pay_to", ""))}
    return mixed | {name: sentence for name, sentence in sentences.items() if sentence}


def look_alikes(typed: Mapping[str, str]) -> dict[str, str]:
    """Return a warning, one sentence, for each field that leads to money or a server and holds look-alike letters."""
    sentences = {
        "document": _mixed("The host of the link", lookalikes_of_host(typed.get("document", ""))),
        "pay_to": _mixed("The payee", lookalikes(typed.get("pay_to", ""))),
    }
    return {name: sentence for name, sentence in sentences.items() if sentence}


def _mixed(label: str, letters: str) -> str:
    return f"{label} mixes scripts, so that it may look like another one: {letters}." if letters else ""


def _past(typed: str, today: date) -> str:
    try:
        due = parse_day("due_date", typed, "")
    except InvalidInput:
        return ""
    return f"The due date {due.isoformat()} is past." if due < today else ""
