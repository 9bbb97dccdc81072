"""What is known of the own schema as a whole: in whose database it is, checked or not, lost once or not."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from paydesk.infra.core import origin
from paydesk.infra.postgres.schema import HOLDERS

CHECKED = f"""
SELECT EXISTS (
    SELECT 1 FROM meta m JOIN pg_stat_activity a ON m.checked_by = a.pid || '/' || extract(epoch FROM a.backend_start)
    JOIN pg_locks l ON l.pid = a.pid
    WHERE {HOLDERS})
"""
"""Return whether whoever holds the lease now has done its first check of this schema, in SQL."""
_HERE = "paydesk: the database"


@dataclass(frozen=True, slots=True)
class SqlSchemaState:
    """Meets ``paydesk.infra.core.transaction.SchemaState``."""

    session: Session

    def copied(self) -> bool:
        """Return whether this schema was made in another database than the one that is asked, and nobody adopted it."""
        connection = self.session.connection()

        def ask(statement: str) -> Any:
            return self.session.execute(sa.text(statement)).first()

        # Where a connection leads stays for its life; the next one may lead to another server of the same name.
        if _HERE not in connection.info:
            connection.info[_HERE] = origin.database_mark(ask)
        return origin.is_copy(ask, connection.info[_HERE])

    def checked(self) -> bool:
        """Return whether whoever holds the lease now has done its first check of this very schema."""
        return bool(self.session.execute(sa.text(CHECKED)).scalar_one())

    def note_checked(self, holder: str) -> None:
        """Note that this holder of the lease has done its first check, and when it has brought something back."""
        checked = (
            "UPDATE meta SET checked_by = :holder, imported_at = CASE WHEN imported IS NOT NULL"
            " THEN coalesce(imported_at, clock_timestamp()) END"
        )
        self.session.execute(sa.text(checked), {"holder": holder})

    def was_lost(self) -> bool:
        """Return whether this schema was lost or restored once, and brought back what it had said."""
        read = sa.text("SELECT EXISTS (SELECT 1 FROM meta WHERE imported IS NOT NULL)")
        return bool(self.session.execute(read).scalar_one())
