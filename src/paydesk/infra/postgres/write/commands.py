"""What a command needs of its schema: its own id once, the row under lock, the register written."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session
from uuid_utils.compat import uuid7

from paydesk.domain.decision import DecisionRegister
from paydesk.domain.errors import UnknownRequest
from paydesk.domain.payment_request import RequestRegister, counter_after
from paydesk.infra.core import origin
from paydesk.infra.core.records import Claim, Row
from paydesk.infra.postgres.columns import decision_columns, decision_of, request_columns, request_of
from paydesk.infra.postgres.schema import HOLDERS, CommandRow, PaymentRequestRow

CHECKED = f"""
SELECT EXISTS (
    SELECT 1 FROM meta m JOIN pg_stat_activity a ON m.checked_by = a.pid || '/' || extract(epoch FROM a.backend_start)
    JOIN pg_locks l ON l.pid = a.pid
    WHERE {HOLDERS})
"""
"""Whether whoever holds the lease now has done its first check of this schema, in SQL."""
_KNOWN = """
SELECT c.content_hash, c.request_id, c.changed, p.number,
    (SELECT o.actor FROM outbox o WHERE o.request_id = c.request_id AND o.command_id = c.id::text LIMIT 1)
FROM command c LEFT JOIN payment_request p ON p.id = c.request_id WHERE c.id = :key
"""
_HERE = "paydesk: the database"
_request = PaymentRequestRow.__table__  # type: ignore[attr-defined]


class Commands:
    """Part of ``paydesk.infra.core.ports.Transaction``."""

    session: Session
    claimed: UUID | None = None
    """The request that this transaction's command is about, once its id is registered."""
    number: str | None = None
    """That request's number, as far as this transaction met it."""

    def now(self) -> datetime:
        """Return the database's clock."""
        moment: datetime = self.session.execute(sa.text("SELECT clock_timestamp()")).scalar_one()
        return moment

    def new_id(self) -> UUID:
        """Return a UUIDv7, whose order is that of time."""
        return uuid7()

    def claim(self, key: UUID, content_hash: str, request_id: UUID) -> Claim | None:
        """Register a command's id; returns what it did when it was known already, else None."""
        claim = (
            insert(CommandRow)
            .values(id=key, content_hash=content_hash, request_id=request_id, changed=False)
            .on_conflict_do_nothing()
            .returning(sa.literal(1))
        )
        if self.session.execute(claim).first() is not None:
            self.claimed, self.number = request_id, None
            return None
        return self.known(key)

    def known(self, key: UUID) -> Claim | None:
        """Return what a command did that ran before, and who gave it; None when there was none. Registers nothing."""
        found = self.session.execute(sa.text(_KNOWN), {"key": key}).first()
        if found is None:
            return None
        content_hash, self.claimed, changed, self.number, actor = found
        return Claim(content_hash, found[1], changed, actor)

    def copied(self) -> bool:
        """Return whether this schema was made in another database than the one that is asked, and nobody adopted it."""
        connection = self.session.connection()

        def ask(statement: str) -> Any:
            return self.session.execute(sa.text(statement)).first()

        # Where a connection leads stays for its life; the next one may lead to another server of the same name.
        if _HERE not in connection.info:
            connection.info[_HERE] = origin.here(ask)
        return origin.is_copy(ask, connection.info[_HERE])

    def note_changed(self, key: UUID) -> None:
        """Note that the command changed something."""
        done = sa.update(CommandRow).where(CommandRow.id == key).values(changed=True)  # type: ignore[arg-type]
        self.session.execute(done)

    def next_number(self) -> str | None:
        """Return the next number of the sequence; gaps are possible, repeats are not.

        None before the first check of who holds the lease is done: this schema may be an old copy of itself.
        """
        if not self.checked():
            return None
        while True:
            counted = self.session.execute(sa.text("SELECT nextval('request_number')")).scalar_one()
            number = f"PR-{counted}"
            # One that stands far above the others is met by counting one day.
            if not self.holders([number]):
                return number

    def checked(self) -> bool:
        """Whether whoever holds the lease now has done its first check of this very schema."""
        return bool(self.session.execute(sa.text(CHECKED)).scalar_one())

    def note_checked(self, holder: str) -> None:
        """Note that this holder of the lease has done its first check, and when it has brought something back."""
        checked = (
            "UPDATE meta SET checked_by = :holder, imported_at = CASE WHEN imported IS NOT NULL"
            " THEN coalesce(imported_at, clock_timestamp()) END"
        )
        self.session.execute(sa.text(checked), {"holder": holder})

    def holds_ran_out(self) -> bool:
        """Return whether something is held whose time is over by the database's clock."""
        read = sa.text("SELECT EXISTS (SELECT 1 FROM outbox WHERE hold_until <= clock_timestamp())")
        return bool(self.session.execute(read).scalar_one())

    def numberless(self) -> list[Row]:
        """Return the own requests without a number, locked, the oldest first."""
        read = sa.select(_request).where(_request.c.number.is_(None), _request.c.request_version.is_not(None))
        found = self.session.execute(read.order_by(_request.c.requested_at, _request.c.id).with_for_update())
        return [row_of(dict(row)) for row in found.mappings()]

    def holders(self, numbers: Collection[str]) -> Mapping[UUID, str]:
        """Return which requests have one of these numbers, and which."""
        read = sa.text("SELECT id, number FROM payment_request WHERE number = ANY(:numbers)")
        return {row[0]: row[1] for row in self.session.execute(read, {"numbers": sorted(numbers)})}

    def raise_numbers(self, numbers: Collection[str]) -> None:
        """Give no number from now on that is not above these, as far as ``counter_after`` follows them."""
        last = self.session.execute(sa.text("SELECT last_value FROM request_number")).scalar_one()
        raised = "SELECT setval('request_number', greatest(:most, (SELECT last_value FROM request_number)))"
        if (most := counter_after(last, numbers)) > last:
            self.session.execute(sa.text(raised), {"most": most})

    def row(self, request_id: UUID) -> Row:
        """Return a request, locked until the transaction ends. Raises ``UnknownRequest``."""
        found = self.session.execute(sa.select(_request).where(_request.c.id == request_id).with_for_update())
        row = found.mappings().first()
        if row is None:
            raise UnknownRequest("There is no such request here.", "`list` shows the ones that are.")
        return row_of(dict(row))

    def write_request(self, register: RequestRegister, content_hash: str, now: datetime) -> None:
        """Write this side's own request register."""
        self.number = register.number
        self._write(own_columns(register, content_hash, now))

    def write_decision(self, register: DecisionRegister, content_hash: str, now: datetime) -> None:
        """Write this side's own decision register."""
        self._write(own_columns(register, content_hash, now))

    def _write(self, values: dict[str, Any]) -> None:
        upsert = insert(_request).values(values)
        self.session.execute(upsert.on_conflict_do_update(index_elements=["id"], set_=values))


def own_columns(register: RequestRegister | DecisionRegister, content_hash: str, now: datetime) -> dict[str, Any]:
    """Return the columns of ``payment_request`` that saying a register writes, the id among them."""
    said = {"id": register.id, "changed_at": now}
    if isinstance(register, RequestRegister):
        return request_columns(register) | said | {"request_hash": content_hash, "revision_received_at": now}
    return decision_columns(register) | said | {"decision_hash": content_hash}


def row_of(columns: dict[str, Any]) -> Row:
    """Return the row that these columns of ``payment_request`` hold."""
    return Row(
        columns["id"],
        request_of(columns),
        decision_of(columns),
        columns["decision_hash"],
        columns["revision_received_at"],
        columns["locked"] or columns["peer_locked_at"] is not None,
    )
