"""Topics that others set up: what breaks a promise is named with what mends it, and what can go on goes on."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourcePatternType,
    ResourceType,
)

from paydesk.contractor import commands as asks
from paydesk.domain.commands import AskWithdrawal, RequestPayment
from paydesk.domain.payment_request import checked_terms
from paydesk.infra.core.health import KAFKA_AWAY, PartState
from paydesk.infra.core.ports import BrokerTrouble, NoRight
from paydesk.infra.diagnostics.probes import kafka_findings
from paydesk.infra.engine import relay
from paydesk.infra.kafka import clients
from paydesk.infra.kafka.topic_settings import wrong_settings
from paydesk.infra.postgres.connection import connect
from paydesk.infra.postgres.storage import Store
from paydesk.infra.worker.context import HealthState, WorkerContext
from paydesk.infra.worker.worker import Worker
from paydesk.settings import TOPIC_SETTINGS
from paydesk.stack import provision
from paydesk.stack.kafka_server import Kafka
from paydesk.stack.memory_broker import _Cluster
from paydesk.tui.text.health import health_report
from tests.conftest import Sides, until
from tests.deploy.native import free_port


def admin(sides: Sides) -> AdminClient:
    client: AdminClient = provision.kafka_admin(Kafka(sides.stack.folder).conf("stack"))
    return client


def set_on_the_topic(sides: Sides, topic: str, **values: str) -> None:
    """Have the company's administrator set something on a topic; dots are written ``__``."""
    entries = [
        ConfigEntry(name.replace("__", "."), value, incremental_operation=AlterConfigOpType.SET)
        for name, value in values.items()
    ]
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=entries)
    client = admin(sides)  # Kept until it has answered.
    client.incremental_alter_configs([resource])[resource].result(10)


@contextmanager
def denied(sides: Sides, topic: str, operation: AclOperation) -> Iterator[None]:
    """Have the administrator take a right on a topic from the contractor's login."""
    binding: list[Any] = [ResourceType.TOPIC, topic, ResourcePatternType.LITERAL, "User:contractor", "*", operation]
    right = AclBinding(*binding, AclPermissionType.DENY)
    client = admin(sides)
    client.create_acls([right])[right].result(10)
    try:
        yield
    finally:
        from confluent_kafka.admin import AclBindingFilter

        mine = AclBindingFilter(*binding, AclPermissionType.DENY)
        client.delete_acls([mine])[mine].result(10)


def with_topics(sides: Sides) -> None:
    """Make both topics, as provisioning does."""
    for role in (sides.contractor, sides.manager):
        conf = sides.endpoints(role.name).kafka
        assert conf is not None
        client = clients.admin(conf)
        clients.make_topic(client, role.writes, clients.nothing)
        until(partial(clients.topic_identity, client, role.writes))


def unsent(sides: Sides) -> set[UUID]:
    with connect(sides.url(sides.contractor), "contractor") as connection:
        rows = connection.execute("SELECT request_id FROM outbox WHERE published_at IS NULL AND NOT beaten")
        return {row[0] for row in rows}


@pytest.mark.fault(
    kind="A setting of a topic that breaks a promise is named with what is wanted and the command that mends it.",
    mended="infra/kafka/topic_settings.py",
)
@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("cleanup.policy", "compact", "delete"),
        ("cleanup.policy", "compact,delete", "delete"),
        ("retention.ms", "604800000", "-1"),
        ("retention.bytes", "1073741824", "-1"),
        ("message.timestamp.type", "CreateTime", "LogAppendTime"),
        ("max.message.bytes", "1000", "65536"),
        ("max.message.bytes", "1048588", ""),
        ("min.insync.replicas", "2", "1"),
        ("compression.type", "zstd", ""),
    ],
)
def test_a_setting_is_held_against_what_is_wanted(name: str, value: str, wanted: str) -> None:
    wrong = wrong_settings({"cleanup.policy": "delete", **TOPIC_SETTINGS, name: value}, "t", replicas=1)
    assert [(setting.name, setting.value, setting.wanted) for setting in wrong] == (
        [(name, value, wanted)] if wanted else []
    )
    assert all(setting.command("k:1").endswith(f"--entity-name t --add-config {name}={wanted}") for setting in wrong)


