"""The embedded stack as processes: one whoever starts it, untouched by terminals, found again, gone when unused."""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from paydesk.stack.embedded import EmbeddedStack, environment, status
from paydesk.stack.home import Folder
from paydesk.stack.process import Process
from tests.conftest import until
from tests.e2e.site import PAYDESK, Site
from tests.pace import scaled
from tests.stack.conftest import NewSite

MEMORY = "memory"
"""Where a test is about processes, the broker that starts at once does."""


def processes(site: Site) -> list[psutil.Process]:
    """Return every process of this site's stack: each names the folder in its arguments or environment."""
    processes = []
    for process in psutil.process_iter():
        try:
            if any(str(site.home) in part for part in process.cmdline()) and process.pid != os.getpid():
                processes.append(process)
        except psutil.Error:
            continue
    return processes


def supervisor(site: Site) -> Process:
    """Return the supervisor, as the state file names it."""
    document = site.folder.read("state.json")["supervisor"]
    return Process(document["pid"], document["started"])


def ready(site: Site) -> bool:
    """Whether all three servers are ready."""
    servers = status(site.home).servers
    return len(servers) == 3 and all(server["state"] == "ready" for server in servers.values())


@pytest.mark.long
def test_eight_first_starts_at_once_give_one_stack(new_site: NewSite) -> None:
    site = new_site(PAYDESK_BROKER=MEMORY)
    with ThreadPoolExecutor(8) as pool:
        asked = list(pool.map(lambda n: site.json("contractor", "request", str(n), "EUR", f"no {n}"), range(1, 9)))
    assert len({request["number"] for request in asked}) == 8
    commands = [" ".join(process.cmdline()) for process in processes(site)]
    assert sum("paydesk.stack.supervisor" in command for command in commands) == 1
    assert sum("postgres -D" in command for command in commands) == 1
    assert len(site.rows("contractor")) == 8


@pytest.mark.long
def test_the_servers_have_no_terminal_and_nothing_of_the_persons_settings(new_site: NewSite) -> None:
    site = new_site(PAYDESK_BROKER=MEMORY, PGPORT="1", PGHOST="/nowhere", PGOPTIONS="-c fsync=off", LANG="xx_XX")
    site.json("contractor", "request", "1", "EUR", "Ørsted")
    assert site.rows("contractor")[0]["description"] == "Ørsted"
    for process in [process for process in processes(site) if "paydesk.stack" in " ".join(process.cmdline())]:
        assert process.terminal() is None and os.getsid(process.pid) == process.pid
    postgres = psutil.Process(site.pid("postgres")).environ()
    assert not [name for name in postgres if name.startswith("PG") and name != "PGLOCALEDIR"] and "LANG" not in postgres
    with psycopg.connect(environment(site.home, "stack")["DATABASE_URL"]) as connection:
        assert connection.execute("SHOW server_encoding").fetchone() == ("UTF8",)


