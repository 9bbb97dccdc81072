"""Every command and every exit code, as desks are used without a screen."""

import csv
import io
import re
import secrets

import pytest

from paydesk.cli.session import Session
from tests.cli.conftest import Paydesk


def test_the_whole_way_of_a_request(paydesk: Paydesk, ada: str) -> None:
    asked = paydesk(
        "contractor", "request", "1,250.50", "eur", "August [v2]", "--reference", "R-1", "--as", ada, "--json"
    )
    assert asked.code == 0 and asked.json["status"] == "pending" and asked.json["delivery"] == "sent"
    assert (asked.json["amount"], asked.json["amount_minor"], asked.json["currency"]) == ("1250.50", 125050, "EUR")
    number = asked.json["number"]
    rejected = paydesk(
        "manager", "reject", number, "--cause", "needs_info", "--note", "which month?", "--as", "bo", "--json"
    )
    assert rejected.code == 0 and rejected.json["status"] == "rejected"
    shown = paydesk("contractor", "show", number, "--json").json
    assert shown["decision"]["cause"] == {
        "code": "needs_info",
        "text": "More information is needed. which month?",
        "note": "which month?",
    }
    assert shown["decision"]["decided_by"] == "bo" and [step["kind"] for step in shown["timeline"]] == [
        "requested",
        "rejected",
    ]
    revised = paydesk("contractor", "revise", number, "--amount", "1300", "--as", ada, "--json").json
    assert (revised["revision"], revised["status"], revised["amount"]) == (2, "pending", "1300.00")
    steps = paydesk("contractor", "show", number, "--json").json["timeline"]
    assert [step["changes"] for step in steps] == [[], [], ["amount 1,250.50 EUR → 1,300.00 EUR"]]
    stale = paydesk("manager", "approve", f"{number}@1", "--as", "bo", "--json")
    assert stale.code == 5 and stale.error["code"] == "stale" and "1,300.00 EUR" in stale.error["message"]
    assert paydesk("manager", "approve", f"{number}@2", "--as", "bo", "--json").json["status"] == "accepted"
    assert paydesk("contractor", "wait", number, "--timeout", "10s", "--json").json["status"] == "accepted"
    again = paydesk("manager", "approve", number, "--revision", "2", "--as", "bo", "--json")
    assert again.code == 0 and again.json["changed"] is False
    other = paydesk("manager", "approve", number, "--as", "zoe")
    assert other.code == 5 and "accepted by bo" in other.err
    late = paydesk("manager", "undo", number, "--as", "bo", "--json")
    assert late.code == 5 and late.error["code"] == "too_late"
    sent = paydesk("manager", "send", number, "--as", "bo", "--json")
    assert sent.code == 0 and sent.json["changed"] is False, "it was sent already"
    assert paydesk("manager", "send", number, "--as", "zoe").code == 6


@pytest.mark.long
@pytest.mark.fault(
    kind="What is typed to revise one revision never replaces a later one unseen.",
    mended="domain/stale.py",
)
def test_revise_takes_a_revision_and_says_how_to_look_where_there_is_another_one(paydesk: Paydesk, ada: str) -> None:
    number = paydesk("contractor", "request", "5", "EUR", "paint", "--as", ada, "--json").json["number"]
    words = ("contractor", "revise", f"{number}@1", "--amount", "6", "--as", ada, "--key", f"k-{ada}", "--json")
    assert paydesk(*words).json["revision"] == 2
    assert paydesk(*words).json["changed"] is True, "the same key again"
    for named in ([f"{number}@1"], [number, "--revision", "1"]):
        stale = paydesk("contractor", "revise", *named, "--description", "other", "--as", ada, "--json")
        assert stale.code == 5 and stale.error["code"] == "stale"
        assert "revision 2, 6.00 EUR, paint" in stale.error["message"]
        assert f"`paydesk contractor show {number}`, then revise {number}@2" in stale.error["hint"]
    assert paydesk("contractor", "revise", f"{number}@1", "--revision", "2", "--amount", "7", "--as", ada).code == 3
    assert paydesk("contractor", "revise", f"{number}@x", "--amount", "7", "--as", ada).code == 3
    assert paydesk("contractor", "revise", f"{number}@9", "--amount", "7", "--as", ada).code == 5
    assert paydesk("contractor", "revise", f"{number}@2", "--amount", "7", "--as", ada, "--json").json["revision"] == 3
    refused = paydesk("contractor", "withdraw", f"{number}@3", "--as", ada)
    assert refused.code == 4 and "takes no revision" in refused.err


