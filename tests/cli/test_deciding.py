"""Many requests by one command line: each decided by itself, each told, and the same line again decides none twice."""

import io
import secrets
import sys
from uuid import UUID, uuid4

import pytest
from uuid_utils.compat import uuid7

from paydesk.cli import bulk_decide
from paydesk.cli.revision import request_and_revision
from paydesk.cli.session import Session, open_session
from paydesk.contractor import commands as asks
from paydesk.contractor.role import ROLE
from paydesk.domain.commands import ManagerCommand, RequestPayment, RevisePayment
from paydesk.domain.errors import UnknownRequest
from paydesk.domain.payment_request import checked_terms
from paydesk.infra.core.command_key import CommandResult, Key
from paydesk.infra.core.errors import ServerDown
from paydesk.infra.core.storage import Storage
from tests.cli.conftest import Paydesk


def asked(session: Session, person: str, count: int) -> list[str]:
    """Ask for so many payments, have them sent, and return the ids."""
    session.catch_up()
    ids = [uuid7() for _ in range(count)]
    for place, request_id in enumerate(ids):
        terms = checked_terms(f"{place + 1}", "EUR", f"task {place}")
        asks.execute(session.store, uuid4(), RequestPayment(request_id, person, terms))
    session.spread(ids)
    return [str(named_id) for named_id in ids]


