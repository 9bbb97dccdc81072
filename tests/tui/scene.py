"""The requests that the screens' tests show: fixed ids, times, names and amounts."""

from datetime import timedelta
from uuid import UUID

from paydesk.domain.commands import Approve, Reject, RequestPayment, decide, request_payment
from paydesk.domain.decision import checked_cause
from paydesk.domain.payment_request import checked_terms
from tests.fakes import NOON, World

ASKS = [
    ("ada", "1250.00", "EUR", "Invoice 2026-081, network rework"),
    ("brno-cablage", "18400.00", "EUR", "August retainer"),
    ("ada", "312.45", "USD", "Hotel and train, Lyon"),
    ("fjord-media", "7980.00", "EUR", "Site survey phase 2"),
    ("ada", "96.10", "GBP", "Licence renewal"),
    ("studio-nord", "150000", "JPY", "京都の写真撮影 [v2]"),
    ("ada", "2400.00", "EUR", "Photo set for brochure"),
    ("eko-labs", "640.000", "KWD", "Lab analysis, batch 7"),
]

_IN_LATIN = {"京都の写真撮影 [v2]": "Photo shoot in Kyoto [v2]"}


def for_documents() -> None:
    """Let every text of the scene be of letters that all fonts have, from now on.

    A picture that is kept has the fonts of who made it or of who looks at it, and few have all letters.
    """
    ASKS[:] = [(who, amount, currency, _IN_LATIN.get(what, what)) for who, amount, currency, what in ASKS]


def scene() -> World:
    """Return a world with eight requests over six days; one accepted, one rejected, one queued."""
    world = World()
    for place, (who, amount, currency, what) in enumerate(ASKS):
        request_id = UUID(int=0x0199_0000_0000_7000_8000_0000_0000_0001 + place)
        asked_at = NOON - timedelta(days=6, hours=1) + timedelta(hours=19 * place, minutes=7 * place)
        terms = checked_terms(amount, currency, what, reference=f"R-{place}" if place % 2 else "")
        world.put(request_payment(RequestPayment(request_id, who, terms), f"PR-{1001 + place}", asked_at))
    ids = list(world.requests)
    later = NOON - timedelta(hours=2)
    first, fifth = world.requests[ids[0]], world.requests[ids[4]]
    world.decisions[ids[0]] = decide(Approve(ids[0], "bo", 1, first.terms.hash), first, None, later, later)  # type: ignore[assignment]
    cause = checked_cause("needs_info", "Which licence, and for how many seats?")
    command = Reject(ids[4], "bo", 1, fifth.terms.hash, cause)
    world.decisions[ids[4]] = decide(command, fifth, None, later, later)  # type: ignore[assignment]
    world.queued.add(ids[6])
    return world