def test_a_filter_that_cannot_be_read_says_where(paydesk: Paydesk) -> None:
    refused = paydesk("manager", "list", "cur:EUR", "status:pendin")
    assert refused.code == 3
    assert refused.err.splitlines()[:2] == ["cur:EUR status:pendin", " " * 15 + "^"]
    assert "There is no status 'pendin'" in refused.err
    misread = paydesk("contractor", "list", "amt>x", "--json")
    assert (misread.code, misread.error["code"], misread.error["at"]) == (3, "invalid_input", 4)


@pytest.mark.parametrize(
    ("amount", "currency", "says"),
    [
        ("12.345", "EUR", "12.34"),
        ("1.5", "JPY", "no decimals"),
        ("1,5", "EUR", "1.5"),
        ("0", "EUR", "above zero"),
        ("-3", "EUR", "without a sign"),
        ("12.345 EUR", "EUR", "the currency has a place of its own"),
        ("1e5", "EUR", "1250.50"),
        ("١٢", "EUR", "1250.50"),
        ("1000000000000000", "EUR", "15 digits"),
        ("100", "XAU", "EUR"),
        ("100", "EURO", "ISO 4217"),
    ],
)
def test_bad_money_is_refused_with_what_to_write(paydesk: Paydesk, amount: str, currency: str, says: str) -> None:
    refused = paydesk("contractor", "request", amount, currency, "x", "--json")
    assert refused.code == 3 and says in refused.error["message"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("1", "EUR", "bad\x1b]52;c;eA==\x07"),
        ("1", "EUR", "bi\u202edi"),
        ("1", "EUR", "zero\u200bwidth"),
        ("1", "EUR", "x" * 10_000),
        ("1", "EUR", ""),
        ("1", "EUR", "x", "--due", "2026-02-30"),
        ("1", "EUR", "x", "--document", "http://example.org"),
        ("1", "EUR", "x", "--reference", "R" * 36),
        ("--", "-3", "EUR", "x"),
    ],
)
def test_bad_text_is_refused_and_nothing_is_stored(paydesk: Paydesk, ada: str, arguments: tuple[str, ...]) -> None:
    refused = paydesk("contractor", "request", "--as", ada, "--json", *arguments)
    assert refused.code == 3 and refused.error["message"] and "\x1b" not in refused.err
    assert paydesk("contractor", "list", "from:me", "--as", ada, "--json").lines == []


def test_a_due_date_that_is_past_is_taken_and_said(paydesk: Paydesk, ada: str) -> None:
    late = ("contractor", "request", "5", "EUR", "late", "--due", "2020-01-31", "--as", ada)
    asked = paydesk(*late)
    assert asked.code == 0
    assert "The due date 2020-01-31 is past. Not meant? paydesk contractor revise PR-" in asked.err
    answer = paydesk(*late, "--json").json
    assert answer["due_date"] == "2020-01-31" and answer["warnings"][0].startswith("The due date 2020-01-31 is past.")
    again = paydesk("contractor", "revise", answer["number"], "--due", "2999-01-31", "--as", ada, "--json").json
    assert again["due_date"] == "2999-01-31" and "warnings" not in again


