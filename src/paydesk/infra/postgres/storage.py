"""The storage port on PostgreSQL: the own schema, for writing."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from copy import copy
from datetime import datetime
from shlex import quote
from typing import Protocol, assert_never
from uuid import UUID

import psycopg
import sqlalchemy as sa
from psycopg.rows import TupleRow
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoneFree
from uuid_utils.compat import uuid7

from paydesk.infra.core.awaited import Awaited
from paydesk.infra.core.clock import DatabaseClock
from paydesk.infra.core.errors import OutcomeUnknown, ServerDown, StorageTrouble, sentence_of
from paydesk.infra.core.records import Expected, ExpectedArrival, ExpectedCommand, ExpectedRelay
from paydesk.infra.core.role import Role
from paydesk.infra.core.transaction import Transaction
from paydesk.infra.postgres.connection import FROZEN_AFTER, engine, is_content, is_transient, unreachable
from paydesk.infra.postgres.write.ahead import Ahead
from paydesk.infra.postgres.write.commands import Claimed, SqlCommands
from paydesk.infra.postgres.write.digest import SqlDigests
from paydesk.infra.postgres.write.holds import SqlHolds
from paydesk.infra.postgres.write.inbox import SqlInbox
from paydesk.infra.postgres.write.locks import SqlRequestLocks
from paydesk.infra.postgres.write.numbers import SqlNumbers
from paydesk.infra.postgres.write.outbox import SqlOutbox
from paydesk.infra.postgres.write.quarantine import SqlQuarantine
from paydesk.infra.postgres.write.reimport import SqlReimport
from paydesk.infra.postgres.write.requests import SqlRequests
from paydesk.infra.postgres.write.schema_state import SqlSchemaState
from paydesk.infra.postgres.write.session import WritingSession
from paydesk.infra.postgres.write.topic_state import SqlTopicState


class SqlTransaction:
    """Meets ``paydesk.infra.core.transaction.Transaction`` on PostgreSQL: each part writes through the same session."""

    def __init__(self, session: WritingSession) -> None:
        self._session = session
        self.claimed = Claimed()
        """The command of this transaction, where there is one."""
        self._ahead = Ahead()
        self.schema = SqlSchemaState(session, self._ahead)
        self.commands = SqlCommands(session, self.claimed, self._ahead)
        self.numbers = SqlNumbers(session, self._ahead)
        self.requests = SqlRequests(session, self.claimed, self._ahead)
        self.locks = SqlRequestLocks(session)
        self.outbox = SqlOutbox(session, self._ahead)
        self.holds = SqlHolds(session, self._ahead)
        self.inbox = SqlInbox(session)
        self.quarantine = SqlQuarantine(session)
        self.topic = SqlTopicState(session)
        self.reimport = SqlReimport(session)
        self.digests = SqlDigests(session)

    def expect(self, work: Expected) -> None:
        """Ask in one round trip what is asked first."""
        match work:
            case ExpectedCommand():
                self._ahead.read_command(self._session, work)
            case ExpectedRelay():
                self._ahead.read_relay(self._session, work)
            case ExpectedArrival():
                self._ahead.read_arrival(self._session, work)
            case _:
                assert_never(work)

    def now(self) -> datetime:
        """Return the database's clock."""
        if (ahead := self._ahead.moment.take()) is not None:
            return ahead[0]
        moment: datetime = self._session.execute(sa.text("SELECT clock_timestamp()")).scalar_one()
        return moment

    def new_id(self) -> UUID:
        """Return a UUIDv7, whose order is that of time."""
        return uuid7()


_FROZEN = "idle_in_transaction_session_timeout"


class CommitWatch(Protocol):
    """Stands around each commit of a command, as only the answer to it shows what is saved."""

    def committing(self, request_id: UUID, number: str | None) -> AbstractContextManager[Callable[[], None]]:
        """Surround the commit of a command about this request, whose number is None as long as it has none.

        Left without an error: it is saved. Left by an error: nobody knows, unless the function that the context gives
        was called before, which says that it is not saved and never will be.
        """


