"""What the contractor's screens need from the room behind them."""

from typing import Protocol
from uuid import UUID

from paydesk.domain.payment_request import Terms
from paydesk.infra.core.query import Result
from paydesk.tui.port import Desk


class ContractorDesk(Desk, Protocol):
    """A desk that asks. The same key again has one effect."""

    def request(self, key: UUID, request_id: UUID, terms: Terms) -> Result:
        """Ask for a payment."""

    def revise(self, key: UUID, request_id: UUID, terms: Terms) -> Result:
        """Change the terms of a request that waits or was rejected."""

    def withdraw(self, key: UUID, request_id: UUID) -> Result:
        """Ask for a request back."""
