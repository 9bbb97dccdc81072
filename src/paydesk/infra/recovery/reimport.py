"""Taking own events back from the topic: the schema was restored or lost, or a zombie spoke."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from paydesk.domain.decision import DecisionRegister
from paydesk.domain.events import Event, event_type_of
from paydesk.domain.payment_request import RequestRegister
from paydesk.infra.core.codec import decode_own_value
from paydesk.infra.core.execute import outgoing_of
from paydesk.infra.core.failpoints import reach
from paydesk.infra.core.ports import BrokerTrouble
from paydesk.infra.core.records import Ack, Brought, Outgoing, OwnRow, Record
from paydesk.infra.core.role import Role
from paydesk.infra.core.storage import Storage
from paydesk.infra.core.transaction import Transaction
from paydesk.infra.recovery.reconcile import OwnEvent, Settlement, settle

_CHUNK = 100
"""Requests that are settled in one transaction."""
SYSTEM = "paydesk"
"""The actor of what is published again without a person."""


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


@dataclass(slots=True)
class _Case:
    """One request: what the outbox has of it, what was found besides, and what becomes of both."""

    rows: Sequence[OwnRow]
    unknown: Sequence[Unknown]
    settled: Settlement
    register: RequestRegister | DecisionRegister
    """This side's word from now on."""
    content_hash: str
    again: Outgoing | None = None
    """The event that publishes it again, where it has to be."""


def import_unknown(
    store: Storage, role: Role, topic_id: str, unknown: Sequence[Unknown], beat: Callable[[], object]
) -> int:
    """Import own events with their exact bytes, many requests at a time.

    Called once the end of the topic was read: before that, nobody knows which of two events stands.

    Args:
        store: The own schema.
        role: The role that published them.
        topic_id: The id of the topic on which they stand.
        unknown: The events, in the order of the topic.
        beat: Keeps the lease; called between two transactions.

    Returns:
        How many events were imported.

    Raises:
        BrokerTrouble: The topic was made anew meanwhile.
    """
    by_request: defaultdict[UUID, list[Unknown]] = defaultdict(list)
    first: dict[UUID, Unknown] = {}
    for entry in unknown:
        # An event that lies on the topic twice counts where readers met it first.
        first.setdefault(entry.event.id, entry)
    for entry in first.values():
        by_request[entry.event.request_id].append(entry)
    ids = sorted(by_request)
    for start in range(0, len(ids), _CHUNK):
        beat()
        with store.transaction() as transaction:
            refuse_other_topic(transaction, role, topic_id)
            some = ids[start : start + _CHUNK]
            cases = _settled(transaction, {request_id: by_request[request_id] for request_id in some})
            _say_again(store, transaction, role, cases)
            _write(store, transaction, topic_id, cases)
            if any(case.settled.behind for case in cases):
                # What this schema holds may have been taken back since: a person is asked again.
                transaction.holds.keep_overdue()
            role.load_owed()(transaction, role, some, store.now())
            brought = [entry for case in cases for entry in case.unknown]
            last = max(entry.record.appended_at or entry.event.occurred_at for entry in brought)
            transaction.reimport.note(topic_id, len(brought), last)
        reach("I1")
    return len(first)


def refuse_other_topic(transaction: Transaction, role: Role, topic_id: str) -> None:
    """Raise ``BrokerTrouble`` where another topic was checked since: what was read here is of one that is no more."""
    known = transaction.topic.verified(0)
    if known is None or known.topic_id != topic_id:
        raise BrokerTrouble(f"The topic {role.writes} was made anew.")


def _settled(transaction: Transaction, by_request: Mapping[UUID, Sequence[Unknown]]) -> list[_Case]:
    """Settle requests, each by itself."""
    known: defaultdict[UUID, list[OwnRow]] = defaultdict(list)
    for row in transaction.outbox.standing(by_request):
        known[row.request_id].append(row)
    cases = []
    for request_id, unknown in by_request.items():
        rows = known[request_id]
        settled = settle([_own(row) for row in rows], [entry.own for entry in unknown])
        cases.append(_Case(rows, unknown, settled, *_standing(settled, rows, unknown)))
    return cases


