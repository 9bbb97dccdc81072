"""One transaction on the own schema, with everything the event core asks of it."""

from sqlmodel import Session

from paydesk.infra.sql.commands import Commands
from paydesk.infra.sql.copy import Copy
from paydesk.infra.sql.digest import Digests
from paydesk.infra.sql.imports import Imports
from paydesk.infra.sql.inbox import Inbox
from paydesk.infra.sql.outbox import Outbox
from paydesk.infra.sql.refused import RefusedMessages


class SqlTransaction(Commands, Outbox, Copy, Inbox, RefusedMessages, Digests, Imports):
    """Meets ``paydesk.infra.ports.Transaction`` on PostgreSQL."""

    def __init__(self, session: Session) -> None:
        self.session = session
