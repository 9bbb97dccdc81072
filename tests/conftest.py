"""What every test may use: one embedded stack a run, real servers, with fresh schemas and topics for each test."""

import gc
import os
import secrets
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TypeVar

import psycopg
import pytest
import pytest_timeout
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from paydesk.contractor.role import ROLE as CONTRACTOR
from paydesk.infra.core.role import Role
from paydesk.infra.migrations import migrate
from paydesk.manager.role import ROLE as MANAGER
from paydesk.settings import Endpoints
from paydesk.stack.embedded import EmbeddedStack, down
from paydesk.stack.home import Folder
from paydesk.stack.servers import Postgres
from tests import pace

T = TypeVar("T")


def until(look: Callable[[], T], *, within_s: float = 30, every_s: float = 0.02) -> T:
    """Look until something true is seen, and return it; fails after ``within_s`` seconds, more on a slow machine."""
    within_s = pace.scaled(within_s)
    end = time.monotonic() + within_s
    while not (seen := look()):
        if time.monotonic() > end:
            pytest.fail(f"not seen within {within_s:.3g} s; last look: {seen!r}")
        time.sleep(every_s)
    return seen


@dataclass(frozen=True)
class Sides:
    """Both roles with schemas and topics of their own; a ``Servers`` for whoever needs one."""

    stack: EmbeddedStack
    database: str
    contractor: Role
    manager: Role

    def endpoints(self, role: str) -> Endpoints:
        """Return the stack's addresses with this test's database."""
        endpoints = self.stack.endpoints(role)
        url = Postgres(self.stack.folder).url(role, self.database)
        return replace(endpoints, database_url=url)

    def url(self, role: Role) -> str:
        """Return the database URL of a role."""
        return self.endpoints(role.name).database_url

    def notice(self) -> str:
        """Return what the stack says."""
        return self.stack.notice()

    def mend(self) -> bool:
        """Make this test's schemas anew, as the stack does its own."""
        Postgres(self.stack.folder).provision_database(self.database)
        return True

    def leave(self) -> str:
        """Nothing: the run leaves the stack, not a test."""
        return ""


SHARED = "TESTS_STACK_HOME"
"""Tells test processes that run side by side which folder the run's one stack is in."""


def pytest_configure(config: pytest.Config) -> None:
    """Choose the folder of the run's stack, and measure the machine: before other test processes start with both."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # In the background of a script ^C is ignored, and so it would be by each program that a test starts.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if not hasattr(config, "workerinput"):
        os.environ[SHARED] = tempfile.mkdtemp(prefix="pd-")
        pace.factor()


def pytest_report_header(config: pytest.Config) -> str:
    """Say how slow the machine is."""
    return f"pace: deadlines are multiplied by {pace.factor():.2f} ({pace.PACE})"


def pytest_collection_finish() -> None:
    """Let no garbage collection look through the tests and modules that are there for the whole run."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


@pytest.hookimpl(tryfirst=True)
def pytest_timeout_set_timer(item: pytest.Item, settings: pytest_timeout.Settings) -> object:
    """Give a test its time as this machine needs it."""
    longer = settings._replace(timeout=pace.scaled(settings.timeout))
    return pytest_timeout.pytest_timeout_set_timer(item, longer)


class ByFile(LoadFileScheduling):
    """Give a file to one process, and all of the command line to one: it works with the stack's own two roles."""

    def _split_scope(self, nodeid: str) -> str:
        return "tests/cli" if nodeid.startswith("tests/cli/") else super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFile:
    """Say how tests are shared out among processes."""
    return ByFile(config, log)


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the run's stack, folder and processes, once every test process is through."""
    if not hasattr(config, "workerinput"):
        home = Path(os.environ.pop(SHARED))
        if any(home.iterdir()):
            down(home)
        shutil.rmtree(home)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what the tests of compose.yaml ran on."""
    ran = [report.nodeid for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, [])]
    files = {name.partition("::")[0] for name in ran if name.startswith("tests/deploy/")}
    if not files:
        return
    used = "the images of compose.yaml" if os.environ.get("TESTS_COMPOSE") else "servers started natively from deploy/"
    if files == {"tests/deploy/test_compose.py"}:
        used = "no server: it read compose.yaml"
    terminalreporter.write_line(f"tests/deploy used {used}; .ci/compose runs it on the images.")


@pytest.fixture(scope="session")
def stack() -> Iterator[EmbeddedStack]:
    """The embedded stack of this test run, which the first test process that needs it starts and others join."""
    home = Path(os.environ[SHARED])
    folder = Folder(home)
    folder.write("options.json", {"test_topics": True})
    embedded = EmbeddedStack(home, label="tests", idle_s=120)
    try:
        try:
            until(lambda: (endpoints := embedded.endpoints("contractor")).kafka and endpoints.redis_url, within_s=180)
        except BaseException as error:
            logs = [file.read_text() for file in home.glob("log/*.log")]
            error.add_note("\n".join([str(folder.read("state.json")), *logs]))
            raise
        yield embedded
    finally:
        embedded.leave()


@pytest.fixture
def sides(stack: EmbeddedStack) -> Iterator[Sides]:
    """Both roles on schemas and topics that nobody used before."""
    with fresh_sides(stack) as both:
        yield both


@cache
def _template(home: Path) -> str:
    """Return a database where this process migrated both schemas once: copying it is quicker than migrating."""
    server = Postgres(Folder(home))
    name = f"template_{secrets.token_hex(6)}"
    with psycopg.connect(server.url("stack", "postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
    server.provision_database(name)
    for role in (CONTRACTOR, MANAGER):
        migrate(server.url(role.name, name), role.name)
    return name


@contextmanager
def fresh_sides(stack: EmbeddedStack) -> Iterator[Sides]:
    """Make both roles' schemas and topics anew; for a fixture of one test, or of a whole file."""
    name = f"t{secrets.token_hex(6)}"
    server = Postgres(stack.folder)
    with psycopg.connect(server.url("stack", "postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {_template(stack.folder.home)}")
    server.provision_database(name)
    with psycopg.connect(server.url("stack", name), autocommit=True) as admin:
        for role in (CONTRACTOR, MANAGER):
            # Each is made in its own database, as by a migration that ran there.
            admin.execute(
                f"UPDATE {role.name}.origin SET made_at = now(), database ="
                " (SELECT oid FROM pg_database WHERE datname = current_database())"
            )
    requests, decisions = f"test.contractor.{name}", f"test.manager.{name}"
    both = Sides(
        stack,
        name,
        replace(CONTRACTOR, writes=requests, reads=(decisions,)),
        replace(MANAGER, writes=decisions, reads=(requests,)),
    )
    yield both
    with psycopg.connect(server.url("stack", "postgres"), autocommit=True) as admin:
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
