"""What giving human numbers to requests needs of the own schema; part of the storage port."""

from collections.abc import Collection, Mapping
from typing import Protocol
from uuid import UUID

from paydesk.infra.core.records import Row


class Numbers(Protocol):
    """The numbers by which people call requests: each stands for one, gaps are possible."""

    def next_number(self) -> str | None:
        """Return the next human number of a request; None before the first check of who holds the lease is done."""

    def numberless(self) -> list[Row]:
        """Return the own requests without a number, locked, the oldest first."""

    def renew(self, event_id: UUID, fresh: UUID, value: bytes, content_hash: str) -> None:
        """Give an event that never left another id and other bytes."""

    def holders(self, numbers: Collection[str]) -> Mapping[UUID, str]:
        """Return which requests have one of these numbers, and which."""

    def raise_numbers(self, numbers: Collection[str]) -> None:
        """Give no number from now on that is not above these, as far as ``counter_after`` follows them."""
