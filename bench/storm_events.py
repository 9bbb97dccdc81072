"""What the other side says in ``bench/storm.py``: real events, made before they are sent so that sending costs little.

``python bench/storm_events.py HOME REQUESTS RATE SECONDS`` asks for so many payments at once and prints ``asked``. When
it reads a line it says so many events a second for so long: nine of ten ask for one payment more, one revises one of
the first fifty, which the desk shows. It prints how many it said and how many seconds that took, and reads on.
"""

import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from uuid import uuid4

from confluent_kafka import KafkaError, Producer
from uuid_utils.compat import uuid7

from paydesk.contractor.role import ROLE
from paydesk.domain.commands import RequestPayment, request_payment
from paydesk.domain.events import Event, event_type_of
from paydesk.domain.payment_request import RequestRegister, checked_terms
from paydesk.infra.core.codec import encode
from paydesk.infra.kafka import clients
from paydesk.stack.home import Folder
from paydesk.stack.kafka_server import Kafka

SHOWN = 50
SLICE_S = 0.01
Message = tuple[bytes, list[tuple[str, str]], bytes]


class Contractor:
    """Makes registers as the contractor's side does, and what it would say of them."""

    def __init__(self) -> None:
        self._numbers = count(1001)
        self.asked: list[RequestRegister] = []

    def ask(self) -> Message:
        """Ask for one payment more."""
        place = next(self._numbers)
        terms = checked_terms(f"{place % 9000 + 100}.50", "EUR", f"Invoice {place}, network rework")
        register = request_payment(RequestPayment(uuid7(), "ada", terms), f"PR-{place}", datetime.now(UTC))
        if len(self.asked) < SHOWN:
            self.asked.append(register)
        return _said(register)

    def revise(self, place: int) -> Message:
        """Give one of the first requests another amount."""
        before = self.asked[place]
        money = replace(before.terms.money, amount_minor=before.terms.money.amount_minor + 1)
        terms = replace(before.terms, money=money)
        self.asked[place] = replace(before, version=before.version + 1, revision=before.revision + 1, terms=terms)
        return _said(self.asked[place])

    def storm(self, events: int) -> Iterator[Message]:
        """Yield what is said in one go."""
        for place in range(events):
            yield self.revise(place // 10 % SHOWN) if place % 10 == 9 else self.ask()


def _said(register: RequestRegister) -> Message:
    now = datetime.now(UTC)
    event = Event(uuid7(), event_type_of(register), now, register.contractor, str(uuid4()), "0" * 64, register)
    headers, value = encode(event, ROLE.source)
    return str(register.id).encode(), headers, value


def _delivered(error: KafkaError | None, _: object) -> None:
    assert error is None, error


def say(producer: Producer, messages: list[Message], rate: float) -> None:
    """Send messages, so many a second; returns when the broker has them all."""
    began, message_iterator = time.monotonic(), iter(messages)
    sent = 0
    while sent < len(messages):
        due = min(len(messages), int((time.monotonic() - began) * rate) + 1)
        for _ in range(due - sent):
            key, headers, value = next(message_iterator)
            producer.produce(ROLE.writes, value, key, headers=[*headers], on_delivery=_delivered)
        sent = due
        producer.poll(0)
        time.sleep(SLICE_S)
    assert producer.flush(60) == 0, "the broker did not take them all"


def main(home: str, requests: str, rate: str, seconds: str) -> None:
    """Ask at once, then storm whenever told."""
    producer = clients.producer(
        Kafka(Folder(Path(home))).conf(ROLE.name), lambda message: print(message, file=sys.stderr)
    )
    contractor = Contractor()
    say(producer, [contractor.ask() for _ in range(int(requests))], 1e6)
    storm = list(contractor.storm(int(rate) * int(seconds)))
    print("asked", flush=True)
    for _ in sys.stdin:
        began = time.monotonic()
        say(producer, storm, float(rate))
        print(len(storm), time.monotonic() - began, flush=True)
        storm = list(contractor.storm(int(rate) * int(seconds)))


if __name__ == "__main__":
    main(*sys.argv[1:])
