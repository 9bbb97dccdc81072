"""A SQLModel ``Session`` that also sends statements by psycopg's pipeline: however many, they are one round trip."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import psycopg
from psycopg.rows import TupleRow
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from paydesk.infra.core.awaited import Awaited

Statement = tuple[str, Mapping[str, Any]]
"""SQL with psycopg's named placeholders, and their values."""


class WritingSession(Session):
    """What a transaction writes by: through the ORM's connection, in its transaction.

    Args:
        engine: The engine of the own schema.
        awaited: Notes how long the database leaves a question unanswered.
    """

    def __init__(self, engine: Engine, awaited: Awaited) -> None:
        super().__init__(engine, expire_on_commit=False)
        self._awaited = awaited
        self._queued: list[Statement] = []

    def queue(self, statement: str, values: Mapping[str, Any]) -> None:
        """Have a statement run whose result nobody waits for: before the next one, or before the commit."""
        self._queued.append((statement, values))

    def send(self) -> None:
        """Run what is queued. Raises ``DBAPIError``."""
        if self._queued:
            self.ask()

    def ask(self, *statements: Statement) -> list[list[TupleRow]]:
        """Run what is queued and these, in this order and in one round trip; returns the rows of each of these.

        Raises ``DBAPIError`` of the first that fails, as ``execute`` does.
        """
        sent, self._queued = [*self._queued, *statements], []
        connection = self.connection()
        driver: psycopg.Connection[TupleRow] = connection.connection.dbapi_connection  # type: ignore[assignment]
        try:
            with self._awaited.waiting(), _together(driver, len(sent)):
                cursors = [driver.execute(statement.encode(), values) for statement, values in sent]
            asked = cursors[len(cursors) - len(statements) :]
            return [cursor.fetchall() if cursor.description is not None else [] for cursor in asked]
        except psycopg.Error as error:
            lost = driver.closed
            if lost:
                connection.invalidate(error)
            raise DBAPIError.instance(
                "", None, error, psycopg.Error, connection_invalidated=lost, dialect=connection.dialect
            ) from error

    def execute(self, *arguments: Any, **options: Any) -> Any:
        """Run a statement of SQLAlchemy, after what is queued."""
        self.send()
        return super().execute(*arguments, **options)


def _together(driver: psycopg.Connection[TupleRow], count: int) -> AbstractContextManager[object]:
    """Return what makes several statements one round trip; an old libpq sends them one by one."""
    return driver.pipeline() if count > 1 and psycopg.Pipeline.is_supported() else nullcontext()
