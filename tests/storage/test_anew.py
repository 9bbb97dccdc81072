"""While a schema is read for the first time, what the command line shows of it is never taken for all there is."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from paydesk.cli.session import Session, open_session
from paydesk.domain.copy import Delivery, RequestCopy
from paydesk.domain.decision import DecisionRegister
from paydesk.infra.core.health import Anew, Health
from paydesk.infra.migrations import prepare
from paydesk.infra.postgres.connection import connect
from paydesk.tui.text.request import facts
from tests.conftest import Sides, until
from tests.contract.storages import accepted, at, request
from tests.e2e.site import PAYDESK
from tests.storage.offline import Bench

ANEW = pytest.mark.fault(
    kind="An empty or partial list is never shown as the truth while a side is read anew.",
    mended="infra/worker/first_reading.py",
)
SO_FAR = "eading anew, 0 of 3 so far."


class Reads:
    """A worker that has come so far."""

    caught_up = True
    progress: Anew | None = Anew(0, 3)

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def start(self) -> None:
        pass

    nudge = stop = start

    def health(self) -> Health:
        return Health(anew=self.progress)


@pytest.fixture
def lost(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """Return a bench whose manager's side is empty and was not read whole."""
    bench.change("manager", "UPDATE origin SET whole_at = NULL")
    monkeypatch.setattr("paydesk.infra.worker.worker.Worker", Reads)
    monkeypatch.setattr(bench.servers, "kafka", {})
    yield bench
    bench.change("manager", "UPDATE origin SET whole_at = clock_timestamp()")


@ANEW
@pytest.mark.parametrize("words", [("list",), ("list", "cur:EUR"), ("list", "--csv"), ("insights",)], ids=" ".join)
def test_people_are_told_that_it_is_read_anew_and_how_far(lost: Bench, words: tuple[str, ...]) -> None:
    answer = lost("manager", *words)
    assert answer.code == 0 and answer.err == f"R{SO_FAR}\n"
    lost.change("manager", "UPDATE origin SET whole_at = clock_timestamp()")
    answer = lost("manager", *words)
    assert "anew" not in answer.printed and ("No requests" in answer.err) == (words[-1] in ("list", "cur:EUR"))


@ANEW
@pytest.mark.parametrize("words", [("list",), ("list", "cur:EUR"), ("insights",)], ids=" ".join)
def test_programs_are_told_in_a_line_of_json_beside_what_they_read(lost: Bench, words: tuple[str, ...]) -> None:
    answer = lost("manager", *words, "--json")
    assert answer.code == 0 and json.loads(answer.err) == {"reading_anew": {"read": 0, "of": 3}}
    assert all("reading_anew" not in line for line in answer.lines)


@ANEW
@pytest.mark.parametrize("words", [("show", "PR-7"), ("wait", "PR-7"), ("approve", "PR-7")], ids=" ".join)
def test_a_request_that_is_not_there_yet_may_still_come(lost: Bench, words: tuple[str, ...]) -> None:
    answer = lost("manager", *words)
    assert answer.code == 4 and f"It may still come: r{SO_FAR}" in answer.err
    assert lost("manager", *words, "--json").error["message"].endswith(f"It may still come: r{SO_FAR}")
    lost.change("manager", "UPDATE origin SET whole_at = clock_timestamp()")
    answer = lost("manager", *words)
    assert answer.code == 4 and "still come" not in answer.err


@ANEW
def test_where_kafka_is_away_it_is_not_known_how_much_there_is(lost: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lost.servers, "kafka", None)
    assert lost("manager", "list").err == "Not read from Kafka yet, so there may be more.\n"
    assert json.loads(lost("manager", "list", "--json").err) == {"reading_anew": {"read": 0, "of": None}}


@ANEW
@pytest.mark.parametrize("progress", [Anew(0, 0), Anew(3, 3)], ids=["both topics empty", "all of it read"])
def test_a_new_installation_is_not_told_that_anything_is_read(
    lost: Bench, monkeypatch: pytest.MonkeyPatch, progress: Anew
) -> None:
    monkeypatch.setattr(Reads, "progress", progress)
    assert lost("manager", "list").err == "No requests.\n"
    assert lost("manager", "list", "--json").err == ""


