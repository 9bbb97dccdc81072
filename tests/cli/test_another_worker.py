"""What a command leaves to the worker that is at work in another process."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from paydesk.cli.session import open_session
from paydesk.contractor.role import ROLE as CONTRACTOR
from paydesk.infra.core.health import Duty
from paydesk.infra.migrations import prepare
from paydesk.infra.postgres import catching_up
from paydesk.infra.postgres.connection import connect
from paydesk.infra.worker.worker import Worker
from paydesk.manager.role import ROLE as MANAGER
from paydesk.stack.embedded import EmbeddedStack
from tests.cli.conftest import Paydesk, asked_for
from tests.conftest import until
from tests.pace import scaled

WRITE = {"iso4217", "pydantic", "redis", "sqlalchemy", "sqlmodel"}
HEAVY = ("alembic", "confluent_kafka", "difflib", "psutil", "textual", *WRITE)
READ: set[str] = set()


@pytest.fixture(scope="module", autouse=True)
def at_work(stack: EmbeddedStack) -> Iterator[None]:
    """Have a worker of each role at work, as of a desk that is open."""
    workers = {role.name: Worker(role, stack) for role in (CONTRACTOR, MANAGER)}
    for name in workers:
        prepare(stack, name)
    for worker in workers.values():
        worker.start()
    try:
        until(lambda: all(worker.health().duty is Duty.WORKING for worker in workers.values()))
        yield
    finally:
        for worker in workers.values():
            worker.stop()


def test_what_was_sent_a_moment_ago_is_in_the_list_though_no_worker_was_started(paydesk: Paydesk, ada: str) -> None:
    for _ in range(5):
        number = asked_for(paydesk, ada)
        with open_session(MANAGER, "bo", reads=True) as session:
            session.catch_up()
            assert session.find(number).number == number and not session.service.works


def test_what_is_written_is_sent_though_no_worker_was_started(paydesk: Paydesk, ada: str) -> None:
    number = asked_for(paydesk, ada)
    with open_session(CONTRACTOR, ada) as session:
        session.catch_up()
        assert session.get(session.target(number).id).delivery.value == "sent" and not session.service.works


def test_a_question_is_forgotten_when_it_is_answered_and_one_that_was_left_goes_with_the_next(
    paydesk: Paydesk, stack: EmbeddedStack
) -> None:
    with connect(stack.endpoints("manager").database_url, "manager", autocommit=True) as connection:
        left = catching_up.ask(connection)
        connection.execute("UPDATE catch_up SET asked_at = now() - interval '2 minutes' WHERE id = %s", [left])
        assert paydesk("manager", "list").code == 0
        count = "SELECT count(*) FROM catch_up"
        until(lambda: connection.execute(count).fetchone() == (0,))


IMPORTS = f"""
import sys
from paydesk.cli.main import run
code = run(sys.argv[1:])
print(*sorted(set({HEAVY!r}) & sys.modules.keys()), file=sys.stderr)
sys.exit(code)
"""


GARBAGE = """
import contextlib, gc, sys
from paydesk.__main__ import main
with contextlib.suppress(SystemExit):
    main()
print(gc.isenabled(), file=sys.stderr)
"""


@pytest.mark.parametrize("words", [["list"], ["request", "6", "EUR", "tea"]], ids=["reads", "writes"])
def test_a_command_looks_for_garbage_once_it_has_what_it_imports(stack: EmbeddedStack, words: list[str]) -> None:
    environment = os.environ | {"PAYDESK_HOME": str(stack.folder.home)}
    typed = [sys.executable, "-c", GARBAGE, "contractor", *words, "--as", "ada"]
    done = subprocess.run(typed, env=environment, capture_output=True, text=True, timeout=scaled(60), check=True)
    assert done.stderr.splitlines()[-1] == "True"


@pytest.mark.parametrize(
    ("role", "words", "may"),
    [
        ("contractor", ["list"], READ),
        ("contractor", ["list", "--json"], READ),
        ("manager", ["list", "--csv"], READ),
        ("manager", ["show", "NUMBER"], READ),
        ("manager", ["insights"], READ),
        ("manager", ["quarantine", "list"], {"pydantic"}),
        ("contractor", ["request", "6", "EUR", "tea"], WRITE),
        ("contractor", ["revise", "NUMBER", "--amount", "7"], WRITE),
        ("contractor", ["withdraw", "NUMBER"], WRITE),
        ("manager", ["approve", "NUMBER"], WRITE),
        ("manager", ["reject", "NUMBER", "--cause", "duplicate"], WRITE),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_with_a_worker_at_work_a_command_imports_what_it_needs_and_no_more(
    paydesk: Paydesk, ada: str, stack: EmbeddedStack, role: str, words: list[str], may: set[str]
) -> None:
    number = asked_for(paydesk, ada)
    assert paydesk(role, "show", number).code == 0
    typed = [role, *(number if word == "NUMBER" else word for word in words)]
    typed += ["--as", ada if role == "contractor" else "bo"]
    environment = os.environ | {"PAYDESK_HOME": str(stack.folder.home)}
    done = subprocess.run(
        [sys.executable, "-c", IMPORTS, *typed],
        env=environment,
        capture_output=True,
        text=True,
        timeout=scaled(60),
        check=False,
    )
    imported = set(done.stderr.splitlines()[-1].split())
    assert done.returncode == 0 and imported <= may, done.stderr