@pytest.mark.long
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP], ids=["ctrl-c", "closed-terminal"])
def test_the_end_of_the_starting_terminal_does_not_reach_the_servers(new_site: NewSite, number: int) -> None:
    site = new_site(PAYDESK_BROKER=MEMORY)
    starter = subprocess.Popen(
        [*PAYDESK, "contractor", "worker"],
        env=site.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    until(lambda: ready(site), within_s=60)
    before = site.pid("postgres"), site.pid("valkey"), site.pid("kafka")
    os.killpg(starter.pid, number)
    starter.communicate(timeout=scaled(30))
    assert site.run("contractor", "list").returncode == 0
    assert (site.pid("postgres"), site.pid("valkey"), site.pid("kafka")) == before


@pytest.mark.long
def test_it_stops_by_itself_and_the_requests_are_there_at_the_next_start(new_site: NewSite) -> None:
    site = new_site(PAYDESK_BROKER=MEMORY, PAYDESK_IDLE_SECONDS="5")
    asked = site.json("contractor", "request", "1", "EUR", "kept")
    until(lambda: not processes(site), within_s=40)
    assert not status(site.home).running and "does not run" in site.run("stack", "status").stdout
    assert [row["id"] for row in site.rows("contractor")] == [asked["id"]]


@pytest.mark.long
def test_a_user_keeps_it_awake(new_site: NewSite) -> None:
    site = new_site(PAYDESK_BROKER=MEMORY, PAYDESK_IDLE_SECONDS="5")
    desk = site.desk("contractor", columns=100, rows=30)
    desk.see("✓ live")
    process = supervisor(site)
    until(lambda: not process.alive or _age(process) > 9, within_s=40)
    assert process.alive
    desk.press("q")
    assert desk.wait() == 0
    until(lambda: not processes(site), within_s=40)


def _age(process: Process) -> float:
    return time.time() - process.started


@pytest.mark.long
def test_the_last_desk_says_what_goes_on_and_how_to_stop_it(new_site: NewSite) -> None:
    site = new_site(PAYDESK_BROKER=MEMORY)
    first, second = (site.desk(role, columns=100, rows=30) for role in ("contractor", "manager"))
    for desk in (first, second):
        desk.see("✓ live")
        desk.press("q")
        assert desk.wait() == 0
    parting = "The servers stop by themselves in 10 min"
    assert parting not in first.text and parting in second.text.replace("\n", " ")
    assert any(line.strip() == "Stop them now: paydesk stack down" for line in second.text.splitlines())
    words = " ".join(second.text.split())
    assert "MB of memory" in words and str(site.home) in words.replace(" ", "") and "paydesk stack down" in words


@pytest.mark.long
def test_a_killed_supervisor_is_followed_by_another_on_the_same_data(new_site: NewSite) -> None:
    site = new_site(PAYDESK_BROKER=MEMORY)
    asked = site.json("contractor", "request", "1", "EUR", "kept")
    killed = supervisor(site)
    os.kill(killed.pid, signal.SIGKILL)
    until(lambda: not killed.alive)
    assert [row["id"] for row in site.rows("contractor")] == [asked["id"]]
    assert supervisor(site) != killed
    until(lambda: sum("postgres -D" in " ".join(process.cmdline()) for process in processes(site)) == 1)


@pytest.mark.long
def test_all_killed_at_once_and_a_lock_that_names_another_process(new_site: NewSite) -> None:
    site = new_site(PAYDESK_BROKER=MEMORY)
    asked = site.json("contractor", "request", "1", "EUR", "kept")
    for process in processes(site):
        process.kill()
    until(lambda: not [process for process in processes(site) if process.status() != psutil.STATUS_ZOMBIE])
    lock = site.home / "postgres" / "postmaster.pid"
    lines = lock.read_text().splitlines()
    lock.write_text("\n".join([str(os.getpid()), *lines[1:], ""]))
    assert [row["id"] for row in site.rows("contractor")] == [asked["id"]]


@pytest.mark.long
@pytest.mark.fault(
    kind="A socket that a cleaner of temporary folders removed is made anew.", mended="stack/server_thread.py"
)
@pytest.mark.parametrize("spoil", [shutil.rmtree, lambda run: (run / ".s.PGSQL.5432").unlink()])
def test_a_socket_that_was_cleaned_away_comes_back(new_site: NewSite, spoil: Callable[[Path], None]) -> None:
    site = new_site(PAYDESK_BROKER=MEMORY)
    asked = site.json("contractor", "request", "1", "EUR", "kept")
    before = site.pid("postgres"), site.pid("kafka")
    spoil(site.folder.run)
    assert [row["id"] for row in site.rows("contractor")] == [asked["id"]]
    until(lambda: ready(site), within_s=60)
    assert site.run("doctor").returncode == 0
    assert site.pid("postgres") != before[0] and site.pid("kafka") == before[1]


@pytest.mark.long
def test_a_killed_member_comes_back(new_site: NewSite) -> None:
    site = new_site(PAYDESK_BROKER=MEMORY)
    site.run("stack", "up")
    for server in ("postgres", "valkey", "kafka"):
        before = site.pid(server)
        site.kill(server)
        until(lambda: ready(site) and site.pid(server) != before, within_s=60)  # noqa: B023
    # One command waits for a moment only; on a busy machine the first may leave its request to the next.
    until(lambda: site.json("contractor", "request", "1", "EUR", "x")["delivery"] == "sent", within_s=60)


@pytest.mark.long
@pytest.mark.fault(
    kind="Data is not deleted while a desk or worker uses it, and the processes are named.", mended="stack/embedded.py"
)
def test_down_keeps_and_reset_wants_the_word(new_site: NewSite) -> None:
    site = new_site(PAYDESK_BROKER=MEMORY)
    asked = site.json("contractor", "request", "1", "EUR", "kept")
    desk = EmbeddedStack(site.home)
    printed = site.run("stack", "down").stdout
    assert "Your data is in" in printed and not processes(site)
    assert f"A desk or worker is still open (process {os.getpid()}) and will start the servers again" in printed
    desk.leave()
    assert [row["id"] for row in site.rows("contractor")] == [asked["id"]]
    desk = EmbeddedStack(site.home)
    refused = site.run("stack", "reset", "--yes", check=False)
    assert (refused.returncode, refused.stdout) == (5, "")
    assert f"A desk or worker is still open (process {os.getpid()}) and will start the servers again" in refused.stderr
    desk.leave()
    answer = subprocess.run([*PAYDESK, "stack", "reset"], env=site.env, input="yes\n", capture_output=True, text=True)
    assert answer.returncode == 1 and "Nothing was deleted." in answer.stdout and site.home.exists()
    answer = subprocess.run([*PAYDESK, "stack", "reset"], env=site.env, input="reset\n", capture_output=True, text=True)
    assert answer.returncode == 0 and not processes(site) and not site.home.exists()
    assert site.rows("contractor") == []
    site.run("stack", "reset", "--yes")
    assert not processes(site) and not site.home.exists()


@pytest.mark.long
def test_a_long_path_and_odd_letters_work(new_site: NewSite) -> None:
    site = new_site(PAYDESK_BROKER=MEMORY)
    long = site.root / "a folder with spaces, ünïcode" / ("x" * 90)
    site.extra["PAYDESK_HOME"] = str(long)
    assert site.json("contractor", "request", "1", "EUR", "x")["delivery"] == "sent"
    run = Folder(long).run
    assert not run.is_relative_to(long) and run.stat().st_mode & 0o777 == 0o700
    site.run("stack", "reset", "--yes")
    assert not run.exists()


@pytest.mark.parametrize("role", ["contractor", "manager", "stack"])
def test_the_lines_of_env_connect(stack: EmbeddedStack, role: str) -> None:
    site = Site(stack.folder.home.parent, {"PAYDESK_HOME": str(stack.folder.home)})
    script = site.run("stack", "env", "--role", role).stdout + "env -0"
    done = subprocess.run(["/bin/sh", "-c", script], env={"PATH": os.environ["PATH"]}, capture_output=True, text=True)
    variables = dict(line.split("=", 1) for line in done.stdout.split("\0") if "=" in line)
    with psycopg.connect(variables["DATABASE_URL"]) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("paydesk" if role == "stack" else role,)
    with redis.Redis.from_url(variables["REDIS_URL"]) as client:
        assert client.ping()
    from confluent_kafka.admin import AdminClient

    conf = {"bootstrap.servers": variables["KAFKA_BOOTSTRAP_SERVERS"], "security.protocol": "SASL_PLAINTEXT"}
    login = {"sasl.mechanisms": "SCRAM-SHA-256", "sasl.username": variables["KAFKA_USERNAME"]}
    topics = AdminClient({**conf, **login, "sasl.password": variables["KAFKA_PASSWORD"]}).list_topics(timeout=20).topics
    assert "paydesk.contractor.requests.v1" in topics


@pytest.mark.long
def test_status_tells_a_program(new_site: NewSite) -> None:
    site = new_site(PAYDESK_BROKER=MEMORY)
    status = json.loads(site.run("stack", "status", "--json").stdout)
    assert status["running"] is False and status["servers"] == {}
    status = json.loads(site.run("stack", "up", "--json").stdout)
    assert {name: server["state"] for name, server in status["servers"].items()} == {
        "postgres": "ready",
        "valkey": "ready",
        "kafka": "ready",
    }
    assert status["servers"]["kafka"]["memory_broker"] is True and status["memory_bytes"] > 10 << 20
