"""The manager's desk behind its screen: what a person decides there becomes commands on the own schema."""

from collections.abc import Iterable, Iterator, Sequence
from uuid import UUID

from paydesk.domain.commands import ManagerCommand
from paydesk.domain.copy import RequestCopy
from paydesk.domain.errors import PaydeskError
from paydesk.infra.core.query import Result
from paydesk.infra.core.role import Role
from paydesk.infra.postgres.read import queries
from paydesk.infra.service import DeskService
from paydesk.manager.port import Executed, KeyedCommand, Spread
from paydesk.manager.role import ROLE
from paydesk.settings import Servers

AT_ONCE = 25
"""So many are executed before everybody is told of them, and reads them again."""
_DELIVER_S = 2.0
"""How long a desk that closes waits for what it released to leave."""


class ManagerService(DeskService):
    """Meets ``paydesk.manager.port.ManagerDesk``.

    Args:
        servers: The addresses of the manager's servers.
        person: Who sits at the desk.
        hold_s: The seconds for which a decision is held before it is sent.
        role: The manager's role.
    """

    def __init__(self, servers: Servers, person: str, hold_s: float, role: Role = ROLE) -> None:
        super().__init__(role, servers, person)
        self.hold_s = hold_s

    def execute(self, key: UUID, command: ManagerCommand, hold_s: float = 0) -> Result:
        """Execute a command once, and notify the other desks; ``ManagerDesk.execute`` says what it raises."""
        from paydesk.manager.commands import execute

        return self.result(execute(self.store(), key, command, hold_s))

    def execute_all(self, commands: Iterable[KeyedCommand]) -> Iterator[Executed | Spread]:
        """Execute each command once, as ``ManagerDesk.execute_all`` says; some at a time are read back together."""
        from paydesk.manager.commands import execute

        untold: list[UUID] = []
        for keyed in commands:
            try:
                execute(self.store(), keyed.key, keyed.command, keyed.hold_s)
            except PaydeskError as error:
                yield Executed(keyed.command, error)
                continue
            untold.append(keyed.command.id)
            yield Executed(keyed.command)
            if len(untold) == AT_ONCE:
                yield Spread(self.spread(untold))
                untold = []
        if untold:
            yield Spread(self.spread(untold))

    def copies(self, ids: Sequence[UUID]) -> Sequence[RequestCopy]:
        """Return these requests as they are now.

        Raises:
            ServerDown: The database is away.
        """
        return self._read(lambda connection: queries.some(connection, ids))

    def send_now(self, only: UUID | None = None) -> int:
        """Release what this person holds, as ``ManagerDesk.send_now`` says.

        Raises:
            CopiedSchema: The schema is a copy, and only reads.
            ServerDown: The database is away; nothing was written.
        """
        from paydesk.manager.commands import send_now

        released = send_now(self.store(), {only} if only else None, self.person)
        self.nudge()
        self.hint(None)
        return released

    def release_held(self) -> str:
        """Release what this person holds, and wait up to two seconds until it is sent.

        Returns:
            A sentence with how many decisions were sent, or what becomes of them; empty where nothing was held.
        """
        try:
            if released := self.send_now():
                sent = "sent" if self.delivered(_DELIVER_S) else "released; the next worker of this role sends it"
                return f"{released} held decision{'s were' if released > 1 else ' was'} {sent}."
        except PaydeskError:
            return "What you hold is sent by the next worker of this role."
        return ""


def open_service(servers: Servers, person: str, hold_s: float) -> ManagerService:
    """Return a person's desk; ``hold_s`` are the seconds for which a decision is held before it is sent."""
    return ManagerService(servers, person, hold_s)
