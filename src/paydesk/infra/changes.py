"""Which requests changed since a while ago, by what was said and heard: the poll of whoever has no hints."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from paydesk.infra.queries import Connection

_OVERLAP = 500
_OVERLAP_S = 10
"""So much is looked at twice: a transaction may end later than one that began after it, and clocks differ."""

# The id of an event is a UUIDv7, whose order is that of time.
_CHANGED = """
SELECT request_id FROM inbox WHERE position > %(position)s AND request_id IS NOT NULL
UNION SELECT request_id FROM outbox WHERE id > %(id)s
UNION SELECT id FROM payment_request WHERE locked AND locked_at > %(at)s
UNION SELECT id FROM payment_request WHERE peer_locked_at > %(at)s
UNION SELECT request_id FROM settlement WHERE settled_at > %(at)s
"""


@dataclass(frozen=True, slots=True)
class Place:
    """How far was looked: the newest row of the inbox, and the database's clock."""

    position: int
    at: datetime


def newest(connection: Connection) -> Place:
    """Return how far there is anything to look at."""
    row = connection.execute("SELECT coalesce(max(position), 0), clock_timestamp() FROM inbox").fetchone()
    assert row is not None
    return Place(*row)


def changed_since(connection: Connection, place: Place) -> set[UUID]:
    """Return the requests of which anything was said or heard since; some of a little before are among them."""
    at = place.at - timedelta(seconds=_OVERLAP_S)
    since = UUID(int=int(at.timestamp() * 1000) << 80)
    values = {"position": place.position - _OVERLAP, "id": since, "at": at}
    return {row[0] for row in connection.execute(_CHANGED, values)}
