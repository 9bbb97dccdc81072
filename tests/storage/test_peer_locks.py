"""Locks that the other side tells of, on a real PostgreSQL: shown as before, and those of older desks taken over."""

from uuid import uuid4

import pytest

from paydesk.contractor.role import ROLE as CONTRACTOR
from paydesk.infra.core.records import PEER_LOCKED, Locks
from paydesk.infra.postgres.connection import connect
from paydesk.infra.postgres.read import queries
from paydesk.infra.postgres.read.conflicts import locked_requests
from paydesk.infra.postgres.read.timeline import detail
from tests.conftest import Sides
from tests.contract.storages import at, on_postgres, request


@pytest.mark.fault(
    kind="A peer's lock is mirrored beside this side's own, set and cleared by each digest; it makes no rows.",
    mended="infra/recovery/anti_entropy.py",
)
def test_a_peers_lock_is_shown_as_ones_own_and_goes_with_the_next_digest(sides: Sides) -> None:
    role, asked = sides.contractor, request()
    with on_postgres(sides, CONTRACTOR) as side, connect(sides.url(role), role.name, autocommit=True) as connection:
        with side.store.transaction() as transaction:
            transaction.requests.write(asked, "own", at(0))
            transaction.locks.mirror(Locks(frozenset({asked.id, uuid4()})), at(1))
        copy = queries.get(connection, asked.id)
        assert copy.locked and copy.locked_why == PEER_LOCKED and queries.counts(connection).locked == 1
        (locked,) = locked_requests(connection, role)
        assert locked.id == asked.id and PEER_LOCKED in locked.why[0] and locked.since == at(1)
        assert "locked" in [step.kind for step in detail(connection, asked.id).timeline]
        with side.store.transaction() as transaction:
            transaction.locks.mirror(Locks(frozenset()), at(2))
        assert not queries.get(connection, asked.id).locked and queries.counts(connection).locked == 0
        assert locked_requests(connection, role) == []


def test_what_a_desk_of_the_version_before_locked_by_a_digest_is_the_peers_lock(sides: Sides) -> None:
    role, asked, own, invented = sides.contractor, request(), request(), uuid4()
    with on_postgres(sides, CONTRACTOR) as side, connect(sides.url(role), role.name, autocommit=True) as connection:
        with side.store.transaction() as transaction:
            for register in (asked, own):
                transaction.requests.write(register, "own", at(0))
            transaction.locks.lock({asked.id: PEER_LOCKED, invented: PEER_LOCKED, own.id: "two outcomes"}, at(1))
            assert transaction.locks.ids() == [own.id], "it is not said as this side's own"
            transaction.locks.mirror(Locks(frozenset({asked.id})), at(2))
        rows = connection.execute("SELECT id, locked, peer_locked_at FROM payment_request ORDER BY id").fetchall()
        assert rows == sorted([(asked.id, False, at(1)), (own.id, True, None)])
