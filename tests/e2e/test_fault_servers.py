"""A server dies or stays away: what was said is kept, goes on by itself when it is back, and nothing is doubled."""

import json
import os
import signal
import subprocess
import threading
import time
from uuid import uuid4

import pytest

from paydesk.contractor.role import ROLE as CONTRACTOR
from paydesk.contractor.service import ContractorService
from paydesk.domain.commands import RequestPayment
from paydesk.domain.errors import UnknownRequest
from paydesk.infra.core.errors import ServerDown
from paydesk.infra.core.health import PartState
from paydesk.infra.core.query import News
from paydesk.manager.role import ROLE as MANAGER
from paydesk.manager.service import ManagerService
from paydesk.stack.embedded import EmbeddedStack
from tests.conftest import until
from tests.e2e.faults import TERMS, Faults
from tests.e2e.site import Site

REQUEST = ("contractor", "request", "5", "EUR", "kept")


@pytest.fixture
def faults(site: Site) -> Faults:
    return Faults(site)


def ready(site: Site, server: str) -> bool:
    """Whether a member of the stack answers."""
    servers: dict[str, dict[str, str]] = site.folder.read("state.json").get("servers", {})
    return servers.get(server, {}).get("state") == "ready"


@pytest.mark.long
def test_only_the_workers_run_and_a_desk_stands_by_until_one_is_killed(faults: Faults) -> None:
    site = faults.site
    with faults.workers("contractor", "manager") as (_, manager):
        until(lambda: manager.duty == "working", within_s=60)
        asked = site.json(*REQUEST)
        assert asked["delivery"] == "sent"
        until(lambda: faults.count(MANAGER, where=f"number = '{asked['number']}' AND status = 'pending'") == 1)
        desk = ManagerService(EmbeddedStack(site.home), "bo", 0)
        desk.open()
        desk.start(lambda _: None)
        try:
            until(lambda: desk.health().duty == "standby" and desk.health().lag == 0)
            assert desk.health().kafka.state is PartState.OK, "a desk that stands by keeps its clients connected"
            manager.end()
            until(lambda: desk.health().duty == "working")
            again = site.json(*REQUEST)
            until(lambda: faults.count(MANAGER, where=f"number = '{again['number']}'") == 1)
        finally:
            desk.close()
    faults.assert_once()


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_killed_broker_doubles_nothing(faults: Faults) -> None:
    site = faults.site
    with faults.workers("contractor", "manager"):
        until(lambda: site.json(*REQUEST)["delivery"] == "sent")
        asking = threading.Thread(target=faults.ask, args=(1000,))
        asking.start()
        for share in (200, 500):
            until(lambda share=share: faults.count(CONTRACTOR, "outbox", "published_at IS NOT NULL") > share)  # type: ignore[misc]
            site.kill("kafka")
            kept = json.loads(site.run(*REQUEST, "--json").stdout)
            assert kept["delivery"] in ("queued", "sent")
        asking.join()
        until(faults.settled, within_s=120, every_s=0.2)
    faults.assert_once()


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_broker_that_stays_away_is_said_and_waited_for(faults: Faults) -> None:
    site = faults.site
    until(lambda: ready(site, "kafka"), within_s=60)
    pid = site.pid("kafka")
    with faults.workers("contractor", "manager") as workers:
        until(lambda: all(worker.duty == "working" for worker in workers), within_s=60)
        os.kill(pid, signal.SIGSTOP)
        try:
            started = time.monotonic()
            plain = site.run(*REQUEST)
            took_s = time.monotonic() - started
            assert "queued" in plain.stdout and "not acknowledged yet after 3 s; it is kept" in plain.stdout
            assert took_s < 30, f"a request took {took_s:.0f} s while the broker was frozen"
            queued = site.json(*REQUEST)
            assert queued["delivery"] == "queued"
            until(lambda: "Offline" in workers[0].log_text, within_s=60)
        finally:
            os.kill(pid, signal.SIGCONT)
        until(faults.settled, within_s=120, every_s=0.2)
        until(lambda: workers[0].log_text.splitlines()[-1].endswith("working"), within_s=60)
    faults.assert_once()


