"""Lines on a terminal: broken between words, never within one."""

import re
import sys

import pytest
from rich.cells import cell_len

from paydesk.cli.wrapping import wrapped
from tests.cli.conftest import Paydesk


def test_a_line_is_broken_between_words_and_goes_on_under_its_beginning() -> None:
    path = "/a/folder/" + "deep/" * 12 + "file.log"
    told = wrapped(f"  reference    see {path} for 1,250.50 EUR and 京都の写真撮影 in words", 40, 15)
    lines = told.splitlines()
    assert lines[0] == "  reference    see" and lines[1].strip() == path, "whole, in a line of its own"
    assert all(line.startswith(" " * 4) for line in lines[1:])
    assert all(cell_len(line) <= 40 for line in lines if path not in line)
    assert wrapped("short", 40) == "short" and wrapped("", 40) == ""


@pytest.mark.parametrize("words", ["show", "doctor"])
def test_what_is_told_on_a_terminal_of_80_columns_has_no_broken_word(
    paydesk: Paydesk, ada: str, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    said = " ".join(f"word{place}-{place}" for place in range(40))
    number = paydesk("contractor", "request", "5", "EUR", said, "--as", ada, "--json").json["number"]
    line = ("doctor",) if words == "doctor" else ("contractor", "show", number)
    plain = paydesk(*line).out
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    shown = paydesk(*line).out
    assert all(cell_len(each) <= 80 or " " not in each.strip() for each in shown.splitlines())
    if words == "show":
        assert shown.split() == plain.split() and len(shown.splitlines()) > len(plain.splitlines())
        assert re.search(r"\n {15}word\d+-\d+ ", shown), "under where the description begins"
