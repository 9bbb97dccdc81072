"""Which requests look like others: the database finds the few of the same amount, the domain judges them."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from paydesk.domain.copy import RequestCopy
from paydesk.domain.duplicates import PAYABLE, Alike, Asking, alike
from paydesk.infra.filter_sql import AMOUNT, CONTRACTOR
from paydesk.infra.queries import Connection, some

_NEAREST = 20
_CANDIDATES = f"""
SELECT a.place, c.id FROM unnest(
    %(contractors)s::text[], %(amounts)s::numeric[], %(currencies)s::text[], %(moments)s::timestamptz[],
    %(references)s::text[], %(documents)s::text[]
) WITH ORDINALITY a (contractor, amount, currency, asked_at, reference, document, place)
CROSS JOIN LATERAL (
    SELECT p.id FROM payment_request p
    WHERE {AMOUNT} = a.amount AND {CONTRACTOR} = lower(normalize(a.contractor, NFKC))
    AND p.standing_currency = a.currency AND p.status = ANY(%(statuses)s)
    ORDER BY (lower(p.standing_reference) = lower(a.reference)) IS NOT TRUE,
        (p.standing_document = a.document) IS NOT TRUE, abs(extract(epoch FROM p.requested_at - a.asked_at))
    LIMIT %(most)s
) c
"""


def alike_of(connection: Connection, asked: Sequence[Asking]) -> Mapping[UUID, tuple[Alike, ...]]:
    """Return, for each of these that looks like others, which and why."""
    values = {
        "contractors": [each.contractor.strip() for each in asked],
        "amounts": [Decimal(each.terms.money.amount) for each in asked],
        "currencies": [each.terms.money.currency for each in asked],
        "moments": [each.asked_at for each in asked],
        "references": [each.terms.reference for each in asked],
        "documents": [each.terms.document for each in asked],
        "statuses": [status.value for status in PAYABLE],
        "most": _NEAREST,
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
    found = {each.id: alike(each, others.get(each.id, ())) for each in asked}
    return {request_id: told for request_id, told in found.items() if told}
