"""Events as Kafka messages: CloudEvents 1.0 in Kafka's binary mode, the value the writer's whole register as JSON."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from pydantic import ValidationError

from paydesk.domain.decision import DecisionRegister
from paydesk.domain.errors import InvalidInput
from paydesk.domain.events import REQUEST_TYPES, Event, EventType, check_facts
from paydesk.domain.payment_request import RequestRegister, Terms
from paydesk.infra.core.headers import headers_of
from paydesk.infra.core.messages import (
    DecisionMessage,
    RequestMessage,
    message_of,
    read_decision,
    read_request,
    register_of,
    terms_in,
)
from paydesk.infra.core.records import Record
from paydesk.infra.core.role import Role

MAX_BYTES = 65536
NOT_STORED = frozenset({"paydesk.digest.v1", "paydesk.resync_requested.v1"})


class Quarantine(Exception):
    """The message is bad: it is kept with its bytes and this reason, and stops nobody."""


class Park(Exception):
    """The message is of a kind this program does not know yet: kept until a newer one does."""


class Ignore(Exception):
    """The message is the plumbing's own and is not stored."""


def encode(event: Event, source: str) -> tuple[list[tuple[str, str]], bytes]:
    """Return the headers and the value of an event that ``source`` publishes."""
    said_at = event.occurred_at.isoformat()
    headers = headers_of(str(event.id), str(event.type), source, str(event.request_id), said_at)
    return headers, message_of(event).model_dump_json().encode()


def decode(
    role: Role,
    topic: str,
    key: bytes | None,
    headers: Sequence[tuple[str, bytes | None]],
    value: bytes | None,
) -> Event:
    """Return the event of a message that ``role`` read.

    Args:
        role: The role that read it.
        topic: The topic on which it stands.
        key: Its key.
        headers: Its headers.
        value: Its value.

    Raises:
        Quarantine: It must not be applied; says why.
        Park: Its type is not known to this program.
        Ignore: It belongs to the comparison of the copies, and is not stored.
    """
    if topic not in role.reads:
        raise Quarantine("not from the rightful writer of this topic")
    return _decoded(role.receives_from, role.receives, key, headers, value)


def decode_own(
    role: Role, key: bytes | None, headers: Sequence[tuple[str, bytes | None]], value: bytes | None
) -> Event:
    """Return the event of a message on the role's own topic.

    Args:
        role: The role that writes the topic.
        key: Its key.
        headers: Its headers.
        value: Its value.

    Raises:
        Quarantine: This role cannot have written it; says why.
        Park: Its type is not known to this program.
        Ignore: It belongs to the comparison of the copies, and is not stored.
    """
    return _decoded(role.source, role.publishes, key, headers, value)


def _decoded(
    writer: str,
    kinds: frozenset[EventType],
    key: bytes | None,
    headers: Sequence[tuple[str, bytes | None]],
    value: bytes | None,
) -> Event:
    if value is None or len(value) > MAX_BYTES:
        raise Quarantine("empty message" if value is None else f"larger than {MAX_BYTES} bytes")
    attributes = _attributes(headers)
    if attributes.get("ce_specversion") != "1.0":
        raise Quarantine("no CloudEvents 1.0 message")
    if attributes.get("ce_source") != writer:
        raise Quarantine("not from the rightful writer of this topic")
    name = attributes.get("ce_type", "")
    if name in NOT_STORED:
        raise Ignore
    try:
        kind = EventType(name)
    except ValueError:
        raise Park(f"unknown type {name[:80]!r}") from None
    if kind not in kinds:
        raise Quarantine(f"{kind} is not this topic's to say")
    try:
        event = _event(kind, attributes, value)
        check_facts(event)
    except InvalidInput as error:
        raise Quarantine(f"{error.message}"[:300]) from error
    except (ValidationError, ValueError, KeyError, RecursionError) as error:
        raise Quarantine(f"does not decode: {str(error).splitlines()[0][:200]}") from error
    request_id = str(event.request_id)
    if key != request_id.encode() or attributes.get("ce_subject") != request_id:
        raise Quarantine("key, subject and request id differ")
    return event


def subject_of(record: Record) -> UUID | None:
    """Return the request that a message calls its subject, or None where that is no id."""
    subject = dict(record.headers).get("ce_subject") or b""
    try:
        return UUID(subject.decode())
    except ValueError:
        return None


def terms_of_revision(values: Iterable[bytes], revision: int) -> Terms | None:
    """Return the terms that a revision had, from the values of request events that were trusted before."""
    for value in values:
        message = read_request(value)
        if message.revision == revision:
            return terms_in(message.terms)
    return None


def other_terms_of_revision(values: Iterable[bytes], revision: int, terms: Terms) -> Terms | None:
    """Return terms that a revision had beside ``terms``, from the values of request events that were trusted before."""
    for value in values:
        message = read_request(value)
        if message.revision == revision and message.terms_hash != terms.hash:
            return terms_in(message.terms)
    return None


def _attributes(headers: Sequence[tuple[str, bytes | None]]) -> Mapping[str, str]:
    try:
        attributes = {name: raw.decode() if raw else "" for name, raw in headers}
    except UnicodeDecodeError:
        raise Quarantine("headers are no UTF-8") from None
    if "\x00" in "".join((*attributes, *attributes.values())):
        raise Quarantine("headers hold what no text may: NUL")
    return attributes


def _event(kind: EventType, attributes: Mapping[str, str], value: bytes) -> Event:
    message = _read(kind, value)
    occurred_at = datetime.fromisoformat(attributes["ce_time"])
    if occurred_at.tzinfo is None:
        raise ValueError("ce_time has no time zone")
    register = register_of(message)
    return Event(
        UUID(attributes["ce_id"]), kind, occurred_at, message.actor, message.command_id, message.command_hash, register
    )


def with_number(value: bytes, number: str) -> bytes:
    """Return the value of a contractor's event with the number of its request."""
    message = read_request(value)
    return message.model_copy(update={"number": number}).model_dump_json().encode()


def decode_own_value(kind: str, value: bytes) -> RequestRegister | DecisionRegister:
    """Return the register that a value of the own outbox states."""
    return register_of(_read(EventType(kind), value))


def _read(kind: EventType, value: bytes) -> RequestMessage | DecisionMessage:
    return read_request(value) if kind in REQUEST_TYPES else read_decision(value)
