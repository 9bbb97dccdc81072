"""The storage port on PostgreSQL: the own schema, for writing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from shlex import quote
from typing import Protocol
from uuid import UUID

from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from paydesk.infra.clock import DatabaseClock
from paydesk.infra.errors import OutcomeUnknown, StorageTrouble, sentence_of
from paydesk.infra.ports import Transaction
from paydesk.infra.postgres import FROZEN_AFTER, engine, is_content, is_transient, unreachable
from paydesk.infra.role import Role
from paydesk.infra.sql.transaction import SqlTransaction


class CommitWatch(Protocol):
    """Is told of each commit of a command, before and after, as only then it is known what is saved."""

    def committing(self, request_id: UUID, number: str | None) -> None:
        """A command about this request is about to be committed."""

    def committed(self) -> None:
        """It is."""

    def rolled_back(self) -> None:
        """It is not, and never will be."""


class Store:
    """The own schema on PostgreSQL; meets ``paydesk.infra.ports.Storage``. ``close`` it.

    ``word`` is the key that a person gives to run the same command again, where there is such a one.
    """

    def __init__(
        self,
        database_url: str,
        role: Role,
        now: Callable[[], datetime] | None = None,
        *,
        word: str = "",
        watch: CommitWatch | None = None,
    ) -> None:
        self.role = role
        self._word = word
        self._watch = watch
        self._now = now
        self._clock = DatabaseClock()
        # A process that is stopped amid a transaction, as by a closed lid, would keep its locks for as long as it is.
        self._engine = engine(database_url, role.name, {"idle_in_transaction_session_timeout": FROZEN_AFTER})

    def now(self) -> datetime:
        """Return the time that commands are stamped with: the database's, as all else is that it is compared with."""
        if self._now is not None:
            return self._now()
        self._clock.ask(self._moment)
        return self._clock.now()

    def _moment(self) -> datetime:
        # Nothing is committed: a commit whose answer is lost would be told as one that may have saved something.
        try:
            with self._engine.connect() as connection:
                found: datetime = connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
                return found
        except DBAPIError as error:
            if is_transient(error):
                raise unreachable(error.orig or error) from error
            raise StorageTrouble(sentence_of(error.orig or error)) from error

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Open one transaction; it commits at the end and rolls back on any error.

        Raises ``ServerDown`` when the database is away, ``OutcomeUnknown`` when only the commit's answer was lost.
        """
        try:
            with Session(self._engine, expire_on_commit=False) as session:
                transaction = SqlTransaction(session)
                yield transaction
                session.flush()
                watch = self._watch if transaction.claimed is not None else None
                if watch is not None and transaction.claimed is not None:
                    watch.committing(transaction.claimed, transaction.number)
                try:
                    session.commit()
                    if watch is not None:
                        watch.committed()
                except DBAPIError as error:
                    if is_transient(error) and error.connection_invalidated:
                        again = f"Run the same command again with --key {quote(self._word)}." if self._word else ""
                        raise OutcomeUnknown(
                            "The database went away while it was saving; nobody knows yet whether it did.",
                            again or "Look at it again when the database answers.",
                            key=self._word,
                        ) from error
                    if watch is not None:
                        watch.rolled_back()
                    raise
        except DBAPIError as error:
            if is_transient(error):
                raise unreachable(error.orig or error) from error
            if not is_content(error):
                raise StorageTrouble(sentence_of(error.orig or error)) from error
            raise