@pytest.mark.fault(
    kind="A setting of a topic that breaks a promise is named with what is wanted and the command that mends it.",
    mended="infra/kafka/topic_settings.py",
)
def test_doctor_and_health_name_the_settings_of_both_topics(sides: Sides) -> None:
    with_topics(sides)
    set_on_the_topic(sides, sides.contractor.writes, cleanup__policy="compact", retention__ms="604800000")
    set_on_the_topic(sides, sides.manager.writes, message__timestamp__type="CreateTime")
    findings = [
        finding for finding in kafka_findings(sides.contractor, sides.endpoints("contractor")) if not finding.ok
    ]
    text = " ".join(finding.seen + finding.todo for finding in findings)
    assert len(findings) == 3 and "--add-config retention.ms=-1" in text and "message.timestamp.type=CreateTime" in text
    worker = Worker(sides.contractor, sides)
    worker.start()
    try:
        faults = until(lambda: worker.health().topic_faults)
        assert len(faults) == 3 and "cleanup.policy=compact, wanted is delete" in faults[0]
        report = next(part for part in health_report(worker.health(), "contractor") if part.name == "Topics")
        assert not report.well and "retention.ms" in report.now
    finally:
        worker.stop()


@pytest.mark.fault(
    kind="An event that is too large for its topic holds nothing back but its own request, and is named.",
    mended="infra/kafka/log.py",
)
def test_small_events_go_where_a_large_one_does_not_and_it_goes_once_the_topic_takes_it(
    sides: Sides, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "_TRY_LARGE_S", 0.5)
    with_topics(sides)
    store, role = Store(sides.url(sides.contractor), sides.contractor), sides.contractor
    large, small = uuid4(), [uuid4() for _ in range(12)]
    asks.execute(store, uuid4(), RequestPayment(small[0], "ada", checked_terms("1", "EUR", "one")))
    asks.execute(store, uuid4(), RequestPayment(large, "ada", checked_terms("2", "EUR", "日" * 400)))
    for request_id in small[1:]:
        asks.execute(store, uuid4(), RequestPayment(request_id, "ada", checked_terms("3", "EUR", "more")))
    store.close()
    set_on_the_topic(sides, role.writes, max__message__bytes="1500")
    worker = Worker(role, sides)
    worker.start()
    try:
        until(lambda: unsent(sides) == {large})
        fault = until(
            lambda: next((sentence for sentence in worker.health().topic_faults if "too large" in sentence), "")
        )
        assert "bytes): too large" in fault and "max.message.bytes to 65536" in fault
        assert worker.health().kafka.state is PartState.OK and not worker.health().trouble
        text = " ".join(finding.seen for finding in kafka_findings(role, sides.endpoints("contractor")))
        assert "does not leave: its event of" in text
        store = Store(sides.url(sides.contractor), sides.contractor)
        asks.execute(store, uuid4(), AskWithdrawal(large, "ada"))
        later = uuid4()
        asks.execute(store, uuid4(), RequestPayment(later, "ada", checked_terms("4", "EUR", "later")))
        store.close()
        worker.nudge()
        until(lambda: unsent(sides) == {large})
        with connect(sides.url(role), role.name) as connection:
            waits = "SELECT count(*) FROM outbox WHERE request_id = %s AND published_at IS NULL"
            assert connection.execute(waits, [large]).fetchone() == (2,), "versions of one request leave in order"
        set_on_the_topic(sides, role.writes, max__message__bytes="65536")
        until(lambda: not unsent(sides))
        until(lambda: not any("too large" in sentence for sentence in worker.health().topic_faults))
    finally:
        worker.stop()


@pytest.mark.long
@pytest.mark.fault(
    kind="Each right that Kafka does not give is named, and a worker without it stands still in what it tells.",
    mended="infra/kafka/clients.py",
)
def test_a_right_to_read_that_is_missing_is_named_without_flapping_and_requests_still_leave(sides: Sides) -> None:
    with_topics(sides)
    worker = Worker(sides.contractor, sides)
    sentence = f"Kafka does not let this login READ the topic {sides.manager.writes}."
    with denied(sides, sides.manager.writes, AclOperation.READ):
        findings = kafka_findings(sides.contractor, sides.endpoints("contractor"))
        assert [(finding.seen, "stack provision" in finding.todo) for finding in findings if not finding.ok] == [
            (sentence, True)
        ]
        worker.start()
        try:
            until(lambda: sentence in worker.health().trouble)
            store = Store(sides.url(sides.contractor), sides.contractor)
            asks.execute(store, uuid4(), RequestPayment(uuid4(), "ada", checked_terms("1", "EUR", "one")))
            store.close()
            worker.nudge()
            looks = []
            until(lambda: looks.append(worker.health()) or not unsent(sides))  # type: ignore[func-returns-value]
            assert all(sentence in look.trouble and look.kafka.state is PartState.OK for look in looks)
        except BaseException:
            worker.stop()
            raise
    try:
        until(lambda: not worker.health().trouble)
    finally:
        worker.stop()


