"""``list`` and ``show`` for people, scripts, spreadsheets and shells."""

import csv
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.shell_completion import ShellComplete

from paydesk.cli import follow, streams
from paydesk.cli.main import paydesk as front
from paydesk.cli.session import open_session
from paydesk.domain.copy import RequestCopy
from paydesk.domain.filter_text import parse_filter
from paydesk.domain.status import Status
from paydesk.infra.core.health import Part, PartState
from paydesk.infra.core.query import PageQuery
from paydesk.infra.postgres.connection import connect
from paydesk.manager.role import ROLE
from paydesk.stack.embedded import EmbeddedStack
from tests.cli.conftest import Paydesk
from tests.conftest import until
from tests.e2e.site import sentences
from tests.pace import scaled


def test_what_a_spreadsheet_would_take_for_a_formula_is_text(paydesk: Paydesk, ada: str) -> None:
    paydesk("contractor", "request", "5", "EUR", '=HYPERLINK("x"), a', "--reference", "-1", "--as", ada)
    out = paydesk("contractor", "list", f"from:{ada}", "--csv").out
    assert out.count("\r\n") == 2 and out.endswith("\r\n")
    (row,) = csv.DictReader(io.StringIO(out, newline=""))
    assert (row["description"], row["reference"], row["amount"]) == ('\'=HYPERLINK("x"), a', "'-1", "5.00")


def test_a_list_of_everyones_requests_says_so_to_a_person_and_ones_own_does_not(
    paydesk: Paydesk, ada: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    paydesk("contractor", "request", "5", "EUR", "mine", "--as", ada)
    assert paydesk("contractor", "list", "mine").err == ""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    hint = "These are everyone's. Yours alone: paydesk contractor list from:me\n"
    assert paydesk("contractor", "list", "mine").err == hint
    assert paydesk("contractor", "--as", ada, "list").err == hint.replace("\n", f" --as {ada}\n")
    for words in (("contractor", "list", "from:me", "--as", ada), ("contractor", "list", "--csv"), ("manager", "list")):
        assert paydesk(*words).err == ""


def test_colours_are_for_a_terminal_alone_and_a_line_ends_where_it_does(
    paydesk: Paydesk, ada: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    paydesk("contractor", "request", "5", "EUR", "w" * 200, "--as", ada)
    plain = paydesk("contractor", "list", f"from:{ada}").out
    assert "\x1b" not in plain and "w" * 200 in plain
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("NO_COLOR", raising=False)
    number = plain.splitlines()[1].split()[0]
    for words in (("list", f"from:{ada}"), ("show", number)):
        assert "\x1b[33m◦ pending\x1b[0m" in paydesk("contractor", *words).out
    monkeypatch.setenv("NO_COLOR", "1")
    without = paydesk("contractor", "list", f"from:{ada}").out
    assert "\x1b" not in without and "◦ pending" in without
    assert len(without.splitlines()[1]) == 80 and without.rstrip().endswith("w…")


@contextmanager
def following(stack: EmbeddedStack, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], list[Any]]]:
    """Run ``list --follow``; yields the process and the documents that it printed so far."""
    environment = os.environ | {"PAYDESK_HOME": str(stack.folder.home)}
    command = [sys.executable, "-m", "paydesk", *arguments, "--follow", "--json"]
    # A suite that runs in the background ignores ^c, and what it starts would too.
    process = subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    rows: list[Any] = []
    assert process.stdout is not None
    lines = process.stdout
    reader = threading.Thread(target=lambda: rows.extend(map(json.loads, lines)))
    reader.start()
    try:
        yield process, rows
    finally:
        process.kill()
        process.wait()
        reader.join()


