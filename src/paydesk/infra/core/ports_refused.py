"""What redriving and discarding need of the own schema; part of the storage port."""

from collections.abc import Collection
from typing import Protocol

from paydesk.infra.core.records import Incoming, Refused


class RefusedMessages(Protocol):
    """Messages of the inbox that were not applied when they came."""

    def refused_messages(self, numbers: Collection[int]) -> list[Refused]:
        """Return which of these were not applied when they came, locked, in the order in which they came."""

    def parked(self, after: int, most: int) -> list[Refused]:
        """Return what is parked and not discarded above a number, locked, in the order in which it came."""

    def unsaid(self, after: int, most: int) -> list[Refused]:
        """Return what was not applied as it answers what this side never said, as ``parked`` does."""

    def retake(self, number: int, taken: Incoming, actor: str) -> None:
        """Write down what became of a refused message that ``actor`` had go the way in again."""

    def discard(self, number: int, why: str, actor: str) -> None:
        """Write down who gave up a refused message, and why; its bytes stay."""
