"""Many commands at once, given from beside the crew: so that a process dies with enough of them unacknowledged."""

import time
from collections.abc import Mapping
from uuid import UUID, uuid4

from paydesk.contractor import commands as asks
from paydesk.contractor.role import ROLE as CONTRACTOR
from paydesk.domain.commands import Approve, RequestPayment
from paydesk.domain.errors import PaydeskError
from paydesk.infra.postgres.storage import Store
from paydesk.manager import commands as decides
from paydesk.manager.role import ROLE as MANAGER
from paydesk.stack.servers import Postgres
from tests.e2e.faults import TERMS
from tests.faults.bench import Bench
from tests.faults.journal import ASKED, DONE, REFUSED, Journal

NAME = "burst"
_WAITING = (
    "SELECT id, revision, terms_hash FROM manager.payment_request WHERE status = 'pending' AND NOT locked"
    " ORDER BY random() LIMIT %s"
)


class Burst:
    """Gives commands of either role through stores of its own, and writes down every answer as a person does."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        server = Postgres(bench.site.folder)
        self._stores = {role.name: Store(server.url(role.name), role) for role in (CONTRACTOR, MANAGER)}
        self._journals: Mapping[str, Journal] = {
            role: Journal(bench.journal(f"{role}-{NAME}")) for role in self._stores
        }

    def give(self, role: str, amount: int, end: float) -> None:
        """Give so many commands until ``end``; a manager at most as many as there are requests that wait."""
        waiting = self._bench.look.sql(_WAITING, [amount]) if role == MANAGER.name else []
        for _ in range(amount):
            if time.monotonic() > end:
                return
            if role == CONTRACTOR.name:
                self._ask(uuid4(), uuid4())
            elif waiting:
                self._approve(uuid4(), *waiting.pop())

    def _ask(self, key: UUID, request: UUID) -> None:
        journal = self._journals[CONTRACTOR.name]
        journal.note(str(key), ASKED, word="request", id=str(request))
        outcome = asks.execute(self._stores[CONTRACTOR.name], key, RequestPayment(request, NAME, TERMS))
        journal.note(str(key), DONE, changed=outcome.changed)

    def _approve(self, key: UUID, request: UUID, revision: int, terms_hash: str) -> None:
        journal = self._journals[MANAGER.name]
        journal.note(str(key), ASKED, word="approve", id=str(request))
        try:
            outcome = decides.execute(
                self._stores[MANAGER.name], key, Approve(request, f"{NAME}-manager", revision, terms_hash)
            )
        except PaydeskError as refused:  # Decided by somebody else in between.
            journal.note(str(key), REFUSED, code=refused.code)
        else:
            journal.note(str(key), DONE, changed=outcome.changed)

    def close(self) -> None:
        """Close the stores."""
        for store in self._stores.values():
            store.close()
