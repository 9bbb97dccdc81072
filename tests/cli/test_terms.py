"""Amounts, days, currencies and accounts as they are typed on the command line."""

import iso4217
import pytest
from iso4217 import Currency

from tests.cli.conftest import Paydesk


def _retire(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let ISO 4217 have a currency no more."""

    def still_there(asked: str) -> Currency:
        if asked == code:
            raise ValueError(asked)
        return Currency(asked)

    monkeypatch.setattr(iso4217, "Currency", still_there)


@pytest.mark.long
@pytest.mark.fault(
    kind="What was not typed is kept as it is, also a currency that ISO 4217 has no more.",
    mended="domain/payment_request.py",
)
def test_a_request_in_a_currency_that_was_retired_since_can_be_revised_and_not_copied(
    paydesk: Paydesk, ada: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = paydesk("contractor", "request", "1,250.50", "CUP", "Logo", "--as", ada, "--json").json["number"]
    _retire("CUP", monkeypatch)
    for option, value in (("--description", "Logo, final"), ("--due", "2999-12-31"), ("--reference", "R-1")):
        revised = paydesk("contractor", "revise", number, option, value, "--as", ada, "--json")
        assert (revised.code, revised.json["amount"], revised.json["currency"]) == (0, "1250.50", "CUP")
    for words in (("revise", number, "--amount", "7"), ("request", "--like", number), ("request", "7", "CUP", "x")):
        refused = paydesk("contractor", *words, "--as", ada, "--json")
        assert refused.code == 3 and "CUP is no currency" in refused.error["message"]
    assert paydesk("contractor", "request", "--like", number, "7", "EUR", "--as", ada).code == 0


@pytest.mark.fault(
    kind="What looks like an IBAN is checked, and the form and the command line say what is wrong with it.",
    mended="domain/iban.py",
)
def test_a_wrong_account_number_is_taken_and_said(paydesk: Paydesk, ada: str) -> None:
    wrong, right = "DE98 3704 0044 0532 0130 00", "DE89 3704 0044 0532 0130 00"
    asked = paydesk("contractor", "request", "5", "EUR", "Logo", "--pay-to", wrong, "--as", ada, "--json")
    assert asked.code == 0 and asked.json["pay_to"] == wrong
    (warning,) = asked.json["warnings"]
    assert "check digits of this IBAN do not fit" in warning in warning
    assert warning.endswith(f"Not meant? paydesk contractor revise {asked.json['number']} --pay-to P --as {ada}")
    revise = ("contractor", "revise", asked.json["number"], "--as", ada)
    assert "warnings" not in paydesk(*revise, "--description", "Logo, final", "--json").json, "not typed this time"
    assert "warnings" not in paydesk(*revise, "--pay-to", right, "--json").json
    assert "check digits" in paydesk(*revise, "--pay-to", wrong.replace(" ", "")).err


@pytest.mark.fault(
    kind="Look-alike letters in the host of a link and in a payee are warned about wherever these are typed or read.",
    mended="domain/doubts.py",
)
def test_look_alike_letters_in_a_link_and_a_payee_are_taken_and_said(paydesk: Paydesk, ada: str) -> None:
    link, terms = "https://pаypal.com/a", ("5", "EUR", "Logo", "--pay-to", "PаyPal")
    asked = paydesk("contractor", "request", *terms, "--document", link, "--as", ada, "--json")
    document, payee = asked.json["warnings"]
    assert "The host of the link mixes scripts" in document and f"--document URL --as {ada}" in document
    assert "The payee mixes scripts" in payee and f"--pay-to P --as {ada}" in payee
    number = asked.json["number"]
    assert "it may look like another one: а (U+0430)." in paydesk("contractor", "show", number).out
    revise = ("contractor", "revise", number, "--as", ada)
    assert paydesk(*revise, "--document", "https://x:99999/a").code == 3


@pytest.mark.fault(
    kind="An amount that can be read in two ways is refused, and the sentence writes it out.", mended="domain/money.py"
)
def test_an_amount_that_can_be_read_in_two_ways_ends_with_3(paydesk: Paydesk, ada: str) -> None:
    asked = ("contractor", "request", "--as", ada)
    for amount, currency in (("0,250", "EUR"), ("000,250", "EUR"), ("1,250", "KWD"), ("1.250", "EUR")):
        assert paydesk(*asked, amount, currency, "Logo").code == 3
    number = paydesk(*asked, "12,500.000", "TND", "Logo", "--json").json["number"]
    assert paydesk("contractor", "revise", number, "--amount", "12,500", "--as", ada).code == 3
    assert paydesk("contractor", "request", "--like", number, "12,500", "--as", ada).code == 3
    assert paydesk("contractor", "list", "amt=0,250").code == 3
    assert paydesk("contractor", "insights", "amt=0,250").code == 3


@pytest.mark.fault(
    kind="A day is written as YYYY-MM-DD, of the same years as an option, in the form and in a filter.",
    mended="domain/days.py",
)
@pytest.mark.parametrize("day", ["2026-W53-1", "9999-12-31", "２０２６-12-31", "20261231"])
def test_what_is_no_day_ends_with_3_wherever_it_is_typed(paydesk: Paydesk, ada: str, day: str) -> None:
    assert paydesk("contractor", "request", "5", "EUR", "Logo", "--due", day, "--as", ada).code == 3
    for name in ("due", "sent", "decided"):
        assert paydesk("manager", "list", f"{name}={day}").code == 3
