"""Lines on a terminal: broken between words, never within one."""

import json
import re
import sys

import pytest
from rich.cells import cell_len

from paydesk.cli.doctor import _wrap
from paydesk.cli.exits import pointed
from paydesk.cli.output import json_text, tell, wrapped
from paydesk.domain.filter_text import FilterError, parse_filter
from tests.cli.conftest import Paydesk


def test_a_line_is_broken_between_words_and_goes_on_under_its_beginning() -> None:
    path = "/a/folder/" + "deep/" * 12 + "file.log"
    text = wrapped(f"  reference    see {path} for 1,250.50 EUR and 京都の写真撮影 in words", 40, 15)
    lines = text.splitlines()
    assert lines[0] == "  reference    see" and lines[1].strip() == path, "whole, in a line of its own"
    assert all(line.startswith(" " * 4) for line in lines[1:])
    assert all(cell_len(line) <= 40 for line in lines if path not in line)
    assert wrapped("short", 40) == "short" and wrapped("", 40) == ""


@pytest.mark.fault(
    kind="A place on a topic beside another one is broken behind a dot or a slash, never within a number.",
    mended="cli/doctor.py",
)
@pytest.mark.parametrize("topic", ["paydesk.contractor.requests.v1", "paydesk.manager.decisions.v1", "t" * 31, "a.b"])
@pytest.mark.parametrize("offset", ["7", "12345678", "9223372036854775807"])
def test_no_offset_is_broken_in_two_where_versions_stand_beside_each_other(topic: str, offset: str) -> None:
    parts = _wrap(f"manager: quarantined, {topic}/0/{offset}")
    assert all(cell_len(part) <= 32 for part in parts)
    assert " ".join(parts).replace(" ", "") == f"manager:quarantined,{topic}/0/{offset}"
    assert parts[-1].endswith(offset), "the whole offset in one part"
    assert [part for part in parts if part.isdigit() or part.endswith(f"/{offset}")] == parts[-1:]


@pytest.mark.parametrize("words", ["show", "doctor"])
def test_what_is_told_on_a_terminal_of_80_columns_has_no_broken_word(
    paydesk: Paydesk, ada: str, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    description = " ".join(f"word{place}-{place}" for place in range(40))
    number = paydesk("contractor", "request", "5", "EUR", description, "--as", ada, "--json").json["number"]
    line = ("doctor",) if words == "doctor" else ("contractor", "show", number)
    plain = paydesk(*line).out
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    shown = paydesk(*line).out
    assert all(cell_len(line) <= 80 or " " not in line.strip() for line in shown.splitlines())
    if words == "show":
        assert shown.split() == plain.split() and len(shown.splitlines()) > len(plain.splitlines())
        assert re.search(r"\n {15}word\d+-\d+ ", shown), "under where the description begins"


POINTED = pytest.mark.fault(
    kind="A mark under a fault stands under it in the cells of a terminal, whatever stands before it.",
    mended="cli/exits.py",
)
RAW = pytest.mark.fault(
    kind="Control and bidi characters reach no terminal raw, wherever they came from.", mended="domain/text.py"
)


def test_the_mark_stands_under_the_character_in_cells() -> None:
    assert pointed(FilterError("", "北京 cur:E\x1b", 8)).splitlines() == ["北京 cur:E␛", " " * 10 + "^"]


@POINTED
@pytest.mark.parametrize(
    ("before", "cells"),
    [
        ("e\u0301te\u0301", 3),
        ("ที่พัก", 3),
        ("👩🏽\u200d💻", 2),
        ("🇩🇪", 2),
        ("❤\ufe0f", 2),
        ("ｆｕｌｌ", 8),
        ("a\u0323\u0302", 1),
        ("한국", 4),
        ("\u1112\u1161\u11ab", 2),
        ("a\tb", 3),
    ],
)
def test_a_fault_behind_text_of_any_width_is_pointed_at(before: str, cells: int) -> None:
    with pytest.raises(FilterError) as wrong:
        parse_filter(f'"{before}" status:pendin')
    mark = pointed(wrong.value).splitlines()[1]
    assert mark == " " * (cells + len('"" status:')) + "^"


@RAW
def test_a_sentence_of_servers_reaches_the_terminal_without_control_characters(
    capsys: pytest.CaptureFixture[str],
) -> None:
    tell("a server said \x9b31m \u202e and \x1b]0;x\x07 and a\u200bb")
    assert not set(capsys.readouterr().out) & set("\x9b\u202e\x1b\x07\u200b")


@RAW
def test_a_document_escapes_what_a_terminal_must_not_see_and_says_the_same() -> None:
    raw = {"a\x9bb": ["\u202e\x7f\u2066", "\ud83d", "\U000e0041", "\ue000", "x\u200by"], "honest": "é 北京 👩‍💻 عברית"}
    printed = json_text(raw)
    assert json.loads(printed) == raw and "é 北京 👩‍💻 عברית" in printed
    assert not set(printed) & set("\x9b\u202e\x7f\u2066\ud83d\U000e0041\ue000\u200b")
