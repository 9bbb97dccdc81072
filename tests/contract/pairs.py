"""A contractor's desk and a manager's, both fake or both real, for tests that hold for either."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest

from paydesk.contractor.port import ContractorDesk
from paydesk.contractor.service import ContractorService
from paydesk.domain.commands import Decide, RequestPayment, decision_on
from paydesk.domain.copy import RequestCopy
from paydesk.domain.decision import checked_cause
from paydesk.domain.payment_request import Terms, checked_terms
from paydesk.domain.status import Status
from paydesk.infra.core.query import News, PageQuery
from paydesk.manager.port import ManagerDesk
from paydesk.manager.service import ManagerService
from paydesk.settings import Servers
from tests.conftest import Sides, until
from tests.fakes import FakeContractorDesk, FakeManagerDesk, World

TERMS = checked_terms("1200", "EUR", "August retainer")
CAUSE = checked_cause("needs_info", "Which invoice?")
HELD_S = 600


@dataclass
class Pair:
    """A contractor's desk and a manager's, open and at work."""

    contractor: ContractorDesk
    manager: ManagerDesk
    news: list[News]
    make_contractor: Callable[[str], ContractorDesk]

    def ask(self, terms: Terms = TERMS) -> RequestCopy:
        """Ask, and wait until the manager's desk has it."""
        copy = self.contractor.execute(uuid4(), RequestPayment(uuid4(), self.contractor.person, terms)).copy
        return until(lambda: seen(self.manager, copy.id))

    def reject(self, copy: RequestCopy) -> RequestCopy:
        """Reject what the manager's desk shows."""
        return self._decided(decision_on(copy, self.manager.person, CAUSE))

    def approve(self, copy: RequestCopy) -> RequestCopy:
        """Approve what the manager's desk shows."""
        return self._decided(decision_on(copy, self.manager.person))

    def _decided(self, command: Decide) -> RequestCopy:
        return self.manager.execute(uuid4(), command, self.manager.hold_s).copy

    def becomes(self, desk: ContractorDesk | ManagerDesk, request_id: UUID, status: Status) -> RequestCopy:
        """Wait until a desk shows a status."""
        return until(lambda: (copy := seen(desk, request_id)) and copy.status is status and copy)


def seen(desk: ContractorDesk | ManagerDesk, request_id: UUID) -> RequestCopy | None:
    """Return the copy a desk's list shows, or None."""
    return next((row for row in desk.page(PageQuery()).rows if row.id == request_id), None)


@pytest.fixture(params=["fake", "real"])
def pair(request: pytest.FixtureRequest) -> Iterator[Pair]:
    news: list[News] = []
    opened: list[ContractorDesk | ManagerDesk] = []
    if request.param == "fake":
        world = World()
        manager: ManagerDesk = FakeManagerDesk(world, "bo", hold_s=0)

        def make(person: str) -> ContractorDesk:
            return FakeContractorDesk(world, person)
    else:
        sides: Sides = request.getfixturevalue("sides")
        servers: Servers = sides
        manager = ManagerService(servers, "bo", 0, role=sides.manager)

        def make(person: str) -> ContractorDesk:
            return ContractorService(servers, person, role=sides.contractor)

    def make_open(person: str) -> ContractorDesk:
        desk = make(person)
        opened.append(desk)
        desk.open()
        desk.start(news.append)
        return desk

    opened.append(manager)
    manager.open()
    manager.start(news.append)
    yield Pair(make_open("ada"), manager, news, make_open)
    for desk in opened:
        desk.close()
