"""The columns of the manager's two lists: what waits, and what was decided."""

import unicodedata
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from uuid import UUID

from paydesk.domain.copy import RequestCopy
from paydesk.domain.duplicates import Alike
from paydesk.domain.names import shown_name
from paydesk.domain.status import DECIDABLE, Status
from paydesk.tui.table.columns import AMOUNT, CURRENCY, DESCRIPTION, NUMBER, Cell, Column, say, say_state
from paydesk.tui.text.wording import age_text, moment_text

Likeness = Callable[[UUID], tuple[Alike, ...]]


def _age(copy: RequestCopy, now: datetime) -> Cell:
    since = copy.request.requested_at if copy.request else None
    old = since is not None and (now - since).total_seconds() > 86400
    return say(age_text(since, now), "accent" if old else "")


def _description(alike: Likeness, copy: RequestCopy, now: datetime) -> Cell:
    """Say what it is for, and which other request it looks like; once it is decided, what became of it."""
    if copy.status in DECIDABLE and not copy.locked:
        twins = alike(copy.id)
        if twins and copy.terms:
            return say(f"⚠ like {twins[0].number} · {copy.terms.description}", "accent")
        return say(_as_typed(copy.terms.description) if copy.terms else "(not arrived yet)")
    return _state(copy, now)


def _as_typed(description: str) -> str:
    """Return a description, in quotes where it begins with a mark: states stand in this column too, and begin so."""
    return f'"{description}"' if unicodedata.category(description[:1] or " ") in ("So", "Sm") else description


def _state(copy: RequestCopy, now: datetime) -> Cell:
    """Return the status; a withdrawal that waits to be confirmed stands out."""
    cell = say_state(copy, now)
    return replace(cell, look="accent") if copy.status is Status.WITHDRAWING and not copy.locked else cell


def _decided_by(copy: RequestCopy, _: datetime) -> Cell:
    return say(shown_name(copy.decision.decided_by or "") if copy.decision else "")


def _decided_at(copy: RequestCopy, _: datetime) -> Cell:
    return say(moment_text(copy.decision.decided_at if copy.decision else None), "faded")


CONTRACTOR = Column(
    "Contractor", lambda copy, _: say(shown_name(copy.contractor)), 14, from_width=72, wide_width=20, least=8
)

DECIDED_COLUMNS = (
    NUMBER,
    CONTRACTOR,
    AMOUNT,
    CURRENCY,
    Column("Status", _state, 13),
    Column("Decided", _decided_at, 16, from_width=100),
    Column("By", _decided_by, 14, from_width=120),
    DESCRIPTION,
)


def inbox(alike: Likeness) -> tuple[Column, ...]:
    """Return the columns of what waits; ``alike`` knows which requests look like others."""
    return (
        NUMBER,
        CONTRACTOR,
        AMOUNT,
        CURRENCY,
        Column("Age", _age, 6, right=True),
        Column("Rev", lambda copy, _: say(str(copy.revision) if copy.revision > 1 else "", "faded"), 3, from_width=100),
        Column("Description", partial(_description, alike)),
    )


EMPTY = "Nothing waits for a decision.\nNew requests appear here by themselves. Press {} for what was decided."
EMPTY_DECIDED = "Nothing was decided yet.\nPress {} for the inbox."
