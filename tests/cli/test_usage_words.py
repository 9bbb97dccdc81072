"""Usage errors in one line of sentences, however click breaks its own."""

import pytest

from paydesk.cli.front import run


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["completion"], "Missing argument 'SHELL'. Choose from: bash, zsh, fish."),
        (["completion", "sh"], "Invalid value for 'SHELL': 'sh' is not one of 'bash', 'zsh', 'fish'."),
        (["manager", "show"], "Missing argument 'REQUEST'."),
    ],
)
def test_a_usage_error_is_sentences_on_one_line(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    assert capsys.readouterr().err.startswith(f"{told} `paydesk ")
