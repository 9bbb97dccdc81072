"""Whose database it is: a schema keeps in which database it was made, and is a copy wherever else it is found.

A copy that sent what its outbox holds would speak beside the schema that it was copied from: requests would reach the
other side that nobody here knows, and their numbers would be given again. So a copy only reads, until a person says
that it is the one that goes on.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from paydesk.domain.errors import PaydeskError

Ask = Callable[[str], Any]
"""Runs a statement on the own schema and returns its first row, or None."""

_MAY_READ = "SELECT has_function_privilege('pg_control_system()', 'EXECUTE')"
_CLUSTER = "SELECT system_identifier::text FROM pg_control_system()"
_DATABASE = "SELECT oid::bigint FROM pg_database WHERE datname = current_database()"
MADE_IN = "SELECT cluster, database FROM origin"
"""Reads in which database the own schema was made."""
_USED = """
SELECT EXISTS (SELECT FROM payment_request) OR EXISTS (SELECT FROM outbox) OR EXISTS (SELECT FROM inbox)
"""
TAKE_MARK = """
INSERT INTO origin (nothing, cluster, database) VALUES (0, '{cluster}', {database})
ON CONFLICT (nothing) DO UPDATE SET cluster = excluded.cluster, database = excluded.database, made_at = now(),
    whole_at = NULL
"""


class CopiedSchema(PaydeskError):
    """The schema was made in another database: it only reads until somebody says that it is the one that goes on."""

    code = "copied_schema"

    @classmethod
    def of(cls, role_name: str) -> "CopiedSchema":
        """Return the error for a role's schema."""
        return cls(
            f"This {role_name} schema is a copy: it was made in another database, so nothing is written or sent here.",
            "Look at the database URL. If this one goes on from now, and nobody works on the other any more:"
            f" `paydesk stack adopt {role_name}`.",
        )


@dataclass(frozen=True, slots=True)
class Mark:
    """Which database something is in: the cluster's system identifier, empty where it may not be read, and the oid."""

    cluster: str
    database: int

    def same(self, other: "Mark") -> bool:
        """Whether both are of one database, as far as it is known. A physical clone cannot be told apart."""
        unknown = not self.cluster or not other.cluster
        return self.database == other.database and (unknown or self.cluster == other.cluster)


class Copied(Protocol):
    """The part of a transaction that knows it."""

    def copied(self) -> bool:
        """Return whether the own schema is a copy: it was made in another database, and nobody adopted it here."""


def refuse_copy(schema: Copied, role_name: str) -> None:
    """Raise ``CopiedSchema`` where the own schema is a copy."""
    if schema.copied():
        raise CopiedSchema.of(role_name)


def database_mark(ask: Ask) -> Mark:
    """Return the mark of the database that is asked."""
    cluster = ask(_CLUSTER)[0] if ask(_MAY_READ)[0] else ""
    return Mark(cluster, int(ask(_DATABASE)[0]))


def is_copy(ask: Ask, where: Mark) -> bool:
    """Return whether the schema on the search path was made in another database than ``where``."""
    made_in = ask(MADE_IN)
    return made_in is not None and not Mark(*made_in).same(where)


def in_another_database(connection: Any) -> bool:
    """Return whether the schema that this connection of psycopg is on is a copy."""

    def ask(statement: str) -> Any:
        return connection.execute(statement).fetchone()

    return is_copy(ask, database_mark(ask))


def mark(ask: Ask, run: Callable[[str], object]) -> bool:
    """Give the schema the mark of this database where it has none, or holds nothing; returns whether it is a copy."""
    where = database_mark(ask)
    marked = ask(MADE_IN) is not None
    if marked and not is_copy(ask, where):
        return False
    if marked and ask(_USED)[0]:
        return True
    run(TAKE_MARK.format(cluster=where.cluster, database=where.database))
    return False
