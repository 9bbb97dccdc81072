"""Measures how many messages a schema is behind its topics, whichever process applies them."""

from paydesk.infra.core.records import Place
from paydesk.infra.core.role import Role
from paydesk.infra.core.storage import Storage
from paydesk.infra.kafka.log import KafkaReader


class Watch:
    """Compares the ends of the topics with the stored positions."""

    def __init__(self, role: Role, store: Storage, reader: KafkaReader) -> None:
        self._role = role
        self._store = store
        self._reader = reader
        self._aim: dict[Place, tuple[int, int]] = {}

    def behind(self) -> int:
        """Return how many messages are missing up to the end first seen; a new end is looked for once it is reached.

        Raises ``BrokerTrouble``.
        """
        identities = {topic: self._reader.identity(topic) for topic in self._role.reads}
        with self._store.transaction() as transaction:
            positions = transaction.inbox.positions()
        behind = 0
        for topic, identity in identities.items():
            for place in ((topic, partition) for partition in range(identity[1] if identity else 0)):
                first, end = self._aim.setdefault(place, self._reader.bounds(place))
                known = positions.get(place)
                there = known.next_offset if known and identity and known.topic_id == identity[0] else first
                behind += max(0, end - there)
        if behind == 0:
            self._aim.clear()
        return behind
