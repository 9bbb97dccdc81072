"""The in-memory broker: a request goes both ways, it is said, and what it forgot is said again."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from confluent_kafka import OFFSET_BEGINNING, TopicPartition

from paydesk.infra.kafka import clients
from paydesk.role_names import OWN_TOPIC
from paydesk.settings import Endpoints
from paydesk.stack.embedded import EmbeddedStack
from tests.conftest import until
from tests.e2e.site import Site
from tests.stack.conftest import NewSite

NOWHERE = "http://127.0.0.1:9/maven"
REQUESTS = OWN_TOPIC["contractor"]


def endpoints(site: Site) -> Endpoints:
    """Return what a contractor's desk in this site connects to."""
    stack = EmbeddedStack(site.home)
    try:
        return stack.endpoints("contractor")
    finally:
        stack.leave()


def subjects(site: Site) -> list[str]:
    """Return the requests that the contractor's topic tells of, in order."""
    conf = endpoints(site).kafka
    assert conf is not None
    reader = clients.consumer(conf, "paydesk.contractor", lambda _: None)
    reader.assign([TopicPartition(REQUESTS, 0, OFFSET_BEGINNING)])
    subjects: list[str] = []
    try:
        while (message := reader.poll(10)) is not None and message.error() is None:
            headers = dict(clients.headers_of(message))
            subjects.append((headers["ce_subject"] or b"").decode())
    finally:
        reader.close()
    return subjects


def topic_id(site: Site) -> str:
    """Return the identity of the contractor's topic."""
    conf = endpoints(site).kafka
    assert conf is not None
    identity = clients.topic_identity(clients.admin(conf), REQUESTS)
    assert identity is not None
    return identity[0]


open_to_all = pytest.mark.fault(
    kind="The broker in memory has no logins: said wherever it is in use, refused beside servers of one's own.",
    mended="stack/provision.py",
)


@open_to_all
@pytest.mark.long
def test_a_request_goes_both_ways_and_outlives_the_broker(new_site: NewSite) -> None:
    site = new_site(PAYDESK_BROKER="memory")
    printed = site.run("stack", "up").stdout
    assert "in-memory broker, in place of Apache Kafka" in printed and "your requests are kept" in printed
    for text in (printed, site.run("stack", "status").stdout, site.run("doctor").stdout):
        assert "in-memory broker" in text and "nybody with a login on this machine can write to it" in text
    first = site.json("contractor", "request", "12", "EUR", "one")
    assert first["delivery"] == "sent" and [row["id"] for row in site.rows("manager")] == [first["id"]]
    assert site.json("manager", "approve", first["number"])["status"] == "accepted"
    assert site.json("contractor", "wait", first["number"], "--timeout", "10s")["status"] == "accepted"
    assert "in-memory broker" in site.run("doctor").stdout

    before, known = topic_id(site), site.pid("kafka")
    site.kill("kafka", signal.SIGKILL)
    until(lambda: site.pid("kafka") not in (known, None) and endpoints(site).kafka)
    assert topic_id(site) != before, "a broker that forgot everything must not look like the one that did not"
    second = site.json("contractor", "request", "13", "EUR", "two")
    assert second["delivery"] == "sent"
    assert set(subjects(site)) - {"digest"} == {first["id"], second["id"]}
    assert [row["id"] for row in site.rows("manager")] == [second["id"], first["id"]]


@pytest.mark.long
def test_without_a_network_it_stands_in_and_kafka_takes_over_at_a_later_start(
    new_site: NewSite, tmp_path: Path
) -> None:
    site = new_site()
    cache = site.env["XDG_CACHE_HOME"]
    site.extra = {"XDG_CACHE_HOME": str(tmp_path), "PAYDESK_MAVEN_REPOSITORY": NOWHERE}
    done = site.run("stack", "up")
    assert "in-memory broker, in place of Apache Kafka" in done.stdout
    assert "Apache Kafka's files cannot be fetched" in done.stdout and "Traceback" not in done.stderr
    asked = site.json("contractor", "request", "12", "EUR", "one")
    assert asked["delivery"] == "sent" and endpoints(site).memory_broker
    site.run("stack", "down")

    site.extra = {"XDG_CACHE_HOME": cache}
    assert "in-memory" not in site.run("stack", "up", within_s=300).stdout
    assert not endpoints(site).memory_broker
    assert [row["id"] for row in site.rows("contractor")] == [asked["id"]]
    site.run("contractor", "request", "13", "EUR", "two")
    assert asked["id"] in subjects(site)


