"""What help says, and what a group of commands says that is typed alone."""

import pytest

from paydesk.cli.completion import safe
from paydesk.cli.main import run
from paydesk.cli.role_commands import seconds_of
from paydesk.domain.decision import CauseCode
from paydesk.domain.errors import InvalidInput


@pytest.mark.fault(
    kind="A group of commands alone prints its help as --help does, and ends with 0.", mended="cli/groups.py"
)
@pytest.mark.parametrize(
    "group",
    [(), ("stack",), ("contractor", "quarantine"), ("manager", "quarantine")],
    ids=lambda words: " ".join(words),
)
def test_a_group_alone_prints_its_help_as_with_the_option(
    group: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*group]) == 0
    alone = capsys.readouterr()
    assert run([*group, "--help"]) == 0
    asked = capsys.readouterr()
    assert alone == asked and alone.err == ""
    assert "\n\nCommands:\n" in alone.out and len(alone.out.splitlines()) > 8


@pytest.mark.fault(kind="Help names every value that an option takes.", mended="cli/manager.py")
def test_the_help_of_reject_names_all_seven_causes(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["manager", "reject", "--help"]) == 0
    words = set(capsys.readouterr().out.replace(",", " ").replace(".", " ").replace(";", " ").split())
    assert len(CauseCode) == 7 and words.issuperset(CauseCode)


@pytest.mark.fault(
    kind="A shell is offered request numbers of capital letters, digits and hyphens alone.", mended="cli/completion.py"
)
@pytest.mark.parametrize(
    "number",
    [
        "$(id>/tmp/x)", "PR-1`id`", "PR-1 2", "PR-1\tid", "PR-1\n2", "PR-[1]", "PR-{1,2}", "PR-1\\", "~PR-1",
        "PR-1\u200b", "ＰＲ-1", "PR-１", "pr-1", "…3ae2be", "", None,
        *(f"PR-1{sign}2" for sign in ";&|*?'\"><#!:,=%()+@/."),
    ],
)  # fmt: skip
def test_a_shell_is_offered_no_number_that_it_would_run_or_expand(number: str | None) -> None:
    assert safe([(number, "pending, x"), ("PR-1002", "pending, logo")]) == [("PR-1002", "pending, logo")]


@pytest.mark.fault(
    kind="A refusal tells what is wrong with what was typed, and not another reason.", mended="cli/role_commands.py"
)
@pytest.mark.parametrize(
    ("typed", "says"),
    [("soon", "as 60s, 5m or 1h"), ("9" * 400 + "h", "at most 1,000,000 h"), ("1d", "as 60s, 5m or 1h")],
)
def test_a_time_to_wait_is_refused_with_what_is_wrong_with_it(typed: str, says: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        seconds_of(typed)
    assert says in refused.value.message
    assert seconds_of("1000000s") == 1_000_000