def test_the_same_key_has_one_effect_and_no_other_content(paydesk: Paydesk, ada: str) -> None:
    key = secrets.token_hex(8)
    first = paydesk("contractor", "request", "5", "EUR", "once", "--key", key, "--as", ada, "--json").json
    again = paydesk("contractor", "request", "5", "EUR", "once", "--key", key, "--as", ada, "--json").json
    assert (
        first["id"] == again["id"] and len(paydesk("contractor", "list", "from:me", "--as", ada, "--json").lines) == 1
    )
    reused = paydesk("contractor", "request", "6", "EUR", "once", "--key", key, "--as", ada, "--json")
    assert reused.code == 8 and reused.error["code"] == "key_reused"


def test_strangers_change_nothing_and_nobody_decides_their_own(paydesk: Paydesk, ada: str) -> None:
    number = paydesk("contractor", "request", "5", "EUR", "mine", "--as", ada, "--json").json["number"]
    assert paydesk("contractor", "revise", number, "--amount", "6", "--as", "eve").code == 6
    assert paydesk("contractor", "withdraw", number, "--as", "eve").code == 6
    own = paydesk("manager", "approve", number, "--as", ada.upper())
    assert own.code == 6 and "their own" in own.err
    assert paydesk("contractor", "show", number, "--json").json["revision"] == 1


def test_a_withdrawal_is_confirmed_by_the_managers_side(paydesk: Paydesk, ada: str) -> None:
    number = paydesk("contractor", "request", "5", "EUR", "back", "--as", ada, "--json").json["number"]
    assert paydesk("contractor", "withdraw", number, "--as", ada, "--json").json["status"] == "withdrawing"
    assert paydesk("contractor", "wait", number, "--timeout", "0.3s").code == 11
    assert paydesk("manager", "approve", number, "--as", "bo").code == 5
    assert paydesk("contractor", "wait", number, "--timeout", "10s", "--json").json["status"] == "withdrawn"


def test_unknown_and_ambiguous_requests_name_the_nearest(paydesk: Paydesk, ada: str) -> None:
    number = paydesk("contractor", "request", "5", "EUR", "near", "--as", ada, "--json").json["number"]
    missing = paydesk("contractor", "show", "PR-999999", "--json")
    assert missing.code == 4 and number[:4] in missing.error["hint"]
    for _ in range(2):
        paydesk("contractor", "request", "5", "EUR", "near", "--as", ada)
    assert paydesk("contractor", "show", "PR-1", "--json").code == 4


def test_several_items_have_a_result_each(paydesk: Paydesk, ada: str) -> None:
    numbers = [
        paydesk("contractor", "request", amount, "EUR", "x", "--as", ada, "--json").json["number"]
        for amount in ("5", "6")
    ]
    mixed = paydesk("manager", "approve", numbers[0], "PR-999999", "--as", "bo", "--json")
    assert mixed.code == 9 and mixed.lines[0]["status"] == "accepted"
    assert mixed.lines[1]["error"]["code"] == "unknown_request"
    assert paydesk("manager", "approve", *numbers, "--as", "bo").code == 0


def test_lists_filter_and_export(paydesk: Paydesk, ada: str) -> None:
    for amount, currency in (("5", "EUR"), ("7", "USD")):
        paydesk("contractor", "request", amount, currency, f"logo {currency}", "--as", ada)
    answer = paydesk("contractor", "list", "from:me", "cur:USD", "status:pending", '"logo USD"', "--as", ada, "--json")
    assert [row["amount"] for row in answer.lines] == ["7.00"]
    rows = list(csv.DictReader(io.StringIO(paydesk("contractor", "list", f"from:{ada}", "--csv").out)))
    assert [row["currency"] for row in rows] == ["USD", "EUR"], "newest first"
    assert paydesk("contractor", "list", "status:open").code == 3
    assert "logo EUR" in paydesk("contractor", "list", "from:me", "--as", ada).out


