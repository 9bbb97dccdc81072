"""The storage port: one role's own schema. Apart from the other ports, as it names the role, which names them."""

from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from paydesk.infra.core.role import Role
from paydesk.infra.core.transaction import Transaction


class Storage(Protocol):
    """The own schema, for writing."""

    role: Role

    def now(self) -> datetime:
        """Return the time that commands are stamped with."""

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Open one transaction; it commits at the end and rolls back on any error.

        Returns:
            A context that gives the transaction.

        Raises:
            ServerDown: The storage is away; nothing was written.
            OutcomeUnknown: Only the answer to the commit was lost.
            StorageTrouble: The storage refuses, and no message is to blame, such as a right that is missing.
        """
