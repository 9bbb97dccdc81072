"""A foreign producer with the contractor's login: each bad message is kept with its reason, and stops nobody."""

import json
from collections import Counter
from uuid import uuid4

import pytest
from confluent_kafka import KafkaError, KafkaException, Producer

from paydesk.contractor import commands as asks
from paydesk.contractor.role import ROLE as CONTRACTOR
from paydesk.domain.commands import RevisePayment
from paydesk.infra.core.messages import TermsMessage, terms_in
from paydesk.infra.postgres.connection import connect
from paydesk.infra.postgres.storage import Store
from paydesk.manager.role import ROLE as MANAGER
from paydesk.stack.kafka_server import Kafka
from tests.conftest import until
from tests.e2e.faults import Faults
from tests.e2e.site import Site

pytestmark = pytest.mark.long

Message = tuple[bytes, dict[str, bytes], bytes | None]
FORKED = "another content"
"""The reason of a message that is bad only where another one of its version was heard before."""
REASONED = "became IN ('quarantined', 'parked') AND reason <> ''"
HOSTILE = ("\x1b]52;c;eA==\x07", "bi\u202edi", "zero\u200bwidth", "nul\x00", "x" * 501, " ", "")


def bad(good: Message) -> list[tuple[str, Message]]:
    """Return bad messages made of a good one, each with a word of the reason that it must be kept with."""
    key, headers, value = good
    assert value is not None
    fields = json.loads(value)
    other = {"ce_id": str(uuid4()).encode()}

    def with_(**changes: object) -> Message:
        return key, headers | other, json.dumps(fields | changes).encode()

    def terms(**changes: object) -> Message:
        hostile = fields["terms"] | changes
        try:
            fitting = terms_in(TermsMessage.model_validate_json(json.dumps(hostile))).hash
        except ValueError:
            fitting = fields["terms_hash"]
        return with_(terms=hostile, terms_hash=fitting)

    return [
        ("does not decode", (key, headers, b"\x00\xff\xfe not json")),
        ("does not decode", (key, headers, b"[" * 5000)),
        ("empty message", (key, headers, None)),
        ("CloudEvents", (key, {}, value)),
        ("UTF-8", (key, headers | {"ce_subject": b"\xff\xfe"}, value)),
        ("rightful writer", (key, headers | {"ce_source": b"/paydesk/manager"}, value)),
        ("not this topic's", (key, headers | {"ce_type": b"paydesk.payment_accepted.v1"}, value)),
        ("differ", (b"other", headers | other, value)),
        (FORKED, with_(actor="eve")),
        ("does not decode", with_(version="2")),
        ("", with_(version=2**31)),
        ("", with_(version=10**30)),
        ("", with_(revision=-1)),
        ("", terms(amount_minor=10**18)),
        ("", terms(amount_minor=10**40)),
        ("", terms(amount_minor=-5)),
        ("", terms(exponent=99)),
        ("", terms(currency="eur")),
        ("command", with_(command_id="no id")),
        ("command", with_(command_hash="nul\x00")),
        ("NUL", (key, headers | other | {"more": b"nul\x00"}, with_(actor="eve")[2])),
        ("", with_(requested_at="0001-01-01T00:00:00+14:00")),
        ("", with_(requested_at="9999-12-31T23:59:59-14:00")),
        ("", (key, headers | other | {"ce_time": b"0001-01-01T00:00:00+14:00"}, with_(actor="eve")[2])),
        *(("", terms(description=text)) for text in HOSTILE),
    ]


def good_of(faults: Faults) -> Message:
    """Return the message of the newest event that this site's contractor has to say."""
    with connect(faults.url(CONTRACTOR), "contractor") as connection:
        row = connection.execute("SELECT key, headers, value FROM outbox ORDER BY position DESC LIMIT 1").fetchone()
    assert row is not None
    return bytes(row[0]), {name: text.encode() for name, text in row[1]}, bytes(row[2])


def unknown(good: Message) -> list[Message]:
    """Return messages of kinds that only a newer program knows."""
    key, headers, value = good
    return [
        (key, headers | {"ce_type": kind, "ce_id": str(uuid4()).encode()}, value)
        for kind in (b"paydesk.payment_requested.v2", b"paydesk.payment_praised.v1")
    ]


