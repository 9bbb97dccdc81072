"""The tables of one side, the same set in each schema. Declared once, without a schema: the search path says whose."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from paydesk.domain.status import OUTCOMES, PAYABLE, WAITING, Outcome
from paydesk.infra.postgres.filter_sql import (
    AMOUNT,
    DECIDED,
    DUE,
    SENT,
    TEXT,
    UNFOLDED,
    UNSORTED_KB,
    bare,
    outcome_in,
    standing,
    status_in,
)

_OUTCOMES_SQL = "\n    ".join(
    f"WHEN outcome = '{outcome}' THEN '{facts.status}'" for outcome, facts in OUTCOMES.items() if facts.status
)
STATUS_SQL = f"""CASE
    {_OUTCOMES_SQL}
    WHEN withdrawal_asked THEN 'withdrawing'
    WHEN revision > rejected_upto THEN 'pending'
    WHEN revision = rejected_upto AND terms_hash IS DISTINCT FROM decided_terms_hash THEN 'pending'
    WHEN rejected_upto > 0 THEN 'rejected'
    ELSE 'pending' END"""
"""``paydesk.domain.standing.status`` in SQL; a test compares them over every combination."""

_WAITING = sa.text(status_in(WAITING))
_SENT = sa.text(bare(SENT))
ORDERS = {
    "by_sent": (_SENT,),
    "by_amount": (sa.text(bare(AMOUNT)),),
    "by_due": (sa.text(bare(DUE)),),
    "by_decided": (sa.text(bare(DECIDED)),),
    "by_status": ("status", _SENT),
    "by_currency": ("standing_currency", _SENT),
    "by_contractor": ("contractor_folded", _SENT),
}


def _standing(term: str, kind: type[sa.types.TypeEngine[Any]]) -> Any:
    """Return a stored column for a term that counts: the decided one once accepted or alone."""
    return Field(default=None, sa_type=kind, sa_column_args=[sa.Computed(bare(standing(term))[1:-1], persisted=True)])


def time_column(default: str | None = None) -> Any:
    """Return a timestamp column with time zone; ``default`` is SQL, and makes the column NOT NULL."""
    kind = sa.DateTime(timezone=True)
    if default is None:
        return Field(default=None, sa_column=sa.Column(kind))
    return Field(default=None, sa_column=sa.Column(kind, nullable=False, server_default=sa.text(default)))


def _flag() -> Any:
    return Field(default=False, sa_column_kwargs={"server_default": sa.text("false")})


class PaymentRequestRow(SQLModel, table=True):
    """One request as this side knows it: two registers, either of which may be missing for a while."""

    __tablename__ = "payment_request"
    __table_args__ = (
        sa.CheckConstraint(outcome_in(tuple(Outcome)), name="outcome_is_known"),
        sa.Index("payment_request_by_number", "number"),
        # What lists are ordered by and filtered with; the one for text is made where its extension is.
        *(sa.Index(f"payment_request_{name}", *columns, "id") for name, columns in ORDERS.items()),
        *(
            sa.Index(f"payment_request_waiting_{name}", *ORDERS[name], "id", postgresql_where=_WAITING)
            for name in ("by_sent", "by_due")
        ),
        sa.Index(
            "payment_request_alike",
            "contractor_folded",
            "standing_amount_minor",
            "standing_currency",
            "requested_at",
            postgresql_where=sa.text(status_in(PAYABLE)),
        ),
        # By the amount, as that is what duplicates are looked for by.
        sa.Index("payment_request_unfolded", "standing_amount_minor", postgresql_where=sa.text(bare(UNFOLDED))),
        sa.Index(
            "payment_request_text",
            sa.text(bare(TEXT)),
            postgresql_using="gin",
            postgresql_with={"gin_pending_list_limit": UNSORTED_KB},
        ),
        sa.Index("payment_request_locked", "locked_at", postgresql_where=sa.text("locked")),
        sa.Index(
            "payment_request_peer_locked",
            "peer_locked_at",
            postgresql_where=sa.text("peer_locked_at IS NOT NULL"),
        ),
    )

    id: UUID = Field(primary_key=True)

    # The request register: the contractor side's word.
    request_version: int | None = None
    number: str | None = None
    contractor: str | None = None
    requested_at: datetime | None = time_column()
    revision: int | None = None
    amount_minor: int | None = Field(default=None, sa_type=sa.BigInteger)
    currency: str | None = None
    exponent: int | None = None
    description: str | None = None
    reference: str | None = None
    due_date: date | None = None
    document: str | None = None
    pay_to: str | None = None
    terms_hash: str | None = None
    withdrawal_asked: bool = _flag()
    request_hash: str | None = None
    """SHA-256 of the message that said this register: tells a repeat from another content of the same version."""
    revision_received_at: datetime | None = time_column()
    """When this side first had the standing revision."""

    # The decision register: the manager side's word.
    decision_version: int | None = None
    outcome: str = Field(default="none", sa_column_kwargs={"server_default": sa.text("'none'")})
    rejected_upto: int = Field(default=0, sa_column_kwargs={"server_default": sa.text("0")})
    cause_code: str | None = None
    cause_note: str | None = None
    decided_revision: int | None = None
    decided_amount_minor: int | None = Field(default=None, sa_type=sa.BigInteger)
    decided_currency: str | None = None
    decided_exponent: int | None = None
    decided_description: str | None = None
    decided_reference: str | None = None
    decided_due_date: date | None = None
    decided_document: str | None = None
    decided_pay_to: str | None = None
    decided_terms_hash: str | None = None
    decided_by: str | None = None
    decided_at: datetime | None = time_column()
    received_at: datetime | None = time_column()
    decision_hash: str | None = None

    # What is compared, folded by the program (``paydesk.domain.fold``); a trigger empties what no longer is.
    contractor_folded: str | None = None
    terms_folded: str | None = None
    """Description and reference, each on a line."""
    decided_terms_folded: str | None = None

    # This side's own notes.
    locked: bool = _flag()
    locked_at: datetime | None = time_column()
    locked_why: str | None = None
    """Why only a person can settle it, as a sentence without its end."""
    peer_locked_at: datetime | None = time_column()
    """Since when the other side's digests say that it has locked it; each of them sets and clears this."""
    changed_at: datetime | None = time_column("now()")

    # What both registers come to, kept by the database itself.
    status: str | None = Field(default=None, sa_type=sa.Text, sa_column_args=[sa.Computed(STATUS_SQL, persisted=True)])
    standing_amount_minor: int | None = _standing("amount_minor", sa.BigInteger)
    standing_currency: str | None = _standing("currency", sa.Text)
    standing_exponent: int | None = _standing("exponent", sa.Integer)
    standing_due_date: date | None = _standing("due_date", sa.Date)
    standing_document: str | None = _standing("document", sa.Text)

    # Filled once, and read by programs of the version before alone.
    standing_description: str | None = Field(default=None, sa_type=sa.Text)
    standing_reference: str | None = Field(default=None, sa_type=sa.Text)
    standing_pay_to: str | None = Field(default=None, sa_type=sa.Text)


