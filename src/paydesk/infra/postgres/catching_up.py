"""How a command asks the worker at work to read on, through a row of the own schema, instead of starting one itself.

A command cannot know by itself how far the topics go without a Kafka client of its own. The worker that holds the lease
has one: it looks at these rows, asks the broker where the topics end, and answers once everything before that is
applied.
"""

from collections.abc import Sequence
from uuid import UUID, uuid4

import psycopg
from psycopg.rows import TupleRow

AT_WORK = """
EXISTS (SELECT FROM pg_locks WHERE relation = to_regclass('lease_lock') AND mode = 'ExclusiveLock' AND granted)
"""
"""Whether a worker holds the lease, in whatever process, in SQL."""
_ASK = "INSERT INTO catch_up (id) VALUES (%s)"
_ANSWERED = f"SELECT {AT_WORK}, EXISTS (SELECT FROM catch_up WHERE id = %s AND caught_up_at IS NOT NULL)"
_FORGET = "DELETE FROM catch_up WHERE id = %s"
_OPEN = "SELECT id FROM catch_up WHERE caught_up_at IS NULL"
_ANSWER = "UPDATE catch_up SET caught_up_at = clock_timestamp() WHERE id = ANY(%s)"
_FORGET_OLD = "DELETE FROM catch_up WHERE asked_at < clock_timestamp() - interval '1 minute'"
"""A command that is killed while it waits leaves its row."""

Connection = psycopg.Connection[TupleRow]


def at_work(connection: Connection) -> bool:
    """Whether a worker holds the lease, in whatever process."""
    return connection.execute(f"SELECT {AT_WORK}").fetchone() == (True,)


def ask(connection: Connection) -> UUID:
    """Ask the worker at work to catch up; returns the question's id.

    Raises psycopg's errors where nothing can be written here.
    """
    question = uuid4()
    connection.execute(_ASK, [question])
    return question


def answered(connection: Connection, question: UUID) -> tuple[bool, bool]:
    """Return whether a worker is at work, and whether all is applied that the other side had sent at the question."""
    row = connection.execute(_ANSWERED, [question]).fetchone()
    assert row is not None
    return row[0], row[1]


def forget(connection: Connection, question: UUID) -> None:
    """Take a question back."""
    connection.execute(_FORGET, [question])


def open_questions(connection: Connection) -> Sequence[UUID]:
    """Return the questions that nobody has answered."""
    return [row[0] for row in connection.execute(_OPEN)]


def answer(connection: Connection, questions: Sequence[UUID]) -> None:
    """Say to whoever asked that everything is applied."""
    connection.execute(_ANSWER, [list(questions)])
    connection.execute(_FORGET_OLD)
