"""The relay's bookkeeping: what the log acknowledged is marked, and what is verified of the own topic moves along."""

from collections.abc import Sequence
from itertools import takewhile

from paydesk.infra.ports import Storage, Transaction
from paydesk.infra.records import Ack, Verified

MOST_EVENTS = 500


def mark_sent(store: Storage, topic_id: str, acks: Sequence[Ack]) -> bool:
    """Mark events sent and move what is verified; returns whether every ack followed the verified offset."""
    if not acks:
        return True
    whole = True
    with store.transaction() as transaction:
        transaction.mark_sent(topic_id, acks)
        for partition in sorted({ack.partition for ack in acks}):
            mine = sorted((ack for ack in acks if ack.partition == partition), key=lambda ack: ack.offset)
            whole &= _move_verified(transaction, topic_id, partition, mine)
    return whole


def _move_verified(transaction: Transaction, topic_id: str, partition: int, acks: list[Ack]) -> bool:
    """Move up to the first gap: what lies in it is read by the next check, which begins at what is verified."""
    known = transaction.verified(partition)
    if known is None or known.topic_id != topic_id:
        return False
    after = known.offset if known.offset is not None else -1
    following = list(takewhile(lambda pair: pair[0] == pair[1].offset, enumerate(acks, after + 1)))
    if following:
        last = following[-1][1]
        transaction.set_verified(partition, Verified(topic_id, last.offset, str(last.id), last.at))
    return len(following) == len(acks)