@pytest.mark.long
@pytest.mark.parametrize("ending", ["SIGINT", "SIGTERM"])
def test_following_tells_what_is_there_then_each_change_once_until_it_is_ended(
    paydesk: Paydesk, ada: str, stack: EmbeddedStack, ending: str
) -> None:
    first = paydesk("contractor", "request", "5", "EUR", "first", "--as", ada, "--json").json["number"]
    paydesk("contractor", "request", "5", "EUR", "other", "--as", f"{ada}-x")
    with following(stack, "manager", "list", "status:pending", f"from:{ada}") as (process, rows):
        until(lambda: len(rows) == 1, within_s=60)
        assert (rows[0]["number"], rows[0]["status"]) == (first, "pending")
        second = paydesk("contractor", "request", "6", "EUR", "second", "--as", ada, "--json").json["number"]
        until(lambda: len(rows) == 2, within_s=60)
        paydesk("manager", "approve", first, "--as", "bo")
        until(lambda: rows[-1]["status"] == "accepted", within_s=60)
        paydesk("manager", "approve", second, "--as", "bo")
        until(lambda: [row["status"] for row in rows if row["number"] == second][-1] == "accepted", within_s=60)
        assert {row["number"] for row in rows} == {first, second}, "only what fits, or fitted when it was told"
        process.send_signal(getattr(signal, ending))
        assert process.wait(30) == 0
        assert process.stderr is not None and sentences(process.stderr.read()) == ""


class Deaf:
    """A listener in a world without Redis."""

    def __init__(self, *_: object) -> None:
        self.part = Part(PartState.DOWN, "Redis does not answer.")

    def start(self) -> None:
        pass

    stop = start


def test_without_hints_it_looks_itself(paydesk: Paydesk, ada: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "HintListener", Deaf)
    monkeypatch.setattr(follow, "POLL_NOT_LIVE_S", 0.1)
    copies: list[RequestCopy] = []

    def tell(copy: RequestCopy, _: object) -> None:
        copies.append(copy)
        if copy.status is Status.ACCEPTED:
            raise KeyboardInterrupt

    with open_session(ROLE, "bo") as session:
        session.catch_up()
        query = PageQuery(parse_filter(f"from:{ada}"), session.person, limit=None)
        thread = threading.Thread(target=follow.Follower(session, query, tell).run)
        thread.start()
        number = paydesk("contractor", "request", "5", "EUR", "first", "--as", ada, "--json").json["number"]
        until(lambda: copies)
        paydesk("manager", "approve", number, "--as", "bo")
        thread.join(60)
    assert copies[0].status is Status.PENDING and copies[-1].status is Status.ACCEPTED
    assert {copy.number for copy in copies} == {number} and len(copies) <= 4, "a change is told once"


@pytest.mark.fault(
    kind="What follows a list ends when nobody reads it any more, also while nothing changes.",
    mended="cli/follow.py",
)
def test_following_ends_when_its_reader_is_gone_though_nothing_changes(
    ada: str, paydesk: Paydesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "HintListener", Deaf)
    monkeypatch.setattr(follow, "POLL_NOT_LIVE_S", 0.1)
    reader, writer = os.pipe()
    with open_session(ROLE, "bo") as session, os.fdopen(writer, "w") as out:
        monkeypatch.setattr(sys, "stdout", out)
        assert not streams.nobody_reads()
        os.close(reader)
        query = PageQuery(parse_filter(f"from:{ada}"), session.person, limit=None)
        with pytest.raises(BrokenPipeError):
            follow.Follower(session, query, lambda *_: None).run()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_is_told_how_to_complete(paydesk: Paydesk, shell: str) -> None:
    made = paydesk("completion", shell)
    assert made.code == 0 and "_PAYDESK_COMPLETE" in made.out


def completed(*words: str) -> list[str]:
    """Return what a shell would offer in place of the last word."""
    *before, typed = words
    return [item.value for item in ShellComplete(front, {}, "paydesk", "_").get_completions(before, typed)]


