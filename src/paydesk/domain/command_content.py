"""What a person asked for by a command, word for word: by this a repeated command is told from a reused key."""

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from typing import assert_never
from uuid import UUID

from paydesk.domain.commands import (
    Approve,
    AskWithdrawal,
    Command,
    Decide,
    Discard,
    Named,
    Redrive,
    Reject,
    RequestPayment,
    RevisePayment,
    SendHeld,
    Settle,
    Several,
    Undo,
)
from paydesk.domain.decision import Cause
from paydesk.domain.money import Money
from paydesk.domain.payment_request import Terms


def canonical(command: Command) -> str:
    """Return what a person asked for as JSON, the same text for the same content.

    It holds nothing that was looked up or made for the person, else a repeat after the copy moved on would be another
    content.
    """
    content = {"actor": command.actor, **_content(command)}
    return json.dumps(_plain(content), sort_keys=True, ensure_ascii=False)


def _content(command: Command) -> dict[str, object]:
    match command:
        case RequestPayment():  # Its id is made for this very command, so nobody named it.
            if command.like is not None:
                return {"command": "request", "like": command.like.id, "changes": command.like.changes}
            return {"command": "request", "terms": command.terms}
        case RevisePayment():
            # A command without a revision keeps the content that it had when there were no revisions to name.
            named = {"revision": command.revision} if command.revision is not None else {}
            return {"command": "revise", "request": command.id, "changes": command.changes, **named}
        case AskWithdrawal():
            return {"command": "withdraw", "request": command.id}
        case Approve():
            return {"command": "approve", "request": command.id, **_named(command)}
        case Reject():
            return {"command": "reject", "request": command.id, **_named(command), "cause": command.cause}
        case Undo():
            return {"command": "undo", "request": command.id}
        case SendHeld():
            return {"command": "send", "request": command.id}
        case Settle():
            return {"command": "settle", "request": command.id, "note": command.note}
        case Redrive():
            return {"command": "redrive", "message": command.message}
        case Discard():
            return {"command": "discard", "message": command.message, "why": command.why}
        case Several():
            return {"command": "several", **command.content}
        case _:
            assert_never(command)


def _named(command: Decide) -> dict[str, object]:
    if command.named is Named.TERMS:
        return {"revision": command.revision, "terms_hash": command.terms_hash}
    return {"revision": command.revision if command.named is Named.REVISION else None}


_PLAIN, _VALUES = (str, int), (Terms, Cause, Money)


def _plain(value: object) -> object:
    if value is None or isinstance(value, _PLAIN):
        return value
    if isinstance(value, _VALUES):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
