"""The plumbing's own messages on the wire: digests and answers to them. They are stored in no outbox and no inbox."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from paydesk.infra.core.digest import Answer, Digest, Line
from paydesk.infra.core.records import Outgoing, Record
from paydesk.infra.core.role import Role

DIGEST, RESYNC = "paydesk.digest.v1", "paydesk.resync_requested.v1"
_DIGEST, _RESYNC = DIGEST.encode(), RESYNC.encode()
_NOBODY = UUID(int=0)
_KEY = b"digest"
MOST_NUMBER = 2**31 - 1
_CAPACITY, _BUCKET_BYTES, _ID_BYTES = 60_000, len('"0123456789abcdef",'), len(f'"{_NOBODY}",')
"""What fits into one message with some room to spare, and what a bucket and a locked id take of it, in bytes."""
_Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 in hexadecimal: nothing else may reach a database or a log."""


class DigestMessage(BaseModel):
    """The value of a digest."""

    model_config = ConfigDict(strict=True, extra="ignore")

    buckets: list[Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]] = Field(min_length=1)
    locked: list[UUID] = []
    more_locked: bool = False
    """Added in version 0.2; written where it is true alone, so that a message is as it was before."""


class ResyncMessage(BaseModel):
    """The value of an answer to a digest."""

    model_config = ConfigDict(strict=True, extra="ignore")

    total: int = Field(gt=0, le=MOST_NUMBER)
    buckets: list[Annotated[int, Field(ge=0, le=MOST_NUMBER)]]
    ids: list[UUID]
    versions: list[Annotated[int, Field(ge=1, le=MOST_NUMBER)]]
    hashes: list[_Hash]
    refused: list[_Hash]


def digest_event(role: Role, digest: Digest, event_id: UUID, now: datetime) -> Outgoing:
    """Return a digest as a message for the role's own topic.

    Args:
        role: The role that publishes it.
        digest: The digest; of a list of locked requests that is too long for a message, the beginning is taken.
        event_id: The id of the message.
        now: When it is published.
    """
    most = max(0, _CAPACITY - len(digest.buckets) * _BUCKET_BYTES) // _ID_BYTES
    cut = digest.more_locked or len(digest.locked) > most
    message = DigestMessage(buckets=list(digest.buckets), locked=list(digest.locked[:most]), more_locked=cut)
    return _outgoing(role, DIGEST, message, event_id, now)


def resync_event(role: Role, answer: Answer, event_id: UUID, now: datetime) -> Outgoing:
    """Return an answer to a digest as a message for the role's own topic.

    Args:
        role: The role that answers.
        answer: The answer.
        event_id: The id of the message.
        now: When it is published.
    """
    message = ResyncMessage(
        total=answer.total,
        buckets=list(answer.buckets),
        ids=[line.id for line in answer.lines],
        versions=[line.version for line in answer.lines],
        hashes=[line.content_hash for line in answer.lines],
        refused=list(answer.refused),
    )
    return _outgoing(role, RESYNC, message, event_id, now)


def _outgoing(role: Role, kind: str, message: BaseModel, event_id: UUID, now: datetime) -> Outgoing:
    headers = (
        ("ce_specversion", "1.0"),
        ("ce_id", str(event_id)),
        ("ce_type", kind),
        ("ce_source", role.source),
        ("ce_subject", "digest"),
        ("ce_time", now.isoformat()),
        ("content-type", "application/json"),
    )
    value = message.model_dump_json(exclude=None if getattr(message, "more_locked", True) else {"more_locked"}).encode()
    digest = hashlib.sha256(value).hexdigest()
    return Outgoing(event_id, _NOBODY, 0, kind, role.writes, _KEY, headers, value, digest, "paydesk", "", now)


def is_control(record: Record) -> bool:
    """Whether a message calls itself one of the plumbing's."""
    return dict(record.headers).get("ce_type") in (_DIGEST, _RESYNC)


def decode_control(role: Role, record: Record) -> Digest | Answer | None:
    """Return the other side's control message, or None where the message is nothing of the kind or unreadable."""
    headers = dict(record.headers)
    if record.unreadable or record.topic not in role.reads or headers.get("ce_source") != role.receives_from.encode():
        return None
    try:
        return _control(record)
    except (ValueError, RecursionError):
        return None


def fault_of_control(record: Record) -> str:
    """Return why a message that calls itself one of the plumbing's is none, or an empty string."""
    try:
        _control(record)
    except (ValueError, RecursionError) as error:
        return f"does not decode: {str(error).splitlines()[0][:200]}"
    return ""


def _control(record: Record) -> Digest | Answer | None:
    """Return what a control message states. Raises ``ValueError`` (pydantic's are such), ``RecursionError``."""
    return _read(dict(record.headers).get("ce_type"), record.value or b"")


@lru_cache(maxsize=64)
def _read(kind: bytes | None, value: bytes) -> Digest | Answer | None:
    """Return what a value says; whoever receives it asks twice, and the same replica gives the same digest again."""
    if kind == _DIGEST:
        message = DigestMessage.model_validate_json(value)
        return Digest(tuple(message.buckets), tuple(message.locked), message.more_locked)
    if kind == _RESYNC:
        return _answer(ResyncMessage.model_validate_json(value))
    return None


def _answer(message: ResyncMessage) -> Answer:
    lines: Sequence[Line] = [Line(*parts) for parts in zip(message.ids, message.versions, message.hashes, strict=True)]
    return Answer(message.total, tuple(message.buckets), tuple(lines), tuple(message.refused))
