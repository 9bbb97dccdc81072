"""The contractor's desk behind its screen: what a person does there becomes commands on the own schema."""

from uuid import UUID

from paydesk.contractor.role import ROLE
from paydesk.domain.payment_request import Terms, typed_fields
from paydesk.infra.core.query import Result
from paydesk.infra.core.role import Role
from paydesk.infra.service import DeskService
from paydesk.settings import Servers


class ContractorService(DeskService):
    """Meets ``paydesk.contractor.port.ContractorDesk``."""

    def __init__(self, servers: Servers, person: str, role: Role = ROLE) -> None:
        super().__init__(role, servers, person)

    def request(self, key: UUID, request_id: UUID, terms: Terms) -> Result:
        """Ask for a payment."""
        from paydesk.contractor.commands import request_payment

        said = request_payment(self.store(), key, request_id, self.person, terms)
        return Result(self.said(said.request_id), said.changed)

    def revise(self, key: UUID, request_id: UUID, terms: Terms) -> Result:
        """Change the terms of a request that waits or was rejected."""
        from paydesk.contractor.commands import revise_payment

        said = revise_payment(self.store(), key, request_id, self.person, typed_fields(terms))
        return Result(self.said(said.request_id), said.changed)

    def withdraw(self, key: UUID, request_id: UUID) -> Result:
        """Ask for a request back."""
        from paydesk.contractor.commands import ask_withdrawal

        said = ask_withdrawal(self.store(), key, request_id, self.person)
        return Result(self.said(said.request_id), said.changed)
