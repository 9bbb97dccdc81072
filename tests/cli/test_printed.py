"""What lists print, without a server: whole in a pipe, a line at once, and no formula for a spreadsheet."""

import csv
import io
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from paydesk.cli import output
from paydesk.cli.list_show import _printer
from paydesk.domain.copy import Delivery, RequestCopy
from paydesk.domain.decision import Cause, CauseCode, DecisionRegister
from paydesk.domain.payment_request import RequestRegister, checked_terms
from paydesk.domain.status import Outcome

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
_CUT = pytest.mark.fault(
    kind="Nothing is cut in a pipe, and where something is cut `…` says so; a request's number is never cut.",
    mended="cli/output.py",
)


def copy_of(
    number: str = "PR-1001", contractor: str = "ada", description: str = "Logo", reference: str = "", note: str = ""
) -> RequestCopy:
    """Return a request; with a note it is rejected."""
    terms = checked_terms("1250", "EUR", description, reference=reference, due_date="2026-12-31")
    register = RequestRegister(UUID(int=7), 1, number, contractor, NOON, 1, terms)
    decision = None
    if note:
        cause = Cause(CauseCode.NEEDS_INFO, note)
        decision = DecisionRegister(UUID(int=7), 1, Outcome.NONE, 1, cause, 1, terms, terms.hash, "bo", NOON, NOON)
    return RequestCopy(UUID(int=7), register, decision, Delivery.RECEIVED)


@_CUT
@pytest.mark.parametrize("digits", range(1, 13))
def test_numbers_are_whole_in_a_pipe_and_on_a_terminal(
    digits: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    number = "PR-" + "123456789012"[:digits]
    output.print_row(copy_of(number))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "40")
    output.print_row(copy_of(number))
    piped, terminal = capsys.readouterr().out.splitlines()
    assert piped.split()[0] == number
    assert number in terminal


@_CUT
def test_in_a_pipe_nothing_is_cut_and_on_a_terminal_an_ellipsis_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    name, words = "Architekten und Partner mbB, Büro Nord", "w" * 500
    copy = copy_of(contractor=name, description=words)
    output.print_row(copy)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    output.print_row(copy)
    piped, terminal = capsys.readouterr().out.splitlines()
    assert name in piped and words in piped and "…" not in piped
    assert "Architekten…" in terminal and terminal.endswith("…")


@pytest.mark.fault(kind="A line of a list is there as soon as it is printed, also in a pipe.", mended="cli/output.py")
@pytest.mark.parametrize(("as_json", "as_csv"), [(True, False), (False, True), (False, False)])
def test_a_line_of_a_list_leaves_at_once(as_json: bool, as_csv: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(pipe, encoding="utf-8"))
    tell = _printer(as_json, as_csv)
    heading = len(pipe.getvalue().splitlines())
    assert heading == (0 if as_json else 1)
    for lines in (1, 2):
        tell(copy_of(), ())
        assert len(pipe.getvalue().splitlines()) == heading + lines


def _csv_of(*copies: RequestCopy, capsys: pytest.CaptureFixture[str]) -> list[dict[str, str]]:
    write: Callable[[RequestCopy], None] = output.csv_writer()
    for copy in copies:
        write(copy)
    return list(csv.DictReader(io.StringIO(capsys.readouterr().out, newline="")))


@pytest.mark.fault(
    kind="What a spreadsheet may take for a formula gets an apostrophe, whatever its width and what is before it.",
    mended="cli/output.py",
)
@pytest.mark.parametrize("sign", list("=+-@＝＋－＠﹦﹢﹣﹫⁺₌\u2212"))
@pytest.mark.parametrize("before", [*"\u00a0\t\r\n\u3000\u2003\u202f\u200b\ufeff", "", " ", "  ", "\u00a0 \u2009"])
def test_no_value_of_a_spreadsheet_is_a_formula(sign: str, before: str, capsys: pytest.CaptureFixture[str]) -> None:
    copy = copy_of()
    assert copy.request is not None
    text = f"{before}{sign}1+1"
    terms = replace(copy.request.terms, description=text, reference=text, pay_to=text, document=text)
    asked = replace(copy.request, terms=terms, contractor=text)
    rejected = copy_of(note="note").decision
    assert rejected is not None
    decision = replace(rejected, decided_by=text, cause=Cause(CauseCode.OTHER, text))
    (row,) = _csv_of(replace(copy, request=asked, decision=decision), capsys=capsys)
    for name in ("description", "reference", "pay_to", "document", "contractor", "decided_by", "note"):
        assert row[name].startswith("'") and row[name].endswith("1+1"), name


@pytest.mark.parametrize("text", ["1+1", "a=b", "Ørsted", "'=1", "(=1)", "北京", "e-mail"])
def test_other_values_of_a_spreadsheet_are_as_they_were_written(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    (row,) = _csv_of(copy_of(description=text), capsys=capsys)
    assert row["description"] == text


@pytest.mark.fault(
    kind="Lists for programs tell when, by whom and why each request was decided.", mended="cli/output.py"
)
def test_lists_for_programs_tell_the_decision_in_new_columns_at_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    terms = ["description", "reference", "due_date", "document", "pay_to"]
    before = ["number", "id", "status", "revision", "amount", "currency", "contractor", *terms]
    before += ["delivery", "requested_at"]
    assert list(output.CSV_FIELDS[: len(before)]) == before
    open_, rejected = copy_of(reference="R-17"), copy_of(note="Which invoice is it?")
    first, second = _csv_of(open_, rejected, capsys=capsys)
    names = ("decided_at", "decided_by", "cause", "note", "due_date", "reference")
    assert [first[name] for name in names] == ["", "", "", "", "2026-12-31", "R-17"]
    assert [second[name] for name in names] == [
        "2026-11-25T12:00:00+00:00", "bo", "needs_info", "Which invoice is it?", "2026-12-31", "",
    ]  # fmt: skip
    document = json.loads(json.dumps(output.document(rejected)))
    assert [document[name] for name in names] == [
        "2026-11-25T12:00:00+00:00", "bo", "needs_info", "Which invoice is it?", "2026-12-31", None,
    ]  # fmt: skip
    assert [output.document(open_)[name] for name in names[:4]] == [None] * 4
