"""A lot that is large is judged in a second thread while the one before it is applied; nothing else changes."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

import pytest

from paydesk.contractor.role import ROLE as CONTRACTOR
from paydesk.domain.payment_request import RequestRegister
from paydesk.infra.core import intake
from paydesk.infra.core.intake import Judged
from paydesk.infra.core.ports import BrokerTrouble
from paydesk.infra.core.records import Applied, Place, Reading, ReceivedEvent, Record
from paydesk.infra.core.role import Role
from paydesk.infra.core.storage import Storage
from paydesk.infra.core.transaction import Transaction
from paydesk.infra.engine import lots
from paydesk.infra.engine.inbox import InboxProcessor
from paydesk.infra.engine.lots import MANY
from paydesk.manager.role import ROLE as MANAGER
from tests.conftest import until
from tests.contract.storages import in_memory, outgoing, request

TOPIC = MANAGER.reads[0]


@dataclass
class Reader:
    """Meets ``paydesk.infra.core.ports.LogReader``: brings lots of these sizes, and then trouble, if there is any."""

    sizes: Sequence[int]
    trouble: str = ""
    reads: list[float] = field(default_factory=list)
    at: int = 0

    def identity(self, topic: str) -> tuple[str, int] | None:
        del topic
        return "a topic", 1

    def assign(self, starts: Mapping[Place, int | None]) -> None:
        self.at = starts[TOPIC, 0] or 0

    def read(self, wait_s: float, most: int) -> Reading:
        del most
        self.reads.append(wait_s)
        number, first = len(self.reads) - 1, self.at
        if number >= len(self.sizes):
            if self.trouble:
                raise BrokerTrouble(self.trouble)
            return Reading()
        self.at += self.sizes[number]
        return Reading([_message(offset) for offset in range(first, self.at)])

    def commit(self, offsets: Mapping[Place, int]) -> None:
        """Tell nobody."""

    def committed(self, places: object) -> Mapping[Place, int]:
        del places
        return {}

    def close(self) -> None:
        """Let go of nothing."""


def _message(offset: int) -> Record:
    event = outgoing(CONTRACTOR, request(f"PR-{1001 + offset}"))
    headers = [(name, text.encode()) for name, text in event.headers]
    return Record(TOPIC, 0, offset, event.key, headers, event.value, None)


@pytest.fixture
def judged_by(monkeypatch: pytest.MonkeyPatch) -> dict[int, str]:
    """The name of the thread that judged each message, by its offset."""
    names: dict[int, str] = {}

    def judge(role: Role, record: Record, blamed: str = "") -> Judged:
        names[record.offset] = threading.current_thread().name
        return intake.judge(role, record, blamed)

    monkeypatch.setattr(lots, "judge", judge)
    return names


@dataclass
class Slow:
    """A storage whose commits last until something was done."""

    store: Storage
    done: Callable[[], bool]

    def now(self) -> datetime:
        return self.store.now()

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        with self.store.transaction() as transaction:
            yield transaction
            until(self.done)


@contextmanager
def opened(reader: Reader) -> Iterator[InboxProcessor]:
    """Open an inbox on a checked schema in memory."""
    with in_memory(MANAGER) as side:
        with side.store.transaction() as transaction:
            transaction.schema.note_checked(side.holder)
        processor = InboxProcessor(MANAGER, side.store, reader, MANAGER.load_apply())
        assert processor.assign()
        yield processor


def offset_of(processor: InboxProcessor) -> int:
    """Return where the table says that reading goes on."""
    with processor.store.transaction() as transaction:
        position = transaction.inbox.positions().get((TOPIC, 0))
    return position.next_offset if position is not None else 0


def test_small_lots_are_judged_by_the_thread_that_applies_them(judged_by: dict[int, str]) -> None:
    reader = Reader([1, MANY - 1, 3])
    with opened(reader) as processor:
        for _ in reader.sizes:
            processor.step(7)
        assert offset_of(processor) == MANY + 3 and reader.reads == [7, 7, 7], "nothing was read ahead"
    assert set(judged_by.values()) == {threading.current_thread().name}


def test_the_next_large_lot_is_judged_while_the_one_before_is_committed(judged_by: dict[int, str]) -> None:
    reader = Reader([MANY, MANY + 10, 5])
    with opened(reader) as processor:
        processor.store = Slow(processor.store, lambda: len(judged_by) in (2 * MANY + 10, 2 * MANY + 15))  # type: ignore[assignment]
        processor.step(7)
        assert offset_of(processor) == MANY, "what was read ahead is not applied with it"
        processor.step(7)
        assert offset_of(processor) == 2 * MANY + 10
        processor.step(7)
        assert offset_of(processor) == 2 * MANY + 15 and reader.reads == [7, 0, 0]
        with processor.store.transaction() as transaction:
            assert len(transaction.digests.held("request")) == 2 * MANY + 15
    here = threading.current_thread().name
    assert {judged_by[offset] for offset in range(MANY)} == {here}
    assert {judged_by[offset] for offset in range(MANY, 2 * MANY + 10)} == {"judge"}
    assert {judged_by[offset] for offset in range(2 * MANY + 10, 2 * MANY + 15)} == {here}


def test_trouble_that_is_met_ahead_comes_after_what_was_read_before_it() -> None:
    with opened(Reader([MANY], "Kafka does not answer.")) as processor:
        processor.step(0)
        assert offset_of(processor) == MANY
        with pytest.raises(BrokerTrouble):
            processor.step(0)


def test_what_was_read_ahead_is_forgotten_where_reading_begins_anew() -> None:
    reader = Reader([MANY, MANY, MANY])
    with opened(reader) as processor:
        processor.step(0)
        assert processor.assign() and reader.at == MANY, "the table says where reading goes on"
        processor.step(0)
        assert offset_of(processor) == 2 * MANY
        with processor.store.transaction() as transaction:
            assert len(transaction.digests.held("request")) == 2 * MANY


def test_a_bad_message_of_a_lot_that_was_judged_ahead_is_quarantined_alone() -> None:
    with opened(Reader([MANY, MANY + 10])) as processor:
        apply = processor.apply

        def refusing(transaction: Transaction, role: Role, batch: Sequence[ReceivedEvent], now: datetime, /) -> Applied:
            if any(f"PR-{1001 + MANY + 7}" == number_of(received) for received in batch):
                raise ValueError("The handler refuses this event.")
            return apply(transaction, role, batch, now)

        processor.apply = refusing
        for _ in range(2):
            processor.step(0)
        with processor.store.transaction() as transaction:
            assert len(transaction.digests.held("request")) == 2 * MANY + 9
            refused = transaction.quarantine.messages(range(2 * MANY + 20))
        assert [(message.record.offset, message.became) for message in refused] == [(MANY + 7, "quarantined")]
        assert "refuses this event" in refused[0].reason


def number_of(received: ReceivedEvent) -> str | None:
    """Return the number that an event states."""
    assert isinstance(received.event.register, RequestRegister)
    return received.event.register.number
