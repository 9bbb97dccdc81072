"""What looks like an account number is checked, and what does not is left alone."""

import pytest

from paydesk.domain.iban import doubt

_KIND = pytest.mark.fault(
    kind="What looks like an IBAN is checked, and the form and the command line say what is wrong with it.",
    mended="domain/iban.py",
)


@_KIND
@pytest.mark.parametrize(
    "pay_to",
    [
        "DE89 3704 0044 0532 0130 00",
        "DE89370400440532013000",
        "de89 3704 0044 0532 0130 00",
        "DE89 37040044 0532013000",
        "DE89-3704-0044-0532-0130-00",
        "Ada Lovelace, DE89 3704 0044 0532 0130 00 (Sparkasse)",
        "DE89 3704 0044 0532 0130 00 Ada Lovelace",
        "AT61 1904 3002 3457 3201 ADA",
        "IBAN: BE68539007547034",
        "GB29 NWBK 6016 1331 9268 19",
        "gb29 nwbk 6016 1331 9268 19",
        "NO93 8601 1117 947",
        "MT84 MALT 0110 0001 2345 MTLC AST0 01S",
        "MU17 BOMM 0101 1010 3030 0200 000M UR",
        "FR14 2004 1010 0505 0001 3M02 606",
        "",
        "Ada Lovelace",
        "Studio Nord GmbH",
        "O2 Telefonica",
        "PR12 invoice",
        "AB12 34",
        "SE24 Street 5",
        "account 12345678, sort code 20-00-00",
    ],
)
def test_nothing_is_said_of_a_right_account_number_or_of_a_name(pay_to: str) -> None:
    assert doubt(pay_to) == ""


@_KIND
@pytest.mark.parametrize(
    ("pay_to", "words"),
    [
        ("DE98 3704 0044 0532 0130 00", "check digits"),
        ("DE89370400440532013001", "check digits"),
        ("DE89 3704 0044 0532 1030 00", "check digits"),
        ("de89 3704 0044 0532 0130 01", "check digits"),
        ("gb29 nwbk 6016 1331 9268 10", "check digits"),
        ("ＤＥ８９ 3704 0044 0532 0130 01", "check digits"),
        ("Ada Lovelace, BE86 5390 0754 7034", "check digits"),
        ("IBANBE86539007547034", "check digits"),
        ("DE89 3704 0044 0532 0130 0", "has 22 characters, this one has 21"),
        ("DE89 3704 0044 0532 0130 000", "has 22 characters, this one has 23"),
        ("XX82 1234 5678 9012 3456", "No account number of XX is an IBAN"),
    ],
)
def test_what_is_wrong_with_an_account_number_is_said(pay_to: str, words: str) -> None:
    assert words in doubt(pay_to)
