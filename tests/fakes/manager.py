"""The manager's desk in memory: the real rules, no servers."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from uuid import UUID

from paydesk.domain import commands
from paydesk.domain.command_content import canonical
from paydesk.domain.commands import Approve, Decide, ManagerCommand, Reject, Undo
from paydesk.domain.copy import Delivery, RequestCopy
from paydesk.domain.errors import PaydeskError, TooLate
from paydesk.domain.refusals import refuse_undecided
from paydesk.infra.core.query import Result
from paydesk.manager.port import Executed, KeyedCommand, Spread
from paydesk.manager.service import AT_ONCE
from tests.fakes.desk import FakeDesk
from tests.fakes.world import World


class FakeManagerDesk(FakeDesk):
    """Meets ``ManagerDesk``."""

    def __init__(self, world: World, person: str = "bo", hold_s: float = 8) -> None:
        super().__init__(world, "manager", person)
        self.hold_s = hold_s

    def execute(self, key: UUID, command: ManagerCommand, hold_s: float = 0) -> Result:
        match command:
            case Approve() | Reject():
                return self.decided(key, command, hold_s)
            case Undo():
                return self.undone(command)
            case _:
                raise NotImplementedError(command)

    def execute_all(self, keyed: Iterable[KeyedCommand]) -> Iterator[Executed | Spread]:
        done = []
        for entry in keyed:
            try:
                self.execute(entry.key, entry.command, entry.hold_s)
            except PaydeskError as error:
                yield Executed(entry.command, error)
                continue
            done.append(entry.command.id)
            yield Executed(entry.command)
            if len(done) == AT_ONCE:
                yield Spread(self.copies(done))
                done = []
        if done:
            yield Spread(self.copies(done))

    def decided(self, key: UUID, command: Decide, hold_s: float) -> Result:
        self.once(key, canonical(command))
        copy = self.copy(command.id)
        assert copy.request is not None
        now = self.world.now
        register = commands.decide(command, copy.request, copy.decision, now, now)
        if register is not None:
            self.world.before[copy.id] = copy.decision
            self.world.decisions[copy.id] = register
            if hold_s:
                self.world.holds[copy.id] = now + timedelta(seconds=hold_s)
            self.world.tell(copy.id)
        return Result(self.copy(copy.id), register is not None)

    def copies(self, ids: Sequence[UUID]) -> Sequence[RequestCopy]:
        self._answers()
        return [self.copy(request_id) for request_id in ids]

    def undone(self, command: Undo) -> Result:
        self._answers()
        copy = self.copy(command.id)
        refuse_undecided(copy.request, copy.decision, copy.number, "undo")
        if copy.delivery is not Delivery.HELD:
            raise TooLate("It is too late to undo: the decision was sent.", "Speak with the contractor.")
        del self.world.holds[command.id]
        before = self.world.before[command.id]
        if before is None:
            del self.world.decisions[command.id]
        else:
            self.world.decisions[command.id] = before
        self.world.confirm(command.id)
        self.world.tell(command.id)
        return Result(self.copy(command.id))

    def send_now(self, only: UUID | None = None) -> int:
        self._answers()
        holds, overdue = self.world.holds, self.world.overdue
        chosen = [held for held in holds if (held == only if only else held not in overdue)]
        for request_id in chosen:
            del holds[request_id]
            overdue.discard(request_id)
        return len(chosen)
