"""What a reader makes of records of which a part cannot be read: such a record is kept by itself, whichever it is."""

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
from confluent_kafka import TIMESTAMP_CREATE_TIME

from paydesk.contractor.role import ROLE as CONTRACTOR
from paydesk.infra.core.intake import judge
from paydesk.infra.core.ports import BrokerTrouble
from paydesk.infra.core.records import UNREADABLE, Reading
from paydesk.infra.kafka import clients
from paydesk.infra.recovery.topic_check import check
from paydesk.manager.role import ROLE as MANAGER
from tests.contract.storages import in_memory, outgoing, request
from tests.simulation.log import MemoryLog, MemoryReader

PARTS = ("timestamp", "headers", "key", "value", "offset")


@dataclass
class BadMessage:
    """Meets as much of ``confluent_kafka.Message`` as is read; the named parts cannot be."""

    bad: set[str]
    at: int = 7
    stamp: int = 1_800_000_000_000
    parts: dict[str, Any] = field(default_factory=dict)

    def _part(self, name: str, otherwise: Any) -> Any:
        if name in self.bad:
            raise SystemError(f"no {name}")
        return self.parts.get(name, otherwise)

    def topic(self) -> str:
        return str(self._part("topic", CONTRACTOR.writes))

    def partition(self) -> int:
        return int(self._part("partition", 0))

    def offset(self) -> int:
        return int(self._part("offset", self.at))

    def key(self) -> Any:
        return self._part("key", b"k")

    def value(self) -> Any:
        return self._part("value", b"v")

    def headers(self) -> Any:
        return self._part("headers", [("ce_id", b"x")])

    def timestamp(self) -> tuple[int, int]:
        return int(self._part("kind", TIMESTAMP_CREATE_TIME)), int(self._part("timestamp", self.stamp))


PLACE = (CONTRACTOR.writes, 0)


@pytest.mark.fault(
    kind="What reading a record needs can fail for that record alone: it is quarantined, and all behind it flows.",
    mended="infra/kafka/clients.py",
)
@pytest.mark.parametrize("part", PARTS)
def test_a_record_of_which_a_part_cannot_be_read_is_quarantined_with_the_rest_of_it(part: str) -> None:
    record = clients.record_of(BadMessage({part}), PLACE, 7)  # type: ignore[arg-type]
    assert (record.place, record.offset) == (PLACE, 7)
    judged = judge(MANAGER, record)
    assert (judged.became, judged.reason) == ("quarantined", f"{UNREADABLE} its {part}: SystemError: no {part}")


@pytest.mark.fault(
    kind="What reading a record needs can fail for that record alone: it is quarantined, and all behind it flows.",
    mended="infra/kafka/clients.py",
)
@pytest.mark.parametrize("stamp", [9_000_000_000_000_000, 2**63 - 1, -(2**62), 253_402_300_800_000])
def test_a_time_of_which_no_date_can_be_made_is_one_of_them(stamp: int) -> None:
    record = clients.record_of(BadMessage(set(), stamp=stamp), PLACE, 7)  # type: ignore[arg-type]
    assert record.appended_at is None and judge(MANAGER, record).became == "quarantined"
    assert clients.ack_time(BadMessage(set(), stamp=stamp)) is None  # type: ignore[arg-type]


def test_a_record_that_can_be_read_is_as_before() -> None:
    record = clients.record_of(BadMessage(set()), PLACE, 3)  # type: ignore[arg-type]
    assert (record.offset, record.unreadable, record.key, record.value) == (7, "", b"k", b"v")


def test_where_no_place_can_be_read_it_is_the_only_one_or_new_clients_are_needed() -> None:
    message = BadMessage({"topic"})
    assert clients.place_of(message, {PLACE}) == PLACE  # type: ignore[arg-type]
    with pytest.raises(BrokerTrouble):
        clients.place_of(message, {PLACE, ("other", 0)})  # type: ignore[arg-type]


@pytest.mark.fault(
    kind="What reading a record needs can fail for that record alone: it is quarantined, and all behind it flows.",
    mended="infra/kafka/clients.py",
)
def test_the_own_topic_is_read_past_it_and_nothing_of_it_is_taken_back() -> None:
    with in_memory(CONTRACTOR) as side:
        log = MemoryLog(side.store.now, uuid4)
        good, hidden = (outgoing(CONTRACTOR, request(number)) for number in ("PR-1001", "PR-1002"))
        for event in (hidden, good):
            log.put(event.topic, event.key, [(name, text.encode()) for name, text in event.headers], event.value)

        class Reader(MemoryReader):
            def read(self, wait_s: float, most: int) -> Reading:
                reading = super().read(wait_s, most)
                first = [record for record in reading.records if record.offset == 0]
                kept = [record for record in reading.records if record.offset != 0]
                worse = [clients.record_of(_as_message(record), record.place, 0) for record in first]
                return Reading([*worse, *kept], reading.ended, reading.lost)

        topic = log.topic(CONTRACTOR.writes)
        done = check(side.store, CONTRACTOR, Reader(log), (topic.id, 1), side.holder, lambda: None)
        assert (done.imported, done.foreign) == (1, 1)
        with side.store.transaction() as transaction:
            assert [row.id for row in transaction.outbox.standing([good.request_id, hidden.request_id])] == [good.id]


def _as_message(record: Any) -> Any:
    parts = {"key": record.key, "value": record.value, "headers": list(record.headers)}
    return BadMessage(set(), at=record.offset, stamp=9_000_000_000_000_000, parts=parts)
