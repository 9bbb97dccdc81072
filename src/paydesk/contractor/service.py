"""The contractor's desk behind its screen: what a person does there becomes commands on the own schema."""

from uuid import UUID

from paydesk.contractor.role import ROLE
from paydesk.domain.commands import ContractorCommand
from paydesk.infra.core.query import Result
from paydesk.infra.core.role import Role
from paydesk.infra.service import DeskService
from paydesk.settings import Servers


class ContractorService(DeskService):
    """Meets ``paydesk.contractor.port.ContractorDesk``."""

    def __init__(self, servers: Servers, person: str, role: Role = ROLE) -> None:
        super().__init__(role, servers, person)

    def execute(self, key: UUID, command: ContractorCommand) -> Result:
        """Execute a command once, and notify the other desks; ``ContractorDesk.execute`` says what it raises."""
        from paydesk.contractor.commands import execute

        return self.result(execute(self.store(), key, command))


def open_service(servers: Servers, person: str, _: float) -> ContractorService:
    """Return a person's desk; the contractor's side holds nothing before it sends it."""
    return ContractorService(servers, person)
