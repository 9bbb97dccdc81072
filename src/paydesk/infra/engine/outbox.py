"""The relay's bookkeeping: what the log acknowledged is marked, and what is verified of the own topic moves along."""

from collections.abc import Sequence
from itertools import takewhile

from paydesk.infra.core.ports import Storage, Transaction
from paydesk.infra.core.records import Ack, Verified

MOST_EVENTS = 500


def mark_sent(store: Storage, topic_id: str, acks: Sequence[Ack]) -> bool:
    """Mark events sent and move what is verified; returns whether every ack followed the verified offset.

    Where another topic was checked meanwhile, nothing is marked: what this one acknowledged may be nowhere any more.
    """
    if not acks:
        return True
    whole = True
    with store.transaction() as transaction:
        partitions = sorted({ack.partition for ack in acks})
        known = [transaction.verified(partition) for partition in partitions]
        if any(one is None or one.topic_id != topic_id for one in known):
            return False
        transaction.mark_sent(topic_id, acks)
        for partition, verified in zip(partitions, known, strict=True):
            assert verified is not None
            mine = sorted((ack for ack in acks if ack.partition == partition), key=lambda ack: ack.offset)
            whole &= _move_verified(transaction, verified, partition, mine)
    return whole


def _move_verified(transaction: Transaction, known: Verified, partition: int, acks: list[Ack]) -> bool:
    """Move up to the first gap: what lies in it is read by the next check, which begins at what is verified."""
    after = known.offset if known.offset is not None else -1
    following = list(takewhile(lambda pair: pair[0] == pair[1].offset, enumerate(acks, after + 1)))
    if following:
        last = following[-1][1]
        transaction.set_verified(partition, Verified(known.topic_id, last.offset, str(last.id), last.at))
    return len(following) == len(acks)
