"""Taking own events back from the topic: the schema was restored or lost, or a zombie spoke."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from paydesk.domain.decision import DecisionRegister
from paydesk.domain.events import Event
from paydesk.domain.payment_request import RequestRegister
from paydesk.infra.command import say
from paydesk.infra.failpoints import reach
from paydesk.infra.healing import OwnEvent, Settlement, settle
from paydesk.infra.ports import BrokerTrouble, Storage, Transaction
from paydesk.infra.records import Ack, Outgoing, OwnRow, Record
from paydesk.infra.role import Role
from paydesk.infra.wire import decode_own_value

_CHUNK = 100
"""Requests that are settled in one transaction."""
SYSTEM = "paydesk"
"""The actor of what is said again without a person."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """An own event on the topic that the outbox does not know."""

    record: Record
    event: Event

    @property
    def content_hash(self) -> str:
        """SHA-256 of the value, in hexadecimal."""
        return hashlib.sha256(self.record.value or b"").hexdigest()

    @property
    def own(self) -> OwnEvent:
        """What settling a request has to know of it."""
        event, offset = self.event, self.record.offset
        return OwnEvent(event.id, event.version, event.type, self.content_hash, event.occurred_at, True, offset)


def import_unknown(
    store: Storage, role: Role, topic_id: str, unknown: Sequence[Unknown], beat: Callable[[], object]
) -> int:
    """Import events with their exact bytes, request by request; returns how many there were.

    Called once the end of the topic was read: before that, nobody knows which of two events stands.
    """
    by_request: defaultdict[UUID, list[Unknown]] = defaultdict(list)
    first: dict[UUID, Unknown] = {}
    for each in unknown:
        # An event that lies on the topic twice counts where readers met it first.
        first.setdefault(each.event.id, each)
    for each in first.values():
        by_request[each.event.request_id].append(each)
    ids = sorted(by_request)
    for start in range(0, len(ids), _CHUNK):
        beat()
        with store.transaction() as transaction:
            refuse_other_topic(transaction, role, topic_id)
            some = ids[start : start + _CHUNK]
            rows: defaultdict[UUID, list[OwnRow]] = defaultdict(list)
            for row in transaction.own_rows(some):
                rows[row.request_id].append(row)
            settled = [
                _settle(store, transaction, role, topic_id, rows[request_id], by_request[request_id])
                for request_id in some
            ]
            if any(each.behind for each in settled):
                # What this schema holds may have been taken back since: a person is asked again.
                transaction.keep_overdue()
            role.load_owed()(transaction, role, some, store.now())
            brought = [each for request_id in some for each in by_request[request_id]]
            last = max(each.record.appended_at or each.event.occurred_at for each in brought)
            transaction.note_import(topic_id, len(brought), last)
        reach("I1")
    return len(first)


def refuse_other_topic(transaction: Transaction, role: Role, topic_id: str) -> None:
    """Raise ``BrokerTrouble`` where another topic was checked since: what was read here is of one that is no more."""
    known = transaction.verified(0)
    if known is None or known.topic_id != topic_id:
        raise BrokerTrouble(f"The topic {role.writes} was made anew.")


def _settle(
    store: Storage, transaction: Transaction, role: Role, topic_id: str, rows: list[OwnRow], unknown: list[Unknown]
) -> Settlement:
    """Settle one request, and write what stands; returns what was settled."""
    known = [OwnEvent(row.id, row.version, row.type, row.content_hash, row.said_at, row.ever_acked) for row in rows]
    events = [each.own for each in unknown]
    settled = settle(known, events)
    transaction.beat(settled.beaten & {row.id for row in rows})
    for each in unknown:
        ack = Ack(each.event.id, each.record.partition, each.record.offset, each.record.appended_at)
        stands = each.event.id not in settled.beaten
        transaction.import_sent(_outgoing(each), each.event.command_hash, ack, topic_id, stands=stands)
    register, content_hash = _standing(settled, rows, unknown)
    if settled.locked:
        transaction.lock_requests({register.id: "this side published two different outcomes"}, store.now())
    again = settled.say_again
    if isinstance(register, RequestRegister) and register.number and transaction.number_taken(register):
        # Whoever had it in mind when this schema was lost said it late: no number stands for two requests.
        register, again = replace(register, number=None), 1 + max(each.version for each in (*known, *events))
    if again is not None:
        register = replace(register, version=again)
        content_hash = say(transaction, role, register, actor=SYSTEM, command_id="", command_hash="", now=store.now())
    if isinstance(register, RequestRegister):
        transaction.write_request(register, content_hash, store.now())
        transaction.raise_numbers([register.number] if register.number else [])
    else:
        transaction.write_decision(register, content_hash, store.now())
    return settled


def _standing(
    settled: Settlement, rows: list[OwnRow], unknown: list[Unknown]
) -> tuple[RequestRegister | DecisionRegister, str]:
    """Return the register that stands, and the hash of the event that said it."""
    for each in unknown:
        if each.event.id == settled.standing:
            return each.event.register, each.content_hash
    row = next(row for row in rows if row.id == settled.standing)
    return decode_own_value(row.type, row.value), row.content_hash


def _outgoing(found: Unknown) -> Outgoing:
    event, record = found.event, found.record
    return Outgoing(
        event.id,
        event.request_id,
        event.version,
        event.type.value,
        record.topic,
        record.key or b"",
        [(name, (raw or b"").decode()) for name, raw in record.headers],
        record.value or b"",
        found.content_hash,
        event.actor,
        event.command_id,
        event.occurred_at,
    )
