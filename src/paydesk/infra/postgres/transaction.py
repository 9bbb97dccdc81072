"""One transaction on the own schema, with everything the event core asks of it."""

from sqlmodel import Session

from paydesk.infra.postgres.write.commands import Commands
from paydesk.infra.postgres.write.digest import Digests
from paydesk.infra.postgres.write.inbox import Inbox
from paydesk.infra.postgres.write.outbox import Outbox
from paydesk.infra.postgres.write.quarantine import RefusedMessages
from paydesk.infra.postgres.write.reimport import Imports
from paydesk.infra.postgres.write.replica import Copy


class SqlTransaction(Commands, Outbox, Copy, Inbox, RefusedMessages, Digests, Imports):
    """Meets ``paydesk.infra.core.ports.Transaction`` on PostgreSQL."""

    def __init__(self, session: Session) -> None:
        self.session = session
