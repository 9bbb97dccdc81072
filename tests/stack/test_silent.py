"""A server counts as ready while it answers: one that is frozen still takes connections."""

import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from paydesk.cli.main import run
from paydesk.stack import embedded, provision
from paydesk.stack.embedded import status
from paydesk.stack.home import Folder
from paydesk.stack.process import Process
from paydesk.stack.servers import Valkey
from tests.conftest import until
from tests.pace import scaled
from tests.stack.conftest import NewSite

SILENT = pytest.mark.fault(
    kind="A server is called ready only when it answers the question now, within a bound.", mended="stack/embedded.py"
)
NAMES = ("postgres", "valkey", "kafka")


@pytest.fixture
def frozen(tmp_path: Path) -> Iterator[Folder]:
    """A folder whose servers are all noted as ready, listen, and answer nothing."""
    folder = Folder(tmp_path / "home")
    with folder.usable(), ExitStack() as open_:
        folder.secrets()
        for address in (str(folder.run / ".s.PGSQL.5432"), Valkey(folder).address):
            listening = open_.enter_context(socket.socket(socket.AF_UNIX))
            listening.bind(address)
            listening.listen()
        broker = open_.enter_context(socket.create_server(("127.0.0.1", 0)))
        folder.write("ports.json", {"kafka": broker.getsockname()[1], "memory_broker": broker.getsockname()[1]})
        yield folder


def note(folder: Folder, state: str, *, memory: bool) -> None:
    server = {"state": state, "pid": os.getpid(), "trouble": "", "hint": "", "notice": "", "memory": memory, "why": ""}
    servers = {name: server | {"memory": memory and name == "kafka"} for name in NAMES}
    folder.write("state.json", {"supervisor": Process.of(os.getpid()).document(), "servers": servers})


@pytest.mark.long
@SILENT
@pytest.mark.parametrize("memory", [False, True], ids=["kafka", "in memory"])
def test_servers_that_take_connections_and_answer_nothing_are_silent(
    frozen: Folder, memory: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(provision, "_ANSWER_S", 1.0)
    monkeypatch.setenv("PAYDESK_HOME", str(frozen.home))
    note(frozen, "ready", memory=memory)
    assert run(["stack", "status", "--json"]) == 0
    servers = json.loads(capsys.readouterr().out)["servers"]
    assert {name: server["state"] for name, server in servers.items()} == dict.fromkeys(NAMES, "silent")
    assert run(["stack", "status"]) == 0
    assert f"valkey runs as process {os.getpid()}, and does not answer." in capsys.readouterr().out


@SILENT
def test_asking_ends_at_its_bound_though_a_server_takes_longer(frozen: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    note(frozen, "ready", memory=False)
    monkeypatch.setattr(embedded, "_ANSWER_S", 0.1)
    began = time.monotonic()
    seen = status(frozen.home, asks=True)
    assert {server["state"] for server in seen.servers.values()} == {"silent"}
    assert time.monotonic() - began < scaled(1.5)


@SILENT
def test_a_server_that_is_not_ready_is_not_asked(frozen: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    note(frozen, "coming", memory=False)
    monkeypatch.setattr(embedded, "_server", lambda *_: pytest.fail("asked"))
    assert {server["state"] for server in status(frozen.home, asks=True).servers.values()} == {"coming"}


@SILENT
@pytest.mark.long
def test_each_server_that_is_frozen_is_silent_until_it_goes_on_and_can_be_stopped(new_site: NewSite) -> None:
    site = new_site(PAYDESK_BROKER="memory")
    site.json("stack", "up")
    for name in NAMES:
        os.kill(site.pid(name), signal.SIGSTOP)
        servers = site.json("stack", "status")["servers"]
        assert {server: servers[server]["state"] for server in NAMES} == {
            server: "silent" if server == name else "ready" for server in NAMES
        }
        assert f"✗ embedded {name}" in site.run("doctor", check=False).stdout
        os.kill(site.pid(name), signal.SIGCONT)
        until(lambda: all(server["state"] == "ready" for server in site.json("stack", "status")["servers"].values()))
    os.kill(site.pid("valkey"), signal.SIGSTOP)
    assert site.run("stack", "down").returncode == 0