@pytest.mark.fault(
    kind="Each right that Kafka does not give is named, and a worker without it stands still in what it tells.",
    mended="infra/kafka/clients.py",
)
def test_a_right_to_write_that_is_missing_is_named(sides: Sides) -> None:
    with_topics(sides)
    with denied(sides, sides.contractor.writes, AclOperation.WRITE):
        sentence = f"Kafka does not let this login WRITE the topic {sides.contractor.writes}."
        findings = kafka_findings(sides.contractor, sides.endpoints("contractor"))
        assert [finding.seen for finding in findings if not finding.ok] == [sentence]
        store = Store(sides.url(sides.contractor), sides.contractor)
        asks.execute(store, uuid4(), RequestPayment(uuid4(), "ada", checked_terms("1", "EUR", "one")))
        store.close()
        worker = Worker(sides.contractor, sides)
        worker.start()
        try:
            until(lambda: sentence in worker.health().trouble)
        finally:
            worker.stop()


@pytest.mark.fault(
    kind="Each right that Kafka does not give is named, and a worker without it stands still in what it tells.",
    mended="infra/kafka/clients.py",
)
@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (KafkaError.TOPIC_AUTHORIZATION_FAILED, "READ the topic t"),
        (KafkaError.GROUP_AUTHORIZATION_FAILED, "use the group paydesk.contractor"),
        (KafkaError.CLUSTER_AUTHORIZATION_FAILED, "write with idempotence"),
    ],
)
def test_a_missing_right_outlasts_the_pause_of_a_worker(code: int, sentence: str, sides_free: WorkerContext) -> None:
    error = clients.trouble_of(KafkaError(code), "READ the topic t", "paydesk.contractor")
    assert isinstance(error, NoRight) and sentence in str(error) and "stack provision" in error.hint
    sides_free.broker_trouble("inbound", error)
    sides_free.health_state.recovered("inbound")
    assert (
        sentence in sides_free.health_state.health("").trouble
        and sides_free.health_state.health("").kafka.state is PartState.OK
    )


@pytest.fixture
def sides_free() -> WorkerContext:
    from paydesk.contractor.role import ROLE

    return WorkerContext(ROLE, None, lambda _: None)  # type: ignore[arg-type]


@pytest.mark.fault(
    kind="An address that a server sends its clients to and that cannot be reached is named.",
    mended="infra/kafka/clients.py",
)
def test_a_broker_that_sends_us_where_nobody_listens_is_told_with_both_addresses() -> None:
    cluster, dead = _Cluster(), free_port()
    asked = cluster._lib.rd_kafka_mock_cluster_bootstraps(cluster._cluster).decode()
    cluster._lib.rd_kafka_mock_broker_set_host_port(cluster._cluster, 1, b"127.0.0.1", dead)
    error = clients.explained({"bootstrap.servers": asked}, BrokerTrouble(KAFKA_AWAY))
    assert str(error) == f"Kafka answers at {asked} and sends us to 127.0.0.1:{dead}, which cannot be reached."
    assert "advertised.listeners" in error.hint
    board = HealthState()
    board.kafka_down(str(error))
    board.kafka_down(KAFKA_AWAY)
    assert board.health("").kafka.error == str(error), "the plain sentence says less"
    nobody = {"bootstrap.servers": f"127.0.0.1:{dead}"}
    assert str(clients.explained(nobody, BrokerTrouble(KAFKA_AWAY))) == KAFKA_AWAY


@pytest.mark.fault(
    kind="A malformed setting becomes a line of doctor in words, and every other check still runs.",
    mended="infra/diagnostics/finding.py",
)
@pytest.mark.parametrize(
    "setting",
    [
        {"sasl.mechanisms": "NONSENSE", "security.protocol": "SASL_PLAINTEXT"},
        {"security.protocol": "NONSENSE"},
        {"ssl.ca.location": "/nowhere/ca.pem", "security.protocol": "SSL"},
        {"no.such.property": "1"},
        {"sasl.password": "hush-hush", "socket.timeout.ms": "hush-hush"},
    ],
)
def test_kafka_settings_that_cannot_be_used_are_told_in_words(setting: dict[str, str]) -> None:
    with pytest.raises(BrokerTrouble, match="Kafka's settings cannot be used") as refused:
        clients.admin({"bootstrap.servers": "127.0.0.1:1", **setting})
    assert "PAYDESK_KAFKA_CONFIG" in refused.value.hint and not isinstance(refused.value, KafkaException)