def good_messages(faults: Faults, count: int) -> list[Message]:
    """Return new requests' messages, made of the one that this site's contractor said."""
    _, headers, first = good_of(faults)
    fields, made = json.loads(first or b""), list[Message]()
    for number in range(count):
        request = str(uuid4())
        value = json.dumps(
            fields | {"id": request, "number": f"PR-{90000 + number}", "big": "x" * (60_000 if number == 7 else 1)}
        )
        own = {"ce_id": str(uuid4()).encode(), "ce_subject": request.encode()}
        made.append((request.encode(), headers | own, value.encode()))
    return made


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_thousand_bad_among_a_thousand_good(site: Site) -> None:
    faults = Faults(site)
    site.run("contractor", "request", "5", "EUR", "the one of before")
    goods = good_messages(faults, 1000)
    kinds = [(word, "quarantined") for word, _ in bad(goods[0])] + [("unknown type", "parked")] * 2
    wanted: Counter[str] = Counter()
    producer = Producer(
        {**Kafka(site.folder).conf("contractor"), "batch.size": 60000, "queue.buffering.max.messages": 5000}
    )
    with faults.workers("manager") as (worker,):
        until(lambda: worker.duty == "working", within_s=60)
        for index, good in enumerate(goods):
            wrong = [*(message for _, message in bad(good)), *unknown(good)]
            choice = index % len(wrong)
            wanted[kinds[choice][1]] += 1
            for key, headers, value in (good, wrong[choice]):
                producer.produce(CONTRACTOR.writes, value, key, headers=list(headers.items()))
            producer.poll(0)
        assert producer.flush(60) == 0
        until(lambda: faults.count(MANAGER, "inbox") >= 2001, within_s=120, every_s=0.1)
        until(lambda: "quarantine" in worker.log_text)
    assert faults.count(MANAGER, "inbox") == 2001
    assert faults.count(MANAGER) == 1001 == faults.count(MANAGER, where="status = 'pending'")
    assert wanted.total() == 1000
    for became, count in wanted.items():
        assert faults.count(MANAGER, "inbox", f"became = '{became}' AND reason <> ''") == count
    listed = [json.loads(line) for line in site.run("manager", "quarantine", "list", "--json").stdout.splitlines()]
    assert len(listed) == 1000 and {row["became"] for row in listed} == {"quarantined", "parked"}
    reasons = "\n".join(row["reason"] for row in listed)
    assert all(word in reasons for word, _ in kinds)
    for row in listed[: len(kinds)]:
        shown = site.json("manager", "quarantine", "show", str(row["id"]))
        assert shown == row and shown["reason"] and shown["where"].startswith(CONTRACTOR.writes)
    plain = site.run("manager", "quarantine", "list").stdout
    assert "\x1b" not in plain and len(plain.splitlines()) == 1000
    assert site.run("manager", "quarantine", "show", "999999", check=False).returncode == 4


@pytest.mark.long
def test_bad_messages_before_the_good_one_on_the_own_topic(site: Site) -> None:
    """Its writer reads them first, and takes none of them for what it has to say, though some name its id."""
    faults = Faults(site)
    site.run("manager", "list")
    faults.ask(1)
    with faults.workers("contractor", "manager"):
        until(lambda: faults.count(MANAGER, where="contractor = 'ada'"), within_s=60)
        until(faults.settled, within_s=60)
    store = Store(faults.url(CONTRACTOR), CONTRACTOR)
    request = faults.scalar(CONTRACTOR, "SELECT id FROM payment_request WHERE contractor = 'ada'")
    asks.execute(store, uuid4(), RevisePayment(request, "ada", {"amount": "7"}))
    store.close()
    good = good_of(faults)
    wrong = [message for word, message in bad(good) if word != FORKED] + unknown(good)
    producer = Producer(Kafka(site.folder).conf("contractor"))
    for key, headers, value in wrong:
        producer.produce(CONTRACTOR.writes, value, key, headers=list(headers.items()))
    assert producer.flush(60) == 0
    before = faults.count(MANAGER, "inbox", REASONED)
    with faults.workers("contractor", "manager"):
        until(lambda: faults.count(CONTRACTOR, "outbox", "published_at IS NULL") == 0, within_s=60)
        event = good[1]["ce_id"].decode()
        until(lambda: faults.count(MANAGER, "inbox", f"event_id = '{event}' AND became = 'applied'"), within_s=60)
    assert faults.count(MANAGER, "inbox", REASONED) == before + len(wrong)
    place = faults.scalar(CONTRACTOR, f"SELECT kafka_offset FROM outbox WHERE id = '{event}'")
    assert place == faults.scalar(MANAGER, f"SELECT kafka_offset FROM inbox WHERE event_id = '{event}'")


def test_what_is_too_large_is_refused_by_the_broker(site: Site) -> None:
    site.run("contractor", "request", "5", "EUR", "makes the topic")
    refused: list[KafkaError | None] = []
    producer = Producer(
        {**Kafka(site.folder).conf("contractor"), "message.max.bytes": 1_000_000, "compression.type": "none"}
    )
    try:
        producer.produce(CONTRACTOR.writes, b"x" * 70_000, on_delivery=lambda error, _: refused.append(error))
    except KafkaException as error:
        refused.append(error.args[0])
    producer.flush(30)
    assert refused and refused[0] is not None and refused[0].code() == KafkaError.MSG_SIZE_TOO_LARGE
