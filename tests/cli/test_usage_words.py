"""Usage errors in one line of sentences, however click breaks its own."""

import json
import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from paydesk.cli.main import run
from paydesk.cli.report import report
from paydesk.cli.saved import Saved
from paydesk.domain.copy import Delivery, RequestCopy
from tests.contract.storages import request


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["completion"], "Missing argument 'SHELL'. Choose from: bash, zsh, fish."),
        (["completion", "sh"], "Invalid value for 'SHELL': 'sh' is not one of 'bash', 'zsh', 'fish'."),
        (["contractor", "--as", ""], "Invalid value for '--as': Write a name, or leave it out."),
        (
            ["contractor", "request", "1", "EUR", "x", "--as", " "],
            "Invalid value for '--as': Write a name, or leave it out.",
        ),
        (["manager", "list", "--as", ""], "Invalid value for '--as': Write a name, or leave it out."),
        (
            ["manager", "--theme", "sepia"],
            "Invalid value for '--theme': 'sepia' is not one of 'dusk', 'paper', 'contrast'.",
        ),
        (["manager", "show"], "Missing argument 'REQUEST'."),
    ],
)
def test_a_usage_error_is_sentences_on_one_line(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    assert capsys.readouterr().err.startswith(f"{sentence} `paydesk ")


@pytest.mark.fault(
    kind="Two options that ask for different outputs are refused, none is dropped.",
    mended="cli/list_show.py",
)
@pytest.mark.parametrize("role", ["contractor", "manager"])
@pytest.mark.parametrize("options", [["--csv", "--json"], ["--json", "--csv"], ["--json", "--follow", "--csv", "x"]])
def test_csv_and_json_together_are_refused(role: str, options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run([role, "list", *options]) == 2
    printed = capsys.readouterr()
    assert (
        printed.out == "" and json.loads(printed.err)["error"]["code"] == "usage" and "--csv contradict" in printed.err
    )


@pytest.mark.fault(kind="A text that is taken for an option is told how it is written.", mended="cli/main.py")
@pytest.mark.parametrize(
    "arguments",
    [
        ["contractor", "request", "2.01", "EUR", "-dash"],
        ["contractor", "revise", "PR-1", "--note-that-is-none"],
        ["manager", "reject", "PR-1", "--becaus", "x"],
    ],
)
def test_words_that_begin_with_a_dash_are_told_how_to_be_written(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    error = capsys.readouterr().err
    assert "No such option" in error and error.endswith(" Write -- before words that begin with a dash.\n")


@pytest.mark.fault(
    kind="An option whose value is missing is refused; it does not take the next option for it.", mended="cli/groups.py"
)
@pytest.mark.parametrize(
    ("arguments", "without", "taken"),
    [
        (["manager", "reject", "PR-1", "--cause", "other", "--note", "--as", "boss"], "--note", "--as"),
        (["manager", "reject", "PR-1", "--cause", "other", "--note", "--as=boss"], "--note", "--as=boss"),
        (["manager", "approve", "--as", "--json", "PR-1"], "--as", "--json"),
        (["contractor", "request", "1", "EUR", "x", "--key", "--json"], "--key", "--json"),
        (["contractor", "revise", "PR-1", "--reference", "--due", "2027-01-01"], "--reference", "--due"),
        (["contractor", "list", "--as", "-h"], "--as", "-h"),
        (["manager", "quarantine", "discard", "5", "--why", "--key", "k"], "--why", "--key"),
        (["manager", "--as", "--theme", "paper"], "--as", "--theme"),
        (["manager", "--as", "list", "PR-1"], "--as", "list"),
    ],
)
def test_an_option_is_not_taken_for_the_value_of_another_one(
    arguments: list[str], without: str, taken: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    printed = capsys.readouterr()
    assert f"Option '{without}' requires an argument. If '{taken}' is meant, write {without}={taken}." in "".join(
        printed
    )


def test_behind_two_dashes_and_an_equals_sign_every_text_is_a_value(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (
        ["contractor", "request", "--as=--json", "x", "EUR", "y"],
        ["manager", "show", "--", "--as", "-h"],
    ):
        run(arguments)
        assert "requires an argument" not in "".join(capsys.readouterr())


@pytest.mark.parametrize("role", ["contractor", "manager"])
def test_a_look_that_is_not_there_is_refused_with_those_that_are(
    role: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PAYDESK_THEME", "sepia")
    assert run([role]) == 2
    sentence = "PAYDESK_THEME names a look that there is not: sepia. There are dusk, paper, contrast."
    assert capsys.readouterr().err.strip() == sentence


@pytest.mark.fault(
    kind="What is not acknowledged yet is told so where Kafka answers, and waits for Kafka only where that is away.",
    mended="cli/report.py",
)
@pytest.mark.parametrize(
    ("answers", "trouble", "sentence"),
    [
        (
            True,
            "",
            "not acknowledged yet after 3 s; it is kept, and an open desk, a worker or the next command sends it",
        ),
        (False, "", "it is kept, and once Kafka answers an open desk, a worker or the next command sends it"),
        (
            False,
            "Kafka's settings cannot be used: no x.",
            "it is kept. Kafka's settings cannot be used: no x. `paydesk doctor` tells what to do",
        ),
    ],
)
def test_what_is_queued_says_whether_kafka_answers_or_what_keeps_it(
    answers: bool, trouble: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = request()
    copy = RequestCopy(asked.id, asked, None, Delivery.QUEUED)
    session = SimpleNamespace(kafka_answers=answers, kafka_trouble=trouble, saved=Saved())
    report(session, copy, True, as_json=False)  # type: ignore[arg-type]
    assert capsys.readouterr().out.rstrip().endswith(f", queued; {sentence}")


@pytest.mark.fault(
    kind="A desk is shown on the terminal, wherever its output goes, or a sentence says there why not.",
    mended="tui/textual_private.py",
)
@pytest.mark.parametrize("role", ["contractor", "manager"])
@pytest.mark.parametrize(
    ("kind", "named"), [("dumb", "TERM=dumb"), ("unknown", "TERM=unknown"), ("", "TERM is not set")]
)
def test_a_terminal_that_cannot_show_a_desk_is_a_usage_error_that_names_what_can(
    role: str, kind: str, named: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TERM", kind)
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr("paydesk.tui.textual_private.terminal_output", lambda: None)
    assert run([role]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and f"This terminal cannot show a desk ({named}); `paydesk {role} list`" in captured.err


ZONES = pytest.mark.fault(
    kind="A time zone that no time can be told in is refused at the start, with what to set.", mended="cli/main.py"
)


@pytest.fixture
def zones(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Set TZ; it is as before afterwards."""
    with monkeypatch.context() as patch:
        yield patch
    time.tzset()


@ZONES
@pytest.mark.parametrize("zone", ["XYZ24", "XYZ-24", "XYZ123"])
@pytest.mark.parametrize("arguments", [["completion", "bash"], ["completion", "bash", "--json"]])
def test_a_zone_a_day_away_is_refused(
    zone: str, arguments: list[str], zones: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    zones.setenv("TZ", zone)
    time.tzset()
    assert run(arguments) == 2
    assert f"TZ={zone} is a day or more away from UTC." in capsys.readouterr().err


@ZONES
@pytest.mark.parametrize("zone", ["XYZ23:59", "XYZ-23:59", "Etc/GMT-14", "Nowhere/Bad", "", ":", "<+0545>-5:45"])
def test_any_other_zone_is_taken(zone: str, zones: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    zones.setenv("TZ", zone)
    time.tzset()
    assert run(["completion", "bash"]) == 0
    assert capsys.readouterr().err == ""