@ANEW
@pytest.mark.parametrize("as_json", [False, True])
def test_who_follows_is_told_each_step_once_and_the_end(
    lost: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], as_json: bool
) -> None:
    def notices(session: Session, change: Callable[[], None] = lambda: None) -> list[str]:
        change()
        session.tell_anew(as_json=as_json)
        session.tell_anew(as_json=as_json)
        return capsys.readouterr().err.splitlines()

    with open_session(lost.role("manager"), "bo", reads=True) as session:
        session.catch_up()
        first = notices(session)
        then = notices(session, lambda: monkeypatch.setattr(Reads, "progress", Anew(2, 3)))
        end = notices(session, lambda: lost.change("manager", "UPDATE origin SET whole_at = clock_timestamp()"))
    if as_json:
        assert [json.loads(line)["reading_anew"] for line in first + then + end] == [
            {"read": 0, "of": 3},
            {"read": 2, "of": 3},
            None,
        ]
    else:
        assert first + then + end == [f"R{SO_FAR}", "Reading anew, 2 of 3 so far.", "All is read now."]


def alone(bench: Bench) -> DecisionRegister:
    """Return a decision that the manager's side knows, and the request not yet."""
    decision = accepted(request())
    with bench.both.manager.transaction() as transaction:
        transaction.requests.write(decision, "own", at(2))
    return decision


@ANEW
def test_a_request_of_which_only_the_decision_is_known_says_so(lost: Bench) -> None:
    decision = alone(lost)
    shown = lost("manager", "show", str(decision.id))
    assert shown.code == 0 and "The request itself has not arrived here yet" in shown.out
    assert shown.err == f"R{SO_FAR}\n"
    document = lost("manager", "show", str(decision.id), "--json").json
    assert (document["partial"], document["number"], document["amount"]) == (True, None, decision.terms.money.amount)
    assert {row["id"]: row["partial"] for row in lost("manager", "list", "--json").lines}[str(decision.id)] is True
    whole = lost("manager", "show", str(lost.request()))
    assert "arrived" not in whole.out and whole.err == f"R{SO_FAR}\n", "what came later may be missing there too"
    copy = RequestCopy(decision.id, None, decision, Delivery.SENT)
    text = "\n".join(line.plain for line in facts(copy, at(9), 200))
    assert "The request itself has not arrived here yet" in text


@ANEW
@pytest.mark.long
@pytest.mark.parametrize("as_json", [False, True])
def test_a_process_that_follows_says_so_beside_its_lines_and_the_end_of_it(
    sides: Sides, tmp_path: Path, as_json: bool
) -> None:
    prepare(sides, "manager")
    env = {name: value for name, value in os.environ.items() if not name.startswith("PAYDESK_")}
    env |= {"PAYDESK_MANAGER_DATABASE_URL": sides.url(sides.manager), "PAYDESK_CONFIG": str(tmp_path / "none.toml")}
    env |= {"PAYDESK_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1", "PAYDESK_MANAGER_REDIS_URL": "redis://127.0.0.1:1/0"}
    (tmp_path / "none.toml").touch(mode=0o600)
    command = [*PAYDESK, "manager", "list", "--follow", *(["--json"] if as_json else [])]
    err = tmp_path / "err"
    begun = '{"reading_anew": {"read": 0, "of": null}}' if as_json else "Not read from Kafka yet, so there may be more."
    ended = '{"reading_anew": null}' if as_json else "All is read now."
    with (
        err.open("w") as file,
        subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=file) as process,
    ):
        try:
            until(lambda: begun in text_of(err), within_s=60)
            with connect(sides.url(sides.manager), "manager", autocommit=True) as connection:
                connection.execute("UPDATE origin SET whole_at = clock_timestamp()")
            until(lambda: ended in text_of(err), within_s=60)
            assert text_of(err).count(begun) == text_of(err).count(ended) == 1
        finally:
            process.kill()


def text_of(file: Path) -> list[str]:
    """Return the lines that a process wrote there, but for what it says of waiting."""
    return [line for line in file.read_text().splitlines() if not line.startswith("Waiting for")]
