"""Which requests changed a moment ago, by what was published and received: a desk without hints asks this."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from paydesk.infra.postgres.read.queries import Connection

_OVERLAP = 500
_OVERLAP_S = 10
"""So much is looked at twice: a transaction may end later than one that began after it."""

# By the database's own counters and clock alone: ids and times of events are of the clock of whoever said them.
_CHANGED = """
SELECT request_id FROM inbox WHERE position > %(heard)s AND request_id IS NOT NULL
UNION SELECT request_id FROM outbox WHERE position > %(said)s
UNION SELECT id FROM payment_request WHERE locked AND locked_at > %(at)s
UNION SELECT id FROM payment_request WHERE peer_locked_at > %(at)s
UNION SELECT request_id FROM settlement WHERE settled_at > %(at)s
"""
_NEWEST = """
SELECT (SELECT coalesce(max(position), 0) FROM inbox), (SELECT coalesce(max(position), 0) FROM outbox),
    clock_timestamp()
"""


@dataclass(frozen=True, slots=True)
class Place:
    """How far was looked: the newest rows of inbox and outbox, and the database's clock."""

    inbox_position: int
    outbox_position: int
    at: datetime


def newest(connection: Connection) -> Place:
    """Return how far there is anything to look at."""
    row = connection.execute(_NEWEST).fetchone()
    assert row is not None
    return Place(*row)


def changed_since(connection: Connection, place: Place) -> set[UUID]:
    """Return the requests of which anything was published or received since; some of a little before are among them."""
    at = place.at - timedelta(seconds=_OVERLAP_S)
    values = {"heard": place.inbox_position - _OVERLAP, "said": place.outbox_position - _OVERLAP, "at": at}
    return {row[0] for row in connection.execute(_CHANGED, values)}
