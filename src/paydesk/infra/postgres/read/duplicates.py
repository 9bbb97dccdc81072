"""Which requests look like others: the database finds the few of the same amount, the domain judges them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import islice
from uuid import UUID

from paydesk.domain.copy import RequestCopy
from paydesk.domain.duplicates import NEAR_DAYS, Alike, Asking, alike
from paydesk.domain.fold import fold
from paydesk.domain.status import DECIDABLE, PAYABLE
from paydesk.infra.postgres.filter_sql import CONTRACTOR, STANDING, UNFOLDED, status_in
from paydesk.infra.postgres.read.queries import Connection, some

_AT_ONCE = 200
_MOST_NEAR = 50
_MOST_OF_AMOUNT = 1000
"""So many of one contractor and one amount are looked at, the newest: a bill of every day must not hold up the list."""
_PAYABLE = status_in(PAYABLE, "p.status")
_SAME = f"""
    FROM payment_request p WHERE {CONTRACTOR} = a.contractor
    AND p.standing_amount_minor = a.minor AND p.standing_currency = a.currency AND {_PAYABLE}
"""
_CANDIDATES = f"""
SELECT a.place, c.id FROM unnest(
    %(contractors)s::text[], %(minors)s::bigint[], %(currencies)s::text[], %(moments)s::timestamptz[],
    %(references)s::text[], %(documents)s::text[]
) WITH ORDINALITY a (contractor, minor, currency, asked_at, reference, document, place)
CROSS JOIN LATERAL (
    (SELECT p.id {_SAME}
    AND p.requested_at > a.asked_at - %(near)s AND p.requested_at < a.asked_at + %(near)s
    ORDER BY p.requested_at DESC LIMIT {_MOST_NEAR})
    UNION
    SELECT n.id FROM (
        SELECT p.id, split_part({STANDING}, E'\\n', 2) AS reference, p.standing_document {_SAME}
        ORDER BY p.requested_at DESC LIMIT {_MOST_OF_AMOUNT}
    ) n
    WHERE n.reference = a.reference OR n.standing_document = a.document
    UNION
    (SELECT p.id FROM payment_request p WHERE {UNFOLDED} AND p.standing_amount_minor = a.minor
    AND p.standing_currency = a.currency AND {_PAYABLE}
    LIMIT {_MOST_NEAR})
) c
"""


def with_alike(
    connection: Connection, copies: Iterable[RequestCopy]
) -> Iterator[tuple[RequestCopy, tuple[Alike, ...]]]:
    """Yield each with what it looks like, where it waits for a decision; some hundred are compared at once."""
    rest = iter(copies)
    while batch := list(islice(rest, _AT_ONCE)):
        asked = [asking for copy in batch if copy.status in DECIDABLE and (asking := Asking.of(copy)) is not None]
        matches = alike_of(connection, asked) if asked else {}
        for copy in batch:
            yield copy, matches.get(copy.id, ())


def alike_of(connection: Connection, asked: Sequence[Asking]) -> Mapping[UUID, tuple[Alike, ...]]:
    """Return, for each of these that looks like others, which and why."""
    values = {
        "contractors": [fold(asking.contractor) for asking in asked],
        "minors": [asking.terms.money.amount_minor for asking in asked],
        "currencies": [asking.terms.money.currency for asking in asked],
        "moments": [asking.asked_at for asking in asked],
        "references": [fold(asking.terms.reference) if asking.terms.reference else None for asking in asked],
        "documents": [asking.terms.document for asking in asked],
        "near": timedelta(days=NEAR_DAYS),
    }
    pairs = [
        (asked[place - 1], other)
        for place, other in connection.execute(_CANDIDATES, values, prepare=False)
        if other != asked[place - 1].id
    ]
    known: dict[UUID, RequestCopy] = {copy.id: copy for copy in some(connection, list({other for _, other in pairs}))}
    others: dict[UUID, list[RequestCopy]] = {}
    for asking, other in pairs:
        others.setdefault(asking.id, []).append(known[other])
    by_id = {asking.id: alike(asking, others.get(asking.id, ())) for asking in asked}
    return {request_id: matches for request_id, matches in by_id.items() if matches}
