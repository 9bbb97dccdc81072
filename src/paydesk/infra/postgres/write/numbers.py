"""The numbers by which people call requests, from a sequence of the schema."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from paydesk.domain.payment_request import counter_after
from paydesk.infra.core.records import Row
from paydesk.infra.postgres.schema import PaymentRequestRow
from paydesk.infra.postgres.write.ahead import CHECKED, Ahead
from paydesk.infra.postgres.write.requests import row_of
from paydesk.infra.postgres.write.session import WritingSession

_request = PaymentRequestRow.__table__  # type: ignore[attr-defined]
# The check and the number are one statement, as each would be a round trip of its own.
_NEXT = f"""
WITH counted AS (SELECT CASE WHEN ({CHECKED}) THEN 'PR-' || nextval('request_number') END AS number)
SELECT number, EXISTS (SELECT FROM payment_request p WHERE p.number = counted.number) FROM counted
"""


@dataclass(frozen=True, slots=True)
class SqlNumbers:
    """Meets ``paydesk.infra.core.transaction.Numbers``."""

    session: WritingSession
    ahead: Ahead

    def next(self) -> str | None:
        """Return the next number of the sequence; gaps are possible, repeats are not.

        None before the first check of who holds the lease is done: this schema may be an old copy of itself.
        """
        while True:
            (((number, held),),) = self.session.ask((_NEXT, {}))
            # One that stands far above the others is met by counting one day.
            if not held:
                return None if number is None else str(number)

    def unnumbered(self) -> list[Row]:
        """Return this side's requests without a number, the oldest first, and lock them."""
        if self.ahead.numbered.take() == (True,):
            return []
        read = sa.select(_request).where(_request.c.number.is_(None), _request.c.request_version.is_not(None))
        result = self.session.execute(read.order_by(_request.c.requested_at, _request.c.id).with_for_update())
        return [row_of(dict(row)) for row in result.mappings()]

    def holders(self, numbers: Collection[str]) -> Mapping[UUID, str]:
        """Return which requests have one of these numbers, and which."""
        read = sa.text("SELECT id, number FROM payment_request WHERE number = ANY(:numbers)")
        return {row[0]: row[1] for row in self.session.execute(read, {"numbers": sorted(numbers)})}

    def raise_above(self, numbers: Collection[str]) -> None:
        """Give no number from now on that is not above these, as far as ``counter_after`` follows them."""
        last = self.session.execute(sa.text("SELECT last_value FROM request_number")).scalar_one()
        raised = "SELECT setval('request_number', greatest(:most, (SELECT last_value FROM request_number)))"
        if (most := counter_after(last, numbers)) > last:
            self.session.execute(sa.text(raised), {"most": most})