def test_numbers_are_completed_of_what_waits_and_nothing_is_started_for_it(
    paydesk: Paydesk, ada: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = [paydesk("contractor", "request", amount, "EUR", "x", "--as", ada, "--json") for amount in "56"]
    numbers = [answer.json["number"] for answer in asked]
    assert paydesk("manager", "approve", numbers[0], "--as", "bo").code == 0
    offered = completed("manager", "approve", "pr-")
    assert numbers[1] in offered and numbers[0] not in offered
    assert set(numbers) <= set(completed("contractor", "show", "PR-"))
    assert completed("manager", "reject", "PR-1", "--cause", "dup") == ["duplicate"]
    assert completed("contractor", "list", "status:acc") == ["status:accepted"]
    away = tmp_path / "nothing"
    monkeypatch.setenv("PAYDESK_HOME", str(away))
    assert completed("manager", "show", "PR-") == [] and not away.exists()
    monkeypatch.setenv("PAYDESK_REDDIS_URL", "a setting that is refused")
    assert completed("manager", "show", "PR-") == []


@pytest.mark.long
def test_bash_gets_numbers_and_not_a_word_besides(paydesk: Paydesk, ada: str, stack: EmbeddedStack) -> None:
    number = paydesk("contractor", "request", "5", "EUR", "x", "--as", ada, "--json").json["number"]
    words = {"_PAYDESK_COMPLETE": "bash_complete", "COMP_WORDS": "paydesk contractor show PR-", "COMP_CWORD": "3"}
    environment = os.environ | words | {"PAYDESK_HOME": str(stack.folder.home)}
    done = subprocess.run([sys.executable, "-m", "paydesk"], env=environment, capture_output=True, text=True)
    assert f"plain,{number}" in done.stdout.splitlines() and not done.stderr


_BASH = r"""
eval "$(paydesk completion bash)"
COMP_WORDS=(paydesk contractor show PR-) COMP_CWORD=3
_paydesk_completion paydesk
printf '%s\n' "${COMPREPLY[@]}"
"""
_ZSH = r"""
compdef() { : }
_describe() { print -rl -- "${(@P)3}" }
compadd() { print -rl -- "$@" }
eval "$(paydesk completion zsh)"
words=(paydesk contractor show PR-) CURRENT=4
_paydesk_completion
"""
_FISH = r"""
paydesk completion fish | source
complete -C "paydesk contractor show PR-"
"""


@pytest.mark.long
@pytest.mark.fault(
    kind="A shell is offered request numbers of capital letters, digits and hyphens alone.", mended="cli/completion.py"
)
@pytest.mark.parametrize(
    ("shell", "script"),
    [(["bash", "--norc"], _BASH), (["zsh", "-f"], _ZSH), (["fish", "--no-config"], _FISH)],
    ids=["bash", "zsh", "fish"],
)
def test_a_shell_itself_offers_safe_numbers_alone(
    paydesk: Paydesk, ada: str, stack: EmbeddedStack, tmp_path: Path, shell: list[str], script: str
) -> None:
    if shutil.which(shell[0]) is None:
        pytest.skip(f"there is no {shell[0]} here")
    safe, hostile = (paydesk("contractor", "request", "5", "EUR", "a: b", "--as", ada, "--json").json for _ in "ab")
    ran = tmp_path / "ran"
    with connect(stack.endpoints("contractor").database_url or "", "contractor", autocommit=True) as connection:
        change = "UPDATE payment_request SET number = %s WHERE id = %s"
        connection.execute(change, (f"PR-$(touch {ran})", hostile["id"]))
        try:
            where = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
            environment = os.environ | {"PAYDESK_HOME": str(stack.folder.home), "PATH": where, "HOME": str(tmp_path)}
            done = subprocess.run(
                [*shell, "-c", script], env=environment, capture_output=True, text=True, timeout=scaled(120)
            )
        finally:
            connection.execute(change, (hostile["number"], hostile["id"]))
    assert safe["number"] in done.stdout and "$" not in done.stdout and not ran.exists(), done.stderr
