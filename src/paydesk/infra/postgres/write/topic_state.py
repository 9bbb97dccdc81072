"""Up to where the topic that this side writes was compared with its outbox: a row of ``meta`` for each partition."""

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from paydesk.infra.core.records import Verified
from paydesk.infra.postgres.write.outbox import event_ids
from paydesk.infra.postgres.write.session import WritingSession

_VERIFY = """
INSERT INTO meta (partition, topic_id, verified_offset, verified_event_id, verified_append_time)
VALUES (%(partition)s, %(topic_id)s, %(offset)s, %(event_id)s, %(appended_at)s)
ON CONFLICT (partition) DO UPDATE SET topic_id = excluded.topic_id, verified_offset = excluded.verified_offset,
    verified_event_id = excluded.verified_event_id, verified_append_time = excluded.verified_append_time
"""


@dataclass(frozen=True, slots=True)
class SqlTopicState:
    """Meets ``paydesk.infra.core.transaction.TopicState``."""

    session: WritingSession

    def verified(self, partition: int) -> Verified | None:
        """Return what was verified of the own topic's partition."""
        read = (
            "SELECT topic_id, verified_offset, verified_event_id, verified_append_time FROM meta"
            " WHERE partition = :partition FOR UPDATE"
        )
        row = self.session.execute(sa.text(read), {"partition": partition}).first()
        return Verified(*row) if row is not None else None

    def set_verified(self, partition: int, verified: Verified) -> None:
        """Note what was verified."""
        values = {
            "partition": partition,
            "topic_id": verified.topic_id,
            "offset": verified.offset,
            "event_id": verified.event_id,
            "appended_at": verified.appended_at,
        }
        self.session.queue(_VERIFY, values)

    def note_unexplained(self, sentence: str) -> None:
        """Note what the check of the own topic found and could not explain."""
        self.session.execute(sa.text("UPDATE meta SET amiss = :amiss"), {"amiss": sentence or None})

    def forget_others(self, topic_id: str) -> None:
        """Make everything that was acknowledged on a topic that is no more unsent again."""
        values = {"topic_id": topic_id}
        # First, as it waits for whoever is marking what the other topic acknowledged.
        self.session.execute(sa.text("DELETE FROM meta WHERE topic_id IS DISTINCT FROM :topic_id"), values)
        gone = (
            "UPDATE outbox SET published_at = NULL"
            " WHERE ever_acked AND topic_id IS DISTINCT FROM :topic_id AND NOT beaten"
        )
        self.session.execute(sa.text(gone), values)

    def unsend_missing(self, topic_id: str, partition: int, after: int, present: Collection[str]) -> int:
        """Make unsent again what was acknowledged above ``after`` and is not among ``present``; returns how many."""
        gone = sa.text(
            "UPDATE outbox SET published_at = NULL WHERE published_at IS NOT NULL AND topic_id = :topic_id"
            " AND partition = :partition AND kafka_offset > :after AND NOT beaten AND id <> ALL(:found)"
            " RETURNING 1"
        )
        values = {"topic_id": topic_id, "partition": partition, "after": after, "found": event_ids(present)}
        return len(self.session.execute(gone, values).all())