class OutboxRow(SQLModel, table=True):
    """One event this side said, with the exact bytes; sent when ``published_at`` is set."""

    __tablename__ = "outbox"
    __table_args__ = (
        # Two writers of one version collide here, whatever the code above believed.
        sa.Index(
            "one_event_per_version",
            "request_id",
            "version",
            unique=True,
            postgresql_where=sa.text("NOT beaten"),
        ),
        # The relay reads by flag: sequence order is not commit order.
        sa.Index("outbox_unsent", "position", postgresql_where=sa.text("published_at IS NULL")),
        # What was said since a while ago, for whoever has no hints.
        sa.Index("outbox_by_position", "position"),
        sa.Index("outbox_beaten", "beaten_at", postgresql_where=sa.text("beaten")),
    )

    id: UUID = Field(primary_key=True)
    """The event's id, ``ce_id``."""
    position: int | None = Field(
        default=None, sa_column=sa.Column(sa.BigInteger, sa.Identity(always=True), nullable=False)
    )
    request_id: UUID
    version: int
    type: str
    topic: str
    key: bytes
    headers: list[list[str]] = Field(sa_type=JSONB)
    value: bytes
    content_hash: str
    """SHA-256 of ``value``, in hexadecimal."""
    actor: str
    command_id: str | None = None
    said_at: datetime | None = time_column("now()")
    previous: dict[str, Any] | None = Field(default=None, sa_type=JSONB(none_as_null=True))
    """The register columns before this event, kept while it is held, so that undo can restore them."""
    hold_until: datetime | None = time_column()
    """The relay never sends a row where this is set; a committed UPDATE clears it first."""
    published_at: datetime | None = time_column()
    topic_id: str | None = None
    partition: int | None = None
    kafka_offset: int | None = Field(default=None, sa_type=sa.BigInteger)
    log_append_time: datetime | None = time_column()
    ever_acked: bool = _flag()
    beaten: bool = _flag()
    """Another event of this version was found on the topic and stands; this row is history."""
    beaten_at: datetime | None = time_column()
    overdue: bool = _flag()
    """The hold ran out in a schema that was restored from a copy: a person is asked again before it is sent."""
    again_at: datetime | None = time_column()
    """Not before this is it sent again because the other side asks for it."""
    again_s: int | None = None
    """The last of those waits, in seconds; each is twice as long as the one before."""