@pytest.mark.long
@pytest.mark.timeout(300)
def test_without_valkey_desks_read_by_themselves_and_hear_again_when_it_is_back(faults: Faults) -> None:
    site, heard = faults.site, list[News]()
    desk = ContractorService(EmbeddedStack(site.home), "ada")
    desk.open()
    desk.start(heard.append)
    try:
        until(lambda: desk.health().redis.state is PartState.OK and desk.health().duty == "working")
        pid = site.pid("valkey")
        os.kill(pid, signal.SIGSTOP)
        until(lambda: desk.health().redis.state is PartState.DOWN)
        assert not desk.health().live
        assert site.json(*REQUEST)["delivery"] == "sent", "a hint that cannot be sent holds nobody up"
        os.kill(pid, signal.SIGCONT)
        os.kill(pid, signal.SIGKILL)
        until(lambda: site.pid("valkey") not in (pid, None) and desk.health().redis.state is PartState.OK)
        heard.clear()
        asked = site.json(*REQUEST)
        until(lambda: any(news.changed and asked["id"] in map(str, news.changed) for news in heard), within_s=5)
    finally:
        desk.close()


@pytest.mark.long
@pytest.mark.timeout(300)
def test_postgres_killed_under_load_is_waited_out_and_never_quarantined(faults: Faults) -> None:
    site = faults.site
    done: list[subprocess.CompletedProcess[str]] = []
    desk = ContractorService(EmbeddedStack(site.home), "ada")
    desk.open()
    desk.start(lambda _: None)

    def load() -> None:
        while len(done) < 12:
            done.append(site.run(*REQUEST, "--json", check=False))

    with faults.workers("manager"):
        until(lambda: desk.health().duty == "working", within_s=60)
        faults.ask(300)
        loading = threading.Thread(target=load)
        loading.start()
        for least in (3, 7):
            until(lambda least=least: len(done) >= least, within_s=120)  # type: ignore[misc]
            pid = site.pid("postgres")
            site.kill("postgres")
            until(lambda pid=pid: site.pid("postgres") != pid and ready(site, "postgres"), within_s=60)  # type: ignore[misc]
        loading.join()
        until(lambda: desk.health().postgres.state is PartState.OK and desk.health().duty == "working", within_s=60)
        until(faults.settled, within_s=120, every_s=0.2)
        assert desk.health().trouble == ""
    desk.close()
    assert {answer.returncode for answer in done} <= {0, 7, 10}, [answer.stderr for answer in done]
    assert not any("Traceback" in answer.stderr for answer in done)
    ids = [json.loads(answer.stdout)["id"] for answer in done if answer.returncode == 0]
    assert len(ids) == len(set(ids)) > 0
    assert faults.scalar(MANAGER, "SELECT count(*) FROM payment_request WHERE id = ANY(%s::uuid[])", [ids]) == len(ids)
    for answer in done:
        if answer.returncode == 10:
            key = json.loads(answer.stderr.splitlines()[-1])["error"]["hint"].split("--key ")[1].rstrip(".")
            site.run(*REQUEST, "--key", key)
    faults.assert_once()


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_desk_without_postgres_says_so_and_recovers(faults: Faults) -> None:
    site, nobody = faults.site, uuid4()
    desk = ContractorService(EmbeddedStack(site.home), "ada")
    desk.open()
    desk.start(lambda _: None)

    def refused() -> str:
        try:
            desk.detail(nobody)
        except ServerDown as error:
            return error.message
        except UnknownRequest:
            return ""
        return ""

    try:
        until(lambda: desk.health().duty == "working", within_s=60)
        site.kill("postgres")
        assert "PostgreSQL does not answer" in until(refused, every_s=0)
        assert desk.health().postgres.state is PartState.DOWN
        until(lambda: not refused() and desk.health().postgres.state is PartState.OK, within_s=60)
        until(lambda: desk.health().duty == "working", within_s=60)
        request_id = uuid4()
        assert desk.execute(uuid4(), RequestPayment(request_id, desk.person, TERMS)).changed
        until(lambda: desk.detail(request_id).copy.delivery == "sent")
    finally:
        desk.close()
