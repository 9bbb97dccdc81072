"""Rows whose folded columns are not filled: a program of before wrote them. They are found all the same, and filled."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import TupleRow

from paydesk.domain.filters import Asker, Filter, FromIn, Has
from paydesk.domain.fold import fold, fold_number
from paydesk.infra.postgres.columns import folded_terms
from paydesk.infra.postgres.filter_sql import RAW_TEXT, STANDING_RAW, UNFOLDED, Also

MOST_READ = 2000
"""So many are folded here for one reading; beyond them, as when a large schema was updated, ASCII alone is found."""
MOST_FILLED = 200
"""So many are filled in one transaction, so that a command never waits long for their rows."""
# In the order of their index, which alone is quick while most rows were filled since the table was last analysed.
_ORDER = "ORDER BY p.standing_amount_minor LIMIT"
_READ = f"""
SELECT p.id, p.number, p.contractor, {STANDING_RAW} FROM payment_request p WHERE {UNFOLDED} {_ORDER} {MOST_READ}
"""
_LOCK = f"""
SELECT id, contractor, description, reference, decided_description, decided_reference FROM payment_request p
WHERE {UNFOLDED} {_ORDER} {MOST_FILLED} FOR UPDATE SKIP LOCKED
"""
_FILL = """
UPDATE payment_request p SET contractor_folded = a.contractor, terms_folded = a.terms, decided_terms_folded = a.decided
FROM unnest(%(ids)s::uuid[], %(contractors)s::text[], %(terms)s::text[], %(decided)s::text[])
    AS a (id, contractor, terms, decided)
WHERE p.id = a.id
"""


@dataclass(frozen=True, slots=True)
class Unfolded:
    """Such a row, folded here."""

    id: UUID
    number: str
    contractor: str
    terms: str

    def fits(self, rule: FromIn | Has, asker: Asker) -> bool:
        """Whether a rule fits."""
        if isinstance(rule, FromIn):
            return self.contractor in rule.folded(asker)
        return any(rule.folded in text for text in (self.number, self.contractor, *self.terms.split("\n")))


def also_unfolded(connection: psycopg.Connection[TupleRow], request_filter: Filter, asker: Asker) -> Also | None:
    """Return by which SQL a filter finds the rows that its folded columns would miss; None where there are none."""
    if not (request_filter.asks(FromIn) or request_filter.asks(Has)):
        return None
    with connection.transaction():
        rows = connection.execute(_READ, prepare=False).fetchall()
    folded = [
        Unfolded(row[0], fold_number(row[1] or ""), fold(row[2] or ""), folded_terms(*row[3:]) or "") for row in rows
    ]
    return partial(_sql, asker, folded) if folded else None


def _sql(asker: Asker, rows: Sequence[Unfolded], rule: FromIn | Has, value: Callable[[Any], str]) -> str:
    ids = value([row.id for row in rows if row.fits(rule, asker)])
    if isinstance(rule, FromIn):
        plain = f'lower(p.contractor COLLATE "C") = ANY({value(list(rule.folded(asker)))})'
    else:
        plain = f'strpos(lower({RAW_TEXT} COLLATE "C"), {value(rule.folded)}) > 0'
    return f"p.id = ANY({ids}) OR {UNFOLDED} AND {plain}"


def fill(connection: psycopg.Connection[TupleRow]) -> bool:
    """Fill the folded columns of some rows, in a transaction of their own; returns whether there may be more."""
    with connection.transaction():
        rows = connection.execute(_LOCK, prepare=False).fetchall()
        values = {
            "ids": [row[0] for row in rows],
            "contractors": [fold(row[1]) if row[1] is not None else None for row in rows],
            "terms": [folded_terms(*row[2:4]) for row in rows],
            "decided": [folded_terms(*row[4:6]) for row in rows],
        }
        if rows:
            connection.execute(_FILL, values)
    return len(rows) == MOST_FILLED
