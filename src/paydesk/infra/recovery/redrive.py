"""Redriving: the kept bytes of a message that was not applied go the same way in again, in one transaction."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from paydesk.domain.commands import Discard, Redrive
from paydesk.domain.errors import PaydeskError, UnknownRequest
from paydesk.infra.core.command_key import CommandResult, Key
from paydesk.infra.core.errors import NotNow, ServerDown, StorageTrouble, sentence_of
from paydesk.infra.core.execute import executing
from paydesk.infra.core.intake import incoming, judge, sift, take_in
from paydesk.infra.core.records import Refused
from paydesk.infra.core.storage import Storage
from paydesk.infra.core.transaction import Transaction

log = logging.getLogger("paydesk.redriving")

OPEN = ("quarantined", "parked")
PROGRAM = "paydesk"
"""Who redrives what is understood since the program was updated."""
_MOST_MESSAGES = 500


@dataclass(frozen=True, slots=True)
class Redriven:
    """What became of one message; ``changed``: whether this very try did it."""

    message: Refused
    changed: bool
    requests: frozenset[UUID] = frozenset()
    """Requests whose row changed by it."""


def redrive(store: Storage, key: Key, command: Redrive) -> Redriven:
    """Let a message that was not applied go the way in again; one that was taken in since stays as it is.

    Raises ``UnknownRequest``, or ``ServerDown`` before this side's own topic is checked.
    """
    try:
        result, changed = _try_again(store, key, command, "")
    except (PaydeskError, StorageTrouble):
        raise  # The message is not to blame.
    except Exception as error:
        log.exception("quarantined again: %d", command.message)
        result, changed = _try_again(store, key, command, sentence_of(error))
    with store.transaction() as transaction:
        return Redriven(_message(transaction, command.message), result.changed, changed)


def _try_again(store: Storage, key: Key, command: Redrive, blamed: str) -> tuple[CommandResult, frozenset[UUID]]:
    """Take the message in, or write down what is to blame; returns which requests changed by it too."""
    changed: frozenset[UUID] = frozenset()
    with executing(store, key, command) as execution:
        transaction = execution.transaction
        if execution.is_new and (message := _message(transaction, command.message)).became in OPEN:
            if not transaction.schema.checked():
                raise ServerDown(
                    "This side has not read its own topic yet, and applies nothing before it has.",
                    "Nothing was done. Say it again once it was read; `paydesk doctor` tells what keeps it.",
                )
            changed = _retake(store, transaction, [message], command.actor, blamed)
            execution.changed = _message(transaction, command.message).became != message.became
    return execution.result, changed


def redrive_parked(store: Storage) -> frozenset[UUID]:
    """Let go the way in what was parked and is understood by now; returns the requests that changed by it.

    For whoever holds the lease and has checked its own topic: at the start of its work, as the program may be newer.
    """
    return _redrive_all(store, lambda transaction, after: transaction.quarantine.parked(after, _MOST_MESSAGES))


def redrive_unsaid(store: Storage) -> frozenset[UUID]:
    """Let go the way in what answered something that this side did not know that it had published; it may know by now.

    For whoever holds the lease, after a check of its own topic brought something back.
    """
    return _redrive_all(store, lambda transaction, after: transaction.quarantine.unsaid(after, _MOST_MESSAGES))


def _redrive_all(store: Storage, waiting_after: Callable[[Transaction, int], list[Refused]]) -> frozenset[UUID]:
    changed: frozenset[UUID] = frozenset()
    after = 0
    while True:
        with store.transaction() as transaction:
            waiting = waiting_after(transaction, after)
        if not waiting:
            return changed
        after = waiting[-1].number
        understood = [message.number for message in waiting if judge(store.role, message.record).became != "parked"]
        if understood:
            changed |= _take(store, understood)


def discard(store: Storage, key: Key, command: Discard) -> bool:
    """Give up a message that was not applied, and keep why; returns False when it was discarded before.

    Its bytes stay, and it can still be redriven. Raises ``UnknownRequest``, or ``NotNow`` when it was taken in.
    """
    with executing(store, key, command) as execution:
        if execution.is_new:
            message = _message(execution.transaction, command.message)
            if message.became not in OPEN:
                raise NotNow(
                    f"Message {command.message} is not in quarantine any more: it is {message.became}.",
                    "`quarantine show` tells more.",
                )
            if not message.discarded:
                execution.transaction.quarantine.discard(command.message, command.why, command.actor)
                execution.changed = True
    return execution.result.changed


def _message(transaction: Transaction, number: int) -> Refused:
    for message in transaction.quarantine.messages([number]):
        return message
    raise UnknownRequest(f"There is no message {number} in quarantine.", "`quarantine list` shows what is.")


def _take(store: Storage, numbers: Sequence[int]) -> frozenset[UUID]:
    """Take messages in that were not applied when they came."""

    def take(some: Sequence[int], blamed: str) -> frozenset[UUID]:
        with store.transaction() as transaction:
            # Another worker may have been faster: what is taken in stays as it is.
            messages = [message for message in transaction.quarantine.messages(some) if message.became in OPEN]
            return _retake(store, transaction, messages, PROGRAM, blamed)

    return sift(numbers, take, (PaydeskError, StorageTrouble), str)


def _retake(
    store: Storage, transaction: Transaction, messages: Sequence[Refused], actor: str, blamed: str
) -> frozenset[UUID]:
    role, now = store.role, store.now()
    batch = [judge(role, message.record, blamed) for message in messages]
    applied = take_in(transaction, role, role.load_apply(), batch, now)
    for message, judged in zip(messages, batch, strict=True):
        if actor == PROGRAM and (judged.became, judged.reason) == (message.became, message.reason):
            continue  # As before: nothing was learned of it.
        transaction.quarantine.retake(
            message.number, incoming(judged, role.receives_from, message.topic_id, now), actor
        )
    return applied.changed
