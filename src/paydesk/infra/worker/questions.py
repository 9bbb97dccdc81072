"""Answers commands that wait until everything is applied that the other side had sent when they asked."""

import time
from collections.abc import Sequence
from uuid import UUID

from paydesk.infra.core.role import Role
from paydesk.infra.kafka.log import KafkaReader
from paydesk.infra.postgres import catching_up
from paydesk.infra.postgres.connection import without_transaction
from paydesk.infra.postgres.storage import Store
from paydesk.infra.worker.watch import Watch

_LOOK_S = 0.05
"""How often it is looked for questions, at most."""


class Questions:
    """Looked at between two steps of the thread that applies, and only while it holds the lease."""

    def __init__(self, role: Role, store: Store, reader: KafkaReader) -> None:
        self._role = role
        self._store = store
        self._reader = reader
        self._asked: Sequence[UUID] = ()
        self._watch: Watch
        self._looked_at = 0.0

    def look(self) -> None:
        """Take up what was asked since the last time, and answer what can be answered now.

        Questions that come while others wait are taken up after those, so that a steady stream of them starves nobody.

        Raises ``BrokerTrouble``, ``ServerDown`` and psycopg's errors.
        """
        if not self._asked and time.monotonic() - self._looked_at >= _LOOK_S:
            self._looked_at = time.monotonic()
            with self._store.lend() as connection, without_transaction(connection):
                self._asked = catching_up.open_questions(connection)
            # Where the topics end is asked after that: what was sent before the question counts.
            self._watch = Watch(self._role, self._store, self._reader)
        if self._asked and self._watch.behind() == 0:
            with self._store.lend() as connection:
                catching_up.answer(connection, self._asked)
            self._asked = ()
