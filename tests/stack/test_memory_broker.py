"""The in-memory broker: a request goes both ways, it is said, and what it forgot is said again."""

import signal
import socket
from pathlib import Path

import pytest
from confluent_kafka import OFFSET_BEGINNING, TopicPartition

from paydesk.infra import kafka
from paydesk.settings import Endpoints
from paydesk.stack.embedded import EmbeddedStack
from paydesk.stack.provision import REQUESTS
from tests.conftest import until
from tests.e2e.house import House
from tests.stack.conftest import NewHouse

NOWHERE = "http://127.0.0.1:9/maven"


def endpoints(house: House) -> Endpoints:
    """Return what a contractor's desk in this house connects to."""
    stack = EmbeddedStack(house.home)
    try:
        return stack.endpoints("contractor")
    finally:
        stack.leave()


def subjects(house: House) -> list[str]:
    """Return the requests that the contractor's topic tells of, in order."""
    conf = endpoints(house).kafka
    assert conf is not None
    reader = kafka.consumer(conf, "paydesk.contractor", lambda _: None)
    reader.assign([TopicPartition(REQUESTS, 0, OFFSET_BEGINNING)])
    found: list[str] = []
    try:
        while (message := reader.poll(10)) is not None and message.error() is None:
            headers = dict(kafka.headers_of(message))
            found.append((headers["ce_subject"] or b"").decode())
    finally:
        reader.close()
    return found


def topic_id(house: House) -> str:
    """Return the identity of the contractor's topic."""
    conf = endpoints(house).kafka
    assert conf is not None
    found = kafka.topic_identity(kafka.admin(conf), REQUESTS)
    assert found is not None
    return found[0]


@pytest.mark.long
def test_a_request_goes_both_ways_and_outlives_the_broker(new_house: NewHouse) -> None:
    house = new_house(PAYDESK_BROKER="memory")
    said = house.run("stack", "up").stdout
    assert "in-memory broker, in place of Apache Kafka" in said and "your requests are kept" in said
    assert "in-memory broker" in house.run("stack", "status").stdout
    first = house.json("contractor", "request", "12", "EUR", "one")
    assert first["delivery"] == "sent" and [row["id"] for row in house.rows("manager")] == [first["id"]]
    assert house.json("manager", "approve", first["number"])["status"] == "accepted"
    assert house.json("contractor", "wait", first["number"], "--timeout", "10s")["status"] == "accepted"
    assert "in-memory broker" in house.run("doctor").stdout

    before, known = topic_id(house), house.pid("kafka")
    house.kill("kafka", signal.SIGKILL)
    until(lambda: house.pid("kafka") not in (known, None) and endpoints(house).kafka)
    assert topic_id(house) != before, "a broker that forgot everything must not look like the one that did not"
    second = house.json("contractor", "request", "13", "EUR", "two")
    assert second["delivery"] == "sent"
    assert set(subjects(house)) - {"digest"} == {first["id"], second["id"]}
    assert [row["id"] for row in house.rows("manager")] == [second["id"], first["id"]]


@pytest.mark.long
def test_without_a_network_it_stands_in_and_kafka_takes_over_at_a_later_start(
    new_house: NewHouse, tmp_path: Path
) -> None:
    house = new_house()
    cache = house.env["XDG_CACHE_HOME"]
    house.extra = {"XDG_CACHE_HOME": str(tmp_path), "PAYDESK_MAVEN_REPOSITORY": NOWHERE}
    done = house.run("stack", "up")
    assert "in-memory broker, in place of Apache Kafka" in done.stdout
    assert "Apache Kafka's files cannot be fetched" in done.stdout and "Traceback" not in done.stderr
    asked = house.json("contractor", "request", "12", "EUR", "one")
    assert asked["delivery"] == "sent" and endpoints(house).memory_broker
    house.run("stack", "down")

    house.extra = {"XDG_CACHE_HOME": cache}
    assert "in-memory" not in house.run("stack", "up", within_s=300).stdout
    assert not endpoints(house).memory_broker
    assert [row["id"] for row in house.rows("contractor")] == [asked["id"]]
    house.run("contractor", "request", "13", "EUR", "two")
    assert asked["id"] in subjects(house)


@pytest.mark.long
def test_a_first_start_tells_how_far_kafka_is_while_requests_are_taken(new_house: NewHouse, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # Takes connections, and never answers.
        mirror = f"http://127.0.0.1:{silent.getsockname()[1]}/maven"
        house = new_house(XDG_CACHE_HOME=str(tmp_path), PAYDESK_MAVEN_REPOSITORY=mirror)
        desk = house.desk("contractor", columns=120, rows=36)
        desk.see("fetching Kafka, 0 of 4", "your requests are kept")
        house.run("contractor", "request", "1", "EUR", "typed meanwhile")
        desk.see("typed meanwhile")
        house.run("stack", "down")
        desk.press("q")
        assert desk.wait() == 0


@pytest.mark.long
def test_the_desk_says_that_it_is_in_use(new_house: NewHouse) -> None:
    house = new_house(PAYDESK_BROKER="memory")
    desk = house.desk("contractor", columns=160, rows=40)
    desk.see("in-memory broker: it forgets when it ends, your desk does not")
    desk.press("q")
    assert desk.wait() == 0