@pytest.mark.long
def test_of_five_hundred_those_that_changed_meanwhile_are_listed_and_the_others_decided(
    paydesk: Paydesk, ada: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_session(ROLE, ada) as session:
        ids = asked(session, ada, 500)
        assert len(paydesk("manager", "list", f"from:{ada}", "--json").lines) == 500
        changed = ids[7::25]
        for named_id in changed:
            asks.execute(session.store, uuid4(), RevisePayment(UUID(named_id), ada, {"amount": "9000"}))
        session.spread([UUID(named_id) for named_id in changed])
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n".join(ids)))
    done = paydesk("manager", "approve", "-", "--as", "bo", "--json")
    assert done.code == 9 and done.error["message"] == "20 of 500 failed."
    decided = [row for row in done.lines if "error" not in row]
    assert [row["id"] for row in decided] == [named_id for named_id in ids if named_id not in changed]
    assert {(row["status"], row["changed"], row["delivery"]) for row in decided} == {("accepted", True, "sent")}
    refused = [row for row in done.lines if "error" in row]
    assert [row["request"] for row in refused] == changed and len(refused) == 20
    assert {row["error"]["code"] for row in refused} == {"stale"}
    assert all("→ 9,000.00 EUR" in row["error"]["message"] for row in refused)
    pending = paydesk("manager", "list", "status:pending", f"from:{ada}", "--json").lines
    assert sorted(row["id"] for row in pending) == sorted(changed)


def test_the_same_line_again_is_told_as_the_first_time(paydesk: Paydesk, ada: str) -> None:
    with open_session(ROLE, ada) as session:
        ids = asked(session, ada, 4)
        asks.execute(session.store, uuid4(), RevisePayment(UUID(ids[2]), ada, {"amount": "9000"}))
        session.spread([UUID(ids[2])])
    named = [f"{named_id}@1" for named_id in ids]
    line = ("manager", "reject", *named, "--cause", "duplicate", "--as", "bo", "--key", secrets.token_hex(8), "--json")
    first = paydesk(*line)
    assert first.code == 9 and first.error["message"] == "1 of 4 failed."
    assert [row["error"]["code"] if "error" in row else row["status"] for row in first.lines] == [
        "rejected",
        "rejected",
        "stale",
        "rejected",
    ]
    again = paydesk(*line)
    assert (again.code, again.lines, again.err) == (first.code, first.lines, first.err)
    exact = paydesk("manager", "reject", f"{ids[2]}@2", "--cause", "duplicate", "--as", "bo")
    assert exact.code == 0, exact.err


def test_requests_come_from_standard_input_too(paydesk: Paydesk, ada: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_session(ROLE, ada) as session:
        ids = asked(session, ada, 3)
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{ids[0]}@1\n{ids[1]}@2 PR-x@y\n"))
    done = paydesk("manager", "approve", "-", ids[2], "--as", "bo", "--json")
    assert done.code == 9 and done.error["message"] == "2 of 4 failed."
    assert [row["error"]["code"] if "error" in row else row["status"] for row in done.lines] == [
        "accepted",
        "stale",
        "invalid_input",
        "accepted",
    ]
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n"))
    assert paydesk("manager", "approve", "-", "--as", "bo").code == 3


_LINES = pytest.mark.fault(
    kind="What stands on a line beside requests is nobody's request, and that line decides nothing.",
    mended="cli/bulk_decide.py",
)
_ROWS = [
    "{own}  ◦ pending  1.00  EUR  ada  please see {other}",
    "{own} o pending 1.00 EUR {other} task",
    '{{"id":"{own}", "description":"please see {other} too"}}',
    '{own},pending,"please see {other} too"',
    "description  {other}",
    "{own} - {other}",
    "{own}, {other}",
    "{own}@1 {other}@1 # both",
    "{own}\u2028{other} {own} and {other}",
]


@_LINES
@pytest.mark.parametrize("row", _ROWS)
def test_a_line_with_anything_beside_requests_names_none(row: str) -> None:
    line = row.format(own="PR-1001", other="PR-1002")
    assert bulk_decide._requests_on(line) == [" ".join(line.split())]
    with pytest.raises(UnknownRequest, match="more on this line"):
        request_and_revision(line, None)


@pytest.mark.parametrize(
    "line",
    [
        "1001",
        "PR-1001@2 1002",
        "…3ae2be .3ae2be ...3ae2be",
        "3400688e-cf60-4b49-8477-913fe13f0ed0@1  pr-7",
        "nonsense",
        "",
        "PR-x@y 7@",
        "\ufeff1 2\r",
    ],
)
def test_a_line_of_requests_alone_names_each(line: str) -> None:
    assert bulk_decide._requests_on(line) == line.strip("\ufeff").split()


@_LINES
@pytest.mark.parametrize(
    "form", [(), *(pytest.param((option,), marks=pytest.mark.long) for option in ("--csv", "--json"))]
)
def test_a_list_that_is_piped_in_as_it_is_decides_nothing_that_a_description_names(
    paydesk: Paydesk, ada: str, monkeypatch: pytest.MonkeyPatch, form: tuple[str, ...]
) -> None:
    with open_session(ROLE, ada) as session:
        (other,) = asked(session, ada, 1)
        terms = checked_terms("77", "EUR", f"please see {other} too")
        naming = uuid7()
        asks.execute(session.store, uuid4(), RequestPayment(naming, ada, terms))
        session.spread([naming])
    listed = paydesk("manager", "list", f"from:{ada}", *form)
    assert other in listed.out
    monkeypatch.setattr(sys, "stdin", io.StringIO(listed.out))
    done = paydesk("manager", "approve", "-", "--as", "bo", "--allow-duplicate")
    assert done.code in (4, 9) and "nothing of it was taken" in done.out + done.err
    assert {row["status"] for row in paydesk("manager", "list", f"from:{ada}", "--json").lines} == {"pending"}


@pytest.mark.fault(
    kind="A revision that is said beside the request and as an option is one revision, or nothing is decided.",
    mended="cli/bulk_decide.py",
)
@pytest.mark.parametrize("word", [("approve",), ("reject", "--cause", "duplicate")])
def test_two_revisions_of_one_request_decide_nothing(paydesk: Paydesk, ada: str, word: tuple[str, ...]) -> None:
    with open_session(ROLE, ada) as session:
        first, second = asked(session, ada, 2)
    alone = paydesk("manager", *word, f"{first}@1", "--revision", "2", "--as", "bo", "--json")
    message = f"{first} is named with revisions 1 and 2 at once. Say one of them."
    assert alone.code == 3 and alone.error["message"] == message
    beside = paydesk("manager", *word, f"{first}@2", second, "--revision", "1", "--as", "bo", "--json")
    assert beside.code == 9 and ["error" in row for row in beside.lines] == [True, False]
    same = paydesk("manager", *word, f"{first}@1", "--revision", "1", "--as", "bo", "--json")
    assert same.code == 0 and same.lines[0]["revision"] == 1


def test_what_is_left_when_the_database_goes_is_not_tried_and_the_same_line_decides_it_later(
    paydesk: Paydesk, ada: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_session(ROLE, ada) as session:
        ids = asked(session, ada, 3)
    line = ("manager", "approve", *ids, "--as", "bo", "--key", secrets.token_hex(8), "--json")
    real, tried = bulk_decide.execute, []

    def away_after_one(store: Storage, key: Key, command: ManagerCommand) -> CommandResult:
        tried.append(command)
        if len(tried) > 1:
            raise ServerDown("PostgreSQL does not answer.", "Nothing was written.")
        return real(store, key, command)

    with monkeypatch.context() as broken:
        broken.setattr(bulk_decide, "execute", away_after_one)
        cut = paydesk(*line)
    assert cut.code == 9 and len(tried) == 2, "the third is not tried, as it would only wait"
    assert [row.get("status") or row["error"]["message"] for row in cut.lines] == [
        "accepted",
        "PostgreSQL does not answer.",
        "Not tried, as the database was away.",
    ]
    whole = paydesk(*line)
    assert whole.code == 0 and [(row["status"], row["changed"]) for row in whole.lines] == [("accepted", True)] * 3


def test_what_was_decided_before_an_interruption_is_told(
    paydesk: Paydesk, ada: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_session(ROLE, ada) as session:
        ids = asked(session, ada, 3)
    real = bulk_decide.execute

    def interrupted(store: Storage, key: Key, command: ManagerCommand) -> CommandResult:
        if str(command.id) == ids[1]:
            raise KeyboardInterrupt
        return real(store, key, command)

    monkeypatch.setattr(bulk_decide, "execute", interrupted)
    cut = paydesk("manager", "approve", *ids, "--as", "bo", "--key", "k-1", "--json")
    assert cut.code == 10 and [row["id"] for row in cut.lines] == ids[:1]
    assert cut.error["code"] == "outcome_unknown" and "--key k-1" in cut.error["hint"]
