"""What a person asked for, as the content by which a repeated command is told from a reused key."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from uuid import UUID

from paydesk.domain.decision import Cause
from paydesk.domain.money import Money
from paydesk.domain.payment_request import Terms


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person asked for, word for word: by this a repeat is told from a reused key.

    It holds nothing that was looked up or made for the person, else a repeat after the copy moved on would be
    another content.
    """

    word: str
    id: UUID
    actor: str
    content: Mapping[str, object] = field(default_factory=dict)
    new: bool = False
    """The request is made by this very command, so nobody named its ``id``."""

    @property
    def canonical(self) -> str:
        """The same as JSON, the same text for the same content."""
        named = {} if self.new else {"request": self.id}
        told = {"command": self.word, "actor": self.actor, **named, **self.content}
        return json.dumps(_plain(told), sort_keys=True, ensure_ascii=False)


def _plain(value: object) -> object:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, Terms | Cause | Money):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