def _own(row: OwnRow) -> OwnEvent:
    return OwnEvent(row.id, row.version, row.type, row.content_hash, row.said_at, row.ever_acked)


def _standing(
    settled: Settlement, rows: Sequence[OwnRow], unknown: Sequence[Unknown]
) -> tuple[RequestRegister | DecisionRegister, str]:
    """Return the register that stands, and the hash of the event that states it."""
    for entry in unknown:
        if entry.event.id == settled.standing:
            return entry.event.register, entry.content_hash
    row = next(row for row in rows if row.id == settled.standing)
    return decode_own_value(row.type, row.value), row.content_hash


def _say_again(store: Storage, transaction: Transaction, role: Role, cases: Sequence[_Case]) -> None:
    """Say again what readers would not take as it is, and without its number what has that of another request."""
    taken = _taken(transaction, [case.register for case in cases])
    for case in cases:
        register, again = case.register, case.settled.say_again
        if register.id in taken and isinstance(register, RequestRegister):
            versions = [*(row.version for row in case.rows), *(entry.event.version for entry in case.unknown)]
            register, again = replace(register, number=None), 1 + max(versions)
        if again is None:
            continue
        case.register = replace(register, version=again)
        event = Event(transaction.new_id(), event_type_of(case.register), store.now(), SYSTEM, "", "", case.register)
        case.again = outgoing_of(event, role)
        case.content_hash = case.again.content_hash


def _taken(transaction: Transaction, registers: Sequence[RequestRegister | DecisionRegister]) -> set[UUID]:
    """Return the requests whose number another one has by then, when they are written one after the other.

    Whoever had it in mind when this schema was lost published it late: no number stands for two requests.
    """
    asked = [register for register in registers if isinstance(register, RequestRegister)]
    numbers = {request.number for request in asked if request.number}
    holders, taken = dict(transaction.numbers.holders(numbers)) if numbers else {}, set()
    for request in asked:
        holders.pop(request.id, None)
        if request.number and request.number in holders.values():
            taken.add(request.id)
        elif request.number:
            holders[request.id] = request.number
    return taken


def _write(store: Storage, transaction: Transaction, topic_id: str, cases: Sequence[_Case]) -> None:
    """Write what became of these requests."""
    transaction.reimport.supersede({row.id for case in cases for row in case.rows if row.id in case.settled.beaten})
    transaction.reimport.bring_back(topic_id, [event for case in cases for event in _brought(case)])
    locked = [case.register.id for case in cases if case.settled.locked]
    if locked:
        why = "this side published two different outcomes"
        transaction.locks.lock(dict.fromkeys(locked, why), store.now())
    transaction.requests.write_all([(case.register, case.content_hash) for case in cases], store.now())
    asked = [case.register for case in cases if isinstance(case.register, RequestRegister)]
    transaction.numbers.raise_above([register.number for register in asked if register.number])


def _brought(case: _Case) -> list[Brought]:
    """Return what goes into the outbox of one request, in its order."""
    brought = [
        Brought(
            _outgoing(entry),
            Ack(entry.event.id, entry.record.partition, entry.record.offset, entry.record.appended_at),
            entry.event.command_hash,
            stands=entry.event.id not in case.settled.beaten,
        )
        for entry in case.unknown
    ]
    return [*brought, Brought(case.again)] if case.again is not None else brought


def _outgoing(entry: Unknown) -> Outgoing:
    event, record = entry.event, entry.record
    return Outgoing(
        event.id,
        event.request_id,
        event.version,
        event.type.value,
        record.topic,
        record.key or b"",
        [(name, (raw or b"").decode()) for name, raw in record.headers],
        record.value or b"",
        entry.content_hash,
        event.actor,
        event.command_id,
        event.occurred_at,
    )
