"""What is known of the own schema as a whole: in whose database it is, checked or not, lost once or not."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from paydesk.infra.core import origin
from paydesk.infra.postgres.write.ahead import CHECKED, LOST, Ahead
from paydesk.infra.postgres.write.session import WritingSession

_HERE = "paydesk: the database"


@dataclass(frozen=True, slots=True)
class SqlSchemaState:
    """Meets ``paydesk.infra.core.transaction.SchemaState``."""

    session: WritingSession
    ahead: Ahead

    def copied(self) -> bool:
        """Return whether this schema was made in another database than the one that is asked, and nobody adopted it."""
        connection = self.session.connection()

        def ask(statement: str) -> Any:
            return self.session.execute(sa.text(statement)).first()

        # Where a connection leads stays for its life; the next one may lead to another server of the same name.
        if _HERE not in connection.info:
            connection.info[_HERE] = origin.database_mark(ask)
        ahead = self.ahead.made_in.take()
        return origin.is_copy(ask if ahead is None else lambda _: ahead[0], connection.info[_HERE])

    def checked(self) -> bool:
        """Return whether whoever holds the lease now has done its first check of this very schema."""
        ahead = self.ahead.checked.take()
        return ahead[0] if ahead is not None else bool(self.session.ask((CHECKED, {}))[0][0][0])

    def note_checked(self, holder: str) -> None:
        """Note that this holder of the lease has done its first check, and when it has brought something back."""
        checked = (
            "UPDATE meta SET checked_by = :holder, imported_at = CASE WHEN imported IS NOT NULL"
            " THEN coalesce(imported_at, clock_timestamp()) END"
        )
        self.session.execute(sa.text(checked), {"holder": holder})

    def was_lost(self) -> bool:
        """Return whether this schema was lost or restored once, and brought back what it had published."""
        ahead = self.ahead.lost.take()
        return ahead[0] if ahead is not None else bool(self.session.ask((LOST, {}))[0][0][0])