def test_what_is_printed_has_ascii_marks_where_they_are_wanted(
    paydesk: Paydesk, ada: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = paydesk("contractor", "request", "5", "EUR", "Ørsted", "--as", ada, "--json").json["number"]
    assert "◦ pending" in paydesk("contractor", "show", number).out
    monkeypatch.setenv("PAYDESK_ASCII", "1")
    shown = paydesk("contractor", "show", number).out
    assert "o pending" in shown and "Ørsted" in shown
    assert "o pending" in paydesk("contractor", "list", f"from:{ada}").out
    assert "✓" not in paydesk("doctor").out


def test_usage_errors_are_json_too(paydesk: Paydesk) -> None:
    for arguments in (("contractor", "nope"), ("manager", "approve"), ("manager", "reject", "PR-1"), ("nope",)):
        refused = paydesk(*arguments, "--json")
        assert refused.code == 2 and refused.error["code"] == "usage"
    assert paydesk("contractor", "revise", "PR-1").code == 2
    assert paydesk("manager", "reject", "PR-1", "--cause", "nope").code == 3
    assert paydesk("--help").code == 0


def test_doctor_and_stack_tell_how_it_stands(paydesk: Paydesk, ada: str) -> None:
    paydesk("contractor", "request", "5", "EUR", "x", "--as", ada)
    doctor = paydesk("doctor", "--json").json
    names = {finding["name"] for finding in doctor["findings"]}
    assert {"contractor PostgreSQL", "contractor Kafka", "manager Redis"} <= names
    status = paydesk("stack", "status", "--json").json
    assert status["running"] and status["servers"]["kafka"]["state"] == "ready"
    for role in ("contractor", "manager", "stack"):
        lines = paydesk("stack", "env", "--role", role).out.splitlines()
        assert [line.split("=")[0] for line in lines] == [
            "export DATABASE_URL",
            "export KAFKA_BOOTSTRAP_SERVERS",
            "export KAFKA_USERNAME",
            "export KAFKA_PASSWORD",
            "export REDIS_URL",
        ]


@pytest.mark.long
def test_servers_that_are_away_are_one_sentence(paydesk: Paydesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PAYDESK_HOME")
    monkeypatch.setenv("PAYDESK_CONTRACTOR_DATABASE_URL", "postgresql://contractor:secretword@127.0.0.1:9/paydesk")
    half = paydesk("contractor", "list", "--json")
    assert half.code == 2 and "PAYDESK_KAFKA_BOOTSTRAP_SERVERS" in half.error["message"]
    monkeypatch.setenv("PAYDESK_KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:9")
    monkeypatch.setenv("PAYDESK_REDIS_URL", "redis://127.0.0.1:9/0")
    refused = paydesk("contractor", "request", "5", "EUR", "x", "--json")
    assert refused.code == 7 and refused.error["code"] == "server_down" and "secretword" not in refused.err
    doctor = paydesk("doctor")
    assert doctor.code == 7 and "secretword" not in doctor.out and "Redis does not answer" in doctor.out
    monkeypatch.setenv("PAYDESK_REDDIS_URL", "x")
    unknown = paydesk("doctor", "--json")
    (named,) = [finding for finding in unknown.json["findings"] if "PAYDESK_REDDIS_URL" in finding["seen"]]
    assert unknown.code == 7 and not named["ok"] and named["todo"] == "Did you mean PAYDESK_REDIS_URL?"
    refused = paydesk("contractor", "list", "--json")
    assert refused.code == 2 and refused.error["hint"] == "Did you mean PAYDESK_REDIS_URL?"


@pytest.mark.fault(
    kind="A request is printed with its number also where the machine is busy: the first check is waited for.",
    mended="cli/session.py",
)
def test_a_request_is_printed_with_its_number_however_soon_it_gives_up_waiting(
    paydesk: Paydesk, ada: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Each command's worker reads its own topic before it gives numbers.
    for waits in (Session.catch_up, Session.deliver):
        monkeypatch.setattr(waits, "__defaults__", (0.0,))
    printed = paydesk("contractor", "request", "5", "EUR", "x", "--as", ada, "--json")
    assert printed.code in (0, 10) and re.fullmatch(r"PR-\d+", printed.json["number"])