@pytest.mark.long
def test_a_first_start_tells_how_far_kafka_is_while_requests_are_taken(new_site: NewSite, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # Takes connections, and never answers.
        mirror = f"http://127.0.0.1:{silent.getsockname()[1]}/maven"
        site = new_site(XDG_CACHE_HOME=str(tmp_path), PAYDESK_MAVEN_REPOSITORY=mirror)
        desk = site.desk("contractor", columns=120, rows=36)
        desk.see("fetching Kafka, 0 of 4", "what you save is kept")
        site.run("contractor", "request", "1", "EUR", "typed meanwhile")
        desk.see("typed meanwhile")
        site.run("stack", "down")
        desk.press("q")
        assert desk.wait() == 0


def own_servers(site: NewSite) -> Site:
    """Return a site whose settings name servers of one's own, at which nobody listens, and the in-memory broker."""
    own = {f"PAYDESK_{role}_DATABASE_URL": "postgresql://u:p@127.0.0.1:9/x" for role in ("CONTRACTOR", "MANAGER")}
    own |= {"PAYDESK_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9", "PAYDESK_REDIS_URL": "redis://127.0.0.1:9/0"}
    return site(PAYDESK_BROKER="memory", PAYDESK_ADMIN_DATABASE_URL="postgresql://u:p@127.0.0.1:9/x", **own)


@pytest.mark.long
@open_to_all
def test_settings_of_ones_own_refuse_it(new_site: NewSite) -> None:
    site = own_servers(new_site)
    for command in (("contractor", "list"), ("stack", "provision"), ("manager", "approve", "1")):
        refused = site.run(*command, check=False)
        assert (refused.returncode, refused.stdout) == (2, "")
        assert "PAYDESK_BROKER=memory is for the embedded stack alone: anybody with a login" in refused.stderr


@open_to_all
@pytest.mark.long
def test_doctor_names_it_beside_settings_of_ones_own(new_site: NewSite) -> None:
    answer = own_servers(new_site).run("doctor", check=False)
    assert answer.returncode == 7 and "PAYDESK_BROKER=memory is for the embedded stack alone" in answer.stdout


@open_to_all
def test_provisioning_refuses_it_where_it_is_named_as_a_broker_of_ones_own(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "paydesk.stack.memory_broker", str(port), REQUESTS]
    with subprocess.Popen(command) as broker:
        try:
            admin = {"bootstrap.servers": f"127.0.0.1:{port}"}
            until(lambda: answers(port))
            (tmp_path / "admin.kafka").write_text("client.id=admin\n")
            env = {
                "PAYDESK_KAFKA_BOOTSTRAP_SERVERS": admin["bootstrap.servers"],
                "PAYDESK_ADMIN_KAFKA_CONFIG": str(tmp_path / "admin.kafka"),
            }
            refused = Site(tmp_path, env).run("stack", "provision", check=False)
            assert refused.returncode == 2 and "This is the in-memory broker: anybody with a login" in refused.stderr
        finally:
            broker.terminate()


def answers(port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@open_to_all
@pytest.mark.long
def test_the_desk_says_that_it_is_in_use(new_site: NewSite) -> None:
    site = new_site(PAYDESK_BROKER="memory")
    desk = site.desk("contractor", columns=160, rows=40)
    desk.see("in-memory broker: any login of this machine can write to it; it forgets at its end, your desk does not")
    desk.press("3")
    desk.see("anybody with a login on this machine can write to it".capitalize()[:40])
    desk.press("q")
    desk.press("q")
    assert desk.wait() == 0
