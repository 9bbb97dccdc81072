"""The contractor's desk in memory: the real rules, no servers."""

from uuid import UUID

from paydesk.domain import commands
from paydesk.domain.command_content import canonical
from paydesk.domain.commands import ContractorCommand, RequestPayment, RevisePayment
from paydesk.domain.errors import PaydeskError
from paydesk.infra.core.query import Result
from tests.fakes.desk import FakeDesk
from tests.fakes.world import World


class FakeContractorDesk(FakeDesk):
    """Meets ``ContractorDesk``."""

    def __init__(self, world: World, person: str = "ada") -> None:
        super().__init__(world, "contractor", person)

    def execute(self, key: UUID, command: ContractorCommand) -> Result:
        fresh = self.once(key, canonical(command))
        if isinstance(command, RequestPayment):
            if fresh:
                number = f"PR-{1001 + len(self.world.requests)}"
                self.world.put(commands.request_payment(command, number, self.world.now))
            return Result(self.copy(command.id), fresh)
        copy = self.copy(command.id)
        assert copy.request is not None
        if not fresh:
            return Result(copy, True)
        try:
            if isinstance(command, RevisePayment):
                register = commands.revise_payment(command, copy.request, copy.decision)
            else:
                register = commands.ask_withdrawal(command, copy.request, copy.decision)
        except PaydeskError:
            del self.keys[key]  # As a transaction that was rolled back.
            raise
        if register is not None:
            self.world.put(register)
        return Result(self.copy(command.id), register is not None)