class InboxRow(SQLModel, table=True):
    """One message this side received, and what became of it."""

    __tablename__ = "inbox"
    __table_args__ = (
        sa.UniqueConstraint("source", "event_id", name="one_row_per_event"),
        sa.Index("inbox_by_request", "request_id", "position"),
        sa.Index("inbox_trouble", "became", postgresql_where=sa.text("became IN ('parked', 'quarantined')")),
        sa.Index("inbox_redriven", "position", postgresql_where=sa.text("redriven_at IS NOT NULL")),
    )

    position: int | None = Field(
        default=None, sa_column=sa.Column(sa.BigInteger, sa.Identity(always=True), primary_key=True)
    )
    source: str
    """Who said it: the trusted ``ce_source``, else the topic."""
    event_id: str
    """``ce_id`` of a trusted event, else ``topic id/partition/offset``."""
    request_id: UUID | None = None
    version: int | None = None
    type: str | None = None
    topic: str
    topic_id: str
    partition: int
    kafka_offset: int = Field(sa_type=sa.BigInteger)
    log_append_time: datetime | None = time_column()
    key: bytes | None = None
    """Null as well where ``said_at`` is not: it is the request's id."""
    headers: list[list[str]] = Field(default_factory=list, sa_type=JSONB)
    """Name and value of each header; bytes that are no UTF-8 are written with backslash escapes.

    Empty where ``said_at`` is not null: ``infra.core.headers`` gives them back from the columns beside.
    """
    value: bytes | None = None
    became: str
    """``applied``, ``stale``, ``parked`` or ``quarantined``; ``ignored`` when redriven and found to be no event."""
    reason: str | None = None
    heard_at: datetime | None = time_column("now()")
    said_at: datetime | None = time_column()
    """When an event that was applied, or was stale, was said; null where its headers and its key are kept."""
    redriven_at: datetime | None = time_column()
    """When it last went the way in again, after it had been parked or quarantined."""
    redriven_by: str | None = None
    discarded_at: datetime | None = time_column()
    discarded_by: str | None = None
    discarded_why: str | None = None
    """Why a person gave it up; it stays parked or quarantined, and is open no more."""


