"""Refusals that say what changed since a person looked, and how to look again."""

from paydesk.domain.errors import Stale
from paydesk.domain.names import shown_name
from paydesk.domain.payment_request import RequestRegister, Terms, called, describe_changes


def explain_stale(seen: Terms, request: RequestRegister) -> Stale:
    """Return the refusal that names each term that changed since the person looked."""
    changes = "; ".join(describe_changes(seen, request.terms))
    newest = f"revision {request.revision}, by {shown_name(request.contractor)}"
    return Stale(
        f"{called(request.number, request.id)} changed since you looked: {changes} ({newest}).",
        "Look at it again, then decide.",
    )


def explain_other_terms(decided: int, request: RequestRegister) -> Stale:
    """Return the refusal to decide about other terms than the newest, where nobody knows any more what they were."""
    name = called(request.number, request.id)
    if decided > request.revision:
        sentence = f"{name} is at revision {request.revision} here; there is no revision {decided}."
    else:
        newest = f"{shown_name(request.contractor)}, {request.terms.money}, {request.terms.description}"
        sentence = f"{name} changed since you looked: it is at revision {request.revision} by {newest}."
    return Stale(sentence, "Look at it again, then decide.")


def explain_other_revision(named: int, request: RequestRegister) -> Stale:
    """Return the refusal to change another revision than the one that was named."""
    name = called(request.number, request.id)
    now = f"it is at revision {request.revision}, {request.terms.money}, {request.terms.description}"
    if named > request.revision:
        sentence = f"There is no revision {named} of {name} here: {now}."
    else:
        sentence = f"{name} changed since you looked: {now}."
    look = f"Look at it with `paydesk contractor show {name}`, then revise {name}@{request.revision}."
    refusal = Stale(sentence, look)
    refusal.desk_hint = "Look at what it says now, then send yours again."
    return refusal
