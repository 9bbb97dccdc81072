"""Making a copied schema the one that goes on: it takes the mark of this database, and doubts all that it believes."""

from dataclasses import dataclass

import psycopg

from paydesk.infra.core import origin
from paydesk.infra.postgres.connection import connect, is_transient, unreachable

# What is held may have been sent or undone since the copy was made: a person is asked again.
_ASK_AGAIN = """
UPDATE outbox SET overdue = true, hold_until = clock_timestamp() + interval '100 years'
WHERE published_at IS NULL AND hold_until IS NOT NULL AND NOT beaten AND NOT overdue
"""
_DOUBT = "UPDATE meta SET verified_offset = NULL, verified_event_id = NULL, checked_by = NULL"


@dataclass(frozen=True, slots=True)
class Adopted:
    """What adopting did."""

    changed: bool
    """False where the schema is no copy."""
    asked_again: int = 0
    """Held decisions of which a person is asked again."""


def adopt(database_url: str, role_name: str) -> Adopted:
    """Have the schema go on in this database, in one transaction. Raises ``ServerDown``."""
    try:
        with connect(database_url, role_name) as connection:

            def ask(statement: str) -> object:
                return connection.execute(statement).fetchone()

            where = origin.database_mark(ask)
            if not origin.is_copy(ask, where):
                return Adopted(changed=False)
            held = connection.execute(_ASK_AGAIN).rowcount
            connection.execute(_DOUBT)
            connection.execute(origin.TAKE_MARK.format(cluster=where.cluster, database=where.database))
            return Adopted(changed=True, asked_again=held)
    except psycopg.Error as error:
        if is_transient(error):
            raise unreachable(error) from error
        raise
