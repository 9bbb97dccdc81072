"""What names a command so that it has one effect, and what it did: values that whoever only reads imports too."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class CommandResult:
    """Which request a command was about, and whether it changed it."""

    request_id: UUID
    changed: bool


@dataclass(frozen=True, slots=True)
class CommandKey:
    """The id of a command that a person's key names, and the id that the version before made of the same key."""

    id: UUID
    before: UUID | None = None


Key = UUID | CommandKey


def id_of(key: Key) -> UUID:
    """Return the id by which a command is registered."""
    return key.id if isinstance(key, CommandKey) else key
