"""The tables beside requests, outbox and inbox: positions, commands, settlements, and the state of the own topic."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from paydesk.infra.postgres.schema import time_column


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


class LeaseRow(SQLModel, table=True):
    """Always empty: the lock on this table was the lease, and still keeps programs of the version before out."""

    __tablename__ = "lease"

    nothing: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