class Store:
    """The own schema on PostgreSQL; meets ``paydesk.infra.core.storage.Storage``. ``close`` it.

    Args:
        database_url: The libpq URL of the role's login.
        role: The role whose schema it is.
        now: Returns the time of commands; None: it is the database's.
        word: The key with which a person repeats the same command; empty: there is none.
        watch: Stands around each commit of a command; None: nobody does.
        few: Whether it has at most two connections, for a command with its worker; a caller that meets none free waits
            for some seconds.
    """

    def __init__(
        self,
        database_url: str,
        role: Role,
        now: Callable[[], datetime] | None = None,
        *,
        word: str = "",
        watch: CommitWatch | None = None,
        few: bool = False,
    ) -> None:
        self.role = role
        self._word = word
        self._watch = watch
        self._now = now
        self._clock = DatabaseClock()
        self._open = threading.local()
        """The transaction that each thread has open: a thread never asks for a second connection amid one."""
        # A process that is stopped amid a transaction, as by a closed lid, would keep its locks for as long as it is.
        self._engine = engine(database_url, role.name, {_FROZEN: FROZEN_AFTER}, few=few)
        self._borrows = False
        self.awaited = Awaited()
        """What this store, and each that shares its connections, waits for."""
        event.listen(self._engine, "before_cursor_execute", lambda *_: self.awaited.asked())
        event.listen(self._engine, "after_cursor_execute", lambda *_: self.awaited.answered())
        event.listen(self._engine, "handle_error", lambda *_: self.awaited.answered())

    def now(self) -> datetime:
        """Return the time that commands are stamped with: the database's, as all else is that it is compared with."""
        if self._now is not None:
            return self._now()
        transaction: Transaction | None = getattr(self._open, "transaction", None)
        self._clock.ask(transaction.now if transaction is not None else self._moment)
        return self._clock.now()

    def _moment(self) -> datetime:
        # Nothing is committed: a commit whose answer is lost would be told as one that may have saved something.
        try:
            with self._engine.connect() as connection:
                moment: datetime = connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
                return moment
        except DBAPIError as error:
            if is_transient(error):
                raise unreachable(error.orig or error) from error
            raise StorageTrouble(sentence_of(error.orig or error)) from error

    def beside(self) -> "Store":
        """Return a store on the same few connections, for a worker of the same process; only this one closes them."""
        other = copy(self)
        other._word, other._watch, other._clock, other._borrows = "", None, DatabaseClock(), True
        other._open = threading.local()
        return other

    def close(self) -> None:
        """Close every connection."""
        if not self._borrows:
            self._engine.dispose()

    @contextmanager
    def lend(self, *, unhurried: bool = False) -> Iterator[psycopg.Connection[TupleRow]]:
        """Lend a connection, for reading or for SQL of one's own; commits at the end, is closed on any error.

        Args:
            unhurried: Whether it may idle amid its transaction, as a list does whose reader is slow.

        Yields:
            The connection.

        Raises:
            ServerDown: No connection is free in time.
            psycopg.Error: What the statements, or the commit, raise.
        """
        try:
            with self.awaited.waiting():
                lent = self._engine.raw_connection()
        except NoneFree as error:
            raise _none_free() from error
        connection: psycopg.Connection[TupleRow] = lent.dbapi_connection  # type: ignore[assignment]
        try:
            if unhurried:
                _set(connection, "0")
            yield connection
            connection.commit()
            connection.isolation_level = None
            if unhurried:
                _set(connection, FROZEN_AFTER)
        except BaseException:
            lent.invalidate()  # A cursor or a transaction may still be open in it.
            raise
        lent.close()

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Open one transaction; it commits at the end and rolls back on any error.

        Yields:
            The transaction.

        Raises:
            ServerDown: The database is away, or no connection is free in time.
            OutcomeUnknown: Only the answer to the commit was lost.
            StorageTrouble: The database refuses, and no message is to blame, such as a right that is missing.
            DBAPIError: The database refuses what is to be written.
        """
        try:
            with WritingSession(self._engine, self.awaited) as session:
                with self.awaited.waiting():
                    session.connection()  # A connection from the pool is tried before it is lent.
                transaction = SqlTransaction(session)
                with self._noted(transaction):
                    yield transaction
                session.send()
                with self._watched(transaction.claimed) as rolled_back:
                    self._commit(session, rolled_back)
        except NoneFree as error:
            raise _none_free() from error
        except DBAPIError as error:
            if is_transient(error):
                raise unreachable(error.orig or error) from error
            if not is_content(error):
                raise StorageTrouble(sentence_of(error.orig or error)) from error
            raise

    def _watched(self, claimed: Claimed) -> AbstractContextManager[Callable[[], None]]:
        """Return what stands around the commit of a command where somebody watches it, else a context of no effect."""
        if self._watch is None or claimed.request_id is None:
            return nullcontext(lambda: None)
        return self._watch.committing(claimed.request_id, claimed.number)

    def _commit(self, session: WritingSession, rolled_back: Callable[[], None]) -> None:
        """Commit; calls ``rolled_back`` where it fails for sure. Raises ``OutcomeUnknown`` where its answer is lost."""
        try:
            with self.awaited.waiting():
                session.commit()
        except DBAPIError as error:
            if is_transient(error) and error.connection_invalidated:
                again = f"Run the same command again with --key {quote(self._word)}." if self._word else ""
                raise OutcomeUnknown(
                    "The database went away while it was saving; nobody knows yet whether it did.",
                    again or "Look at it again when the database answers.",
                    key=self._word,
                ) from error
            rolled_back()
            raise

    @contextmanager
    def _noted(self, transaction: Transaction) -> Iterator[None]:
        """Remember that this thread has it open."""
        before = getattr(self._open, "transaction", None)
        self._open.transaction = transaction
        try:
            yield
        finally:
            self._open.transaction = before


def _set(connection: psycopg.Connection[TupleRow], frozen_after: str) -> None:
    """Set for the session how long it may idle amid a transaction."""
    connection.autocommit = True
    connection.execute(f"SET {_FROZEN} = '{frozen_after}'")
    connection.autocommit = False


def _none_free() -> ServerDown:
    return ServerDown("This program's connections to PostgreSQL are all at work.", "Try again in a moment.")
