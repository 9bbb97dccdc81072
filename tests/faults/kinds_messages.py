"""Hostile and malformed messages by somebody who has the writer's login: each is accounted for, and stops nobody."""

import time
from uuid import uuid4

from confluent_kafka import KafkaError, Message, Producer

from paydesk.contractor import commands as asks
from paydesk.contractor.role import ROLE as CONTRACTOR
from paydesk.domain.commands import RequestPayment
from paydesk.infra.postgres.storage import Store
from paydesk.stack.kafka_server import Kafka
from paydesk.stack.servers import Postgres
from tests.e2e.faults import TERMS
from tests.e2e.test_fault_foreign import FORKED, bad, unknown
from tests.e2e.test_fault_foreign import Message as Bad
from tests.faults.checker import TOPICS
from tests.faults.journal import ASKED, DONE, Journal
from tests.faults.look import until
from tests.faults.rows import Row
from tests.faults.strikes import Striker

AMOUNT = 10_000
"""Good requests, and as many bad messages among them."""
_NEWEST = "SELECT key, headers, value FROM contractor.outbox o WHERE {0} ORDER BY position DESC LIMIT 1"
_HEARD = "EXISTS (SELECT 1 FROM manager.inbox i WHERE i.event_id = o.id::text AND i.became IN ('applied', 'stale'))"
# The second content of a version may come when a newer version is known already: then it is stale, as anything old.
_ACCOUNTED = (
    "SELECT kafka_offset, became, CASE became WHEN 'stale' THEN 'a newer version is known' ELSE reason END"
    " FROM manager.inbox WHERE became IN ('quarantined', 'parked', 'stale')"
)


def hostile(amount: int, striker: Striker, row: Row) -> None:
    """Ask for many payments, and put as many bad messages among them on the contractor's topic."""
    bench, row.recovers = striker.bench, "end"
    folder = bench.site.folder
    store = Store(Postgres(folder).url("contractor"), CONTRACTOR)
    journal = Journal(bench.journal("contractor-bulk"))
    placed: list[int] = []
    producer = Producer({**Kafka(folder).conf("contractor"), "batch.size": 60000, "log_level": 0})

    def note(error: KafkaError | None, message: Message) -> None:
        assert error is None, error
        placed.append(message.offset() or 0)

    until(lambda: bench.look.sql(_NEWEST.format(_HEARD)), "a request that was heard")
    wrong: list[Bad] = []
    for number in range(amount):
        key, request = uuid4(), uuid4()
        journal.note(str(key), ASKED, word="request", id=str(request))
        asks.execute(store, key, RequestPayment(request, "ada", TERMS))
        journal.note(str(key), DONE, changed=True)
        if not wrong:
            wrong = _wrong(striker)
        name, headers, value = wrong.pop()
        producer.produce(TOPICS["contractor"], value, name, headers=list(headers.items()), on_delivery=note)
        producer.poll(0)
        row.runs += number == 0
    assert producer.flush(60) == 0
    store.close()
    ended = time.monotonic()
    row.recovery_s.append(striker.arrival(ended, 180))
    end = max(placed)
    position = "SELECT next_offset FROM manager.position WHERE topic = %s"
    until(lambda: (bench.look.calm(position, [TOPICS["contractor"]]) or 0) > end, "the last bad message read", 120)
    _account(striker, row, placed)


def _wrong(striker: Striker) -> list[Bad]:
    """Return bad messages that name what was said just now, whether or not it has left already.

    One of them is bad only as it comes second: it is made of what the other side has heard.
    """
    newest, heard = (_good(striker, where) for where in ("true", _HEARD))
    wrong = [message for reason, message in bad(newest) if reason != FORKED] + unknown(newest)
    wrong += [message for reason, message in bad(heard) if reason == FORKED]
    striker.random.shuffle(wrong)
    return wrong


def _good(striker: Striker, where: str) -> Bad:
    name, headers, value = striker.bench.look.sql(_NEWEST.format(where))[0]
    return bytes(name), {header: text.encode() for header, text in headers}, bytes(value)


def _account(striker: Striker, row: Row, placed: list[int]) -> None:
    """Hold every bad message to a row with a reason, at its very place."""
    accounted = {offset: (became, reason) for offset, became, reason in striker.bench.look.sql(_ACCOUNTED)}
    missing = [offset for offset in placed if not (accounted.get(offset) or ("", ""))[1]]
    row.wrong += [f"the bad message at {offset} is not accounted for" for offset in missing[:5]]
    for became, reason in (accounted[offset] for offset in placed if offset in accounted):
        row.reasons[f"{became}: {reason.split(':')[0].split(chr(39))[0].strip()}"] += 1
    row.notes.append(f"{len(placed)} bad messages, {len(placed) - len(missing)} accounted for")


def many(striker: Striker, row: Row, rounds: int) -> None:
    """Ten thousand of each."""
    for _ in range(rounds):
        hostile(AMOUNT, striker, row)


def some(striker: Striker, row: Row, rounds: int) -> None:
    """A hundred of each."""
    for _ in range(rounds):
        hostile(100, striker, row)