class PositionRow(SQLModel, table=True):
    """The next offset to read of one partition; moved by compare-and-set in the transaction that applies."""

    __tablename__ = "position"

    topic: str = Field(primary_key=True)
    partition: int = Field(primary_key=True)
    topic_id: str
    next_offset: int = Field(sa_type=sa.BigInteger)


class CommandRow(SQLModel, table=True):
    """A command's id, made by the caller, and what it did: a repeated command has one effect."""

    __tablename__ = "command"

    id: UUID = Field(primary_key=True)
    content_hash: str
    request_id: UUID
    changed: bool
    done_at: datetime | None = time_column("now()")


class MetaRow(SQLModel, table=True):
    """What this side knows of its own topic: one row per partition."""

    __tablename__ = "meta"

    partition: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    topic_id: str | None = None
    verified_offset: int | None = Field(default=None, sa_type=sa.BigInteger)
    """The last offset up to which the writer has read or acknowledged its own topic without a gap."""
    verified_event_id: str | None = None
    verified_append_time: datetime | None = time_column()
    checked_by: str | None = None
    """The holder of the lease whose first check is done; another one has to check anew."""
    amiss: str | None = None
    """What the last check found and could not explain, as a sentence; empty when all is well."""
    imported_at: datetime | None = time_column()
    """When a check last brought back events that this schema did not know: it was lost or restored from a copy.
    Null while such a check is under way. Kept with partition 0, as are the next two."""
    imported: int | None = None
    """How many events that check brought back."""
    last_said_at: datetime | None = time_column()
    """When the last event came that such a check found on the own topic: what was said later cannot be known."""


class OriginRow(SQLModel, table=True):
    """In which database this schema was made: one row. Found in another one, the schema is a copy."""

    __tablename__ = "origin"

    nothing: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    cluster: str
    """The cluster's system identifier; empty where it may not be read."""
    database: int = Field(sa_type=sa.BigInteger)
    """The database's oid."""
    made_at: datetime | None = time_column("now()")
    whole_at: datetime | None = time_column()
    """When everything on both topics had been read for the first time; null while the schema is read anew."""


class SettlementRow(SQLModel, table=True):
    """This side's word on how a locked request was settled; the request stays locked."""

    __tablename__ = "settlement"
    __table_args__ = (sa.Index("settlement_by_request", "request_id", "settled_at"),)

    id: UUID = Field(primary_key=True)
    """The id of the command that said it."""
    request_id: UUID
    note: str
    actor: str
    settled_at: datetime | None = time_column("now()")


HOLDERS = "l.relation IN (to_regclass('lease_lock'), to_regclass('lease')) AND l.mode = 'ExclusiveLock' AND l.granted"
"""Which rows ``l`` of ``pg_locks`` are of whoever holds the lease, of this version or of the one before, in SQL."""


class UnknownVersionRow(SQLModel, table=True):
    """A version that the other side claims to hold and this side never said, neither here nor on its topic."""

    __tablename__ = "unknown_version"

    request_id: UUID = Field(primary_key=True)
    version: int = Field(sa_type=sa.BigInteger)
    content_hash: str
    first_at: datetime | None = time_column("now()")
    last_at: datetime | None = time_column("now()")
    next_at: datetime | None = time_column()
    """Not before this is the own topic read for it again."""
    wait_s: int = Field(default=0, sa_column_kwargs={"server_default": sa.text("0")})


class CatchUpRow(SQLModel, table=True):
    """A command's question to the worker at work: has everything been applied that was sent until now?"""

    __tablename__ = "catch_up"
    __table_args__ = {"prefixes": ["UNLOGGED"]}

    id: UUID = Field(primary_key=True)
    asked_at: datetime | None = time_column("now()")
    caught_up_at: datetime | None = time_column()


class LeaseRow(SQLModel, table=True):
    """Always empty: the lock on this table was the lease, and still keeps programs of the version before out."""

    __tablename__ = "lease"

    nothing: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
