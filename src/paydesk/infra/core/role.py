"""What the infrastructure knows of a role."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from paydesk.domain.events import EventType
from paydesk.role_names import RoleName

if TYPE_CHECKING:
    from paydesk.infra.core.records import Applied, ReceivedEvent
    from paydesk.infra.core.transaction import Transaction


class Apply(Protocol):
    """A role's handler of what it receives: one batch, in the caller's transaction, set-based, never row by row."""

    def __call__(
        self, transaction: "Transaction", role: "Role", batch: "Sequence[ReceivedEvent]", now: datetime, /
    ) -> "Applied": ...


class Owed(Protocol):
    """What a role owes its rules before it sends: of these requests after an import, or (None) of any.

    Returns the requests of which it published something.
    """

    def __call__(
        self, transaction: "Transaction", role: "Role", ids: Collection[UUID] | None, now: datetime, /
    ) -> frozenset[UUID]: ...


def nothing_owed(_: "Transaction", __: "Role", ___: Collection[UUID] | None, ____: datetime) -> frozenset[UUID]:
    """Publish nothing: for a role that publishes only what a person decides."""
    return frozenset()


@dataclass(frozen=True, slots=True)
class Role:
    """All that the infrastructure knows of a role. A third one needs its row in ``role_names.py`` and a folder of its
    name, with ``role.py`` (this), ``service.py`` (its side) and ``app.py`` (its desk).
    """

    name: RoleName
    """Also the schema's name and the hint channel's middle part."""
    source: str
    """``ce_source`` of what it publishes, such as ``/paydesk/contractor``."""
    writes: str
    """The topic it alone writes."""
    reads: tuple[str, ...]
    """The topics it reads."""
    publishes: frozenset[EventType]
    receives: frozenset[EventType]
    receives_from: str
    """``ce_source`` of the rightful writer of what it reads."""
    load_apply: Callable[[], Apply]
    """Imports and returns the handler; called in the worker's thread, so that a desk paints before SQLModel loads."""

    load_owed: Callable[[], Owed] = lambda: nothing_owed
    """Imports and returns what keeps the role's own rules after an import of its events."""

    @property
    def group(self) -> str:
        """The Kafka group whose committed offsets lag tools read; safety never rests on it."""
        return f"paydesk.{self.name}"

    @property
    def channel(self) -> str:
        """The Redis channel of this role's hints."""
        return f"paydesk:{self.name}:changed"

    def with_topic_prefix(self, prefix: str) -> "Role":
        """Return the same role on topics of another name; for stacks that share a broker."""
        return replace(self, writes=prefix + self.writes, reads=tuple(prefix + topic for topic in self.reads))
