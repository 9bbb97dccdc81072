"""Money is exact, typed in ASCII, and refused rather than rounded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paydesk.domain.errors import InvalidInput
from paydesk.domain.filter_text import FilterError, parse_filter
from paydesk.domain.money import MAX_MINOR, Money, money, parse_money, totals


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("1250.5", "EUR", 125050),
        ("1,250.50", "eur", 125050),
        ("1500", "JPY", 1500),
        ("1.234", "KWD", 1234),
        ("9999999999999.99", "EUR", 999999999999999),
    ],
)
def test_typed_amounts_are_taken(amount: str, currency: str, minor: int) -> None:
    assert parse_money(amount, currency).amount_minor == minor


@pytest.mark.parametrize(
    ("amount", "currency", "field"),
    [
        ("12.345", "EUR", "amount"),
        ("1.5", "JPY", "amount"),
        ("1,5", "EUR", "amount"),
        ("-3", "EUR", "amount"),
        ("0", "EUR", "amount"),
        ("0.00", "EUR", "amount"),
        ("1e5", "EUR", "amount"),
        ("١٢", "EUR", "amount"),
        ("1000000000000000", "EUR", "amount"),
        ("10000000000000.00", "EUR", "amount"),
        ("1,23,456", "EUR", "amount"),
        ("", "EUR", "amount"),
        ("1_000", "EUR", "amount"),
        ("5", "XAU", "currency"),
        ("5", "banana", "currency"),
        ("5", "", "currency"),
    ],
)
def test_what_cannot_be_taken_is_told_in_words(amount: str, currency: str, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_money(amount, currency)
    assert list(refused.value.problems) == [field]
    assert refused.value.problems[field].endswith(".")


@given(st.integers(1, MAX_MINOR), st.sampled_from([("JPY", 0), ("EUR", 2), ("KWD", 3)]))
def test_what_is_written_is_read_back(minor: int, currency: tuple[str, int]) -> None:
    written = money(minor, *currency)
    assert parse_money(written.amount, currency[0]) == written
    assert parse_money(written.grouped, currency[0]) == written


def test_retired_codes_replay_and_nonsense_does_not() -> None:
    assert str(money(1234, "HRK", 2)) == "12.34 HRK"
    for wrong in [(0, "EUR", 2), (MAX_MINOR + 1, "EUR", 2), (True, "EUR", 2), (1, "eur", 2), (1, "EUR", 5)]:
        with pytest.raises(InvalidInput):
            money(*wrong)


def test_currencies_are_never_added() -> None:
    assert totals([Money(100, "EUR", 2), Money(5, "JPY", 0), Money(50, "EUR", 2)]) == [
        Money(150, "EUR", 2),
        Money(5, "JPY", 0),
    ]


_ONE_READING = pytest.mark.fault(
    kind="An amount that can be read in two ways is refused, and the sentence writes it out.", mended="domain/money.py"
)
_TRUE_REASON = pytest.mark.fault(
    kind="A refusal tells what is wrong with what was typed, and not another reason.", mended="domain/money.py"
)


@_ONE_READING
@pytest.mark.parametrize(
    ("amount", "currency", "written"),
    [
        ("0,250", "EUR", ["write 250 or 0.25."]),
        ("000,250", "EUR", ["write 250."]),
        ("00,250", "EUR", ["write 250."]),
        ("0,250.50", "EUR", ["250.50"]),
        ("0,250,000", "EUR", ["250000"]),
        ("0,250", "KWD", ["250", "0.25"]),
        ("1,250", "KWD", ["1250", "1.250"]),
        ("12,500", "TND", ["12500", "12.500"]),
        ("999,999", "BHD", ["999999", "999.999"]),
        ("1,250", "CLF", ["1250", "1.250"]),
    ],
)
def test_an_amount_with_two_readings_is_refused_with_both(amount: str, currency: str, written: list[str]) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_money(amount, currency)
    assert list(refused.value.problems) == ["amount"]
    assert all(text in refused.value.message for text in written), refused.value.message


@_ONE_READING
@pytest.mark.parametrize(
    ("amount", "currency", "read"),
    [
        ("1,250", "EUR", "1250.00"),
        ("1,250", "JPY", "1250"),
        ("1,234.50", "EUR", "1234.50"),
        ("12,500.000", "TND", "12500.000"),
        ("1,250,000", "KWD", "1250000.000"),
        ("1250", "KWD", "1250.000"),
        ("1.250", "KWD", "1.250"),
        ("0.250", "KWD", "0.250"),
        ("0250", "EUR", "250.00"),
        ("0.50", "EUR", "0.50"),
    ],
)
def test_an_amount_with_one_reading_stays_taken(amount: str, currency: str, read: str) -> None:
    assert parse_money(amount, currency).amount == read


@_ONE_READING
@pytest.mark.parametrize(
    ("typed", "at"),
    [
        ("amt=0,250", 4),
        ("amt>=000,250", 5),
        ("-amt:0,250", 5),
        ("cur:KWD amt=1,250", 12),
        ("amt<12,500 cur:TND,KWD", 4),
        ("cur:EUR amt=1.250", 12),
    ],
)
def test_a_filter_refuses_an_amount_with_two_readings_as_a_request_does(typed: str, at: int) -> None:
    with pytest.raises(FilterError) as refused:
        parse_filter(typed)
    assert refused.value.at == at


@_ONE_READING
@pytest.mark.parametrize(
    "typed", ["amt=1,250", "cur:EUR amt=1,250", "cur:EUR,KWD amt=1,250", "-cur:KWD amt=1,250", "amt=1.250", "amt=0.250"]
)
def test_a_filter_takes_an_amount_with_one_reading(typed: str) -> None:
    parse_filter(typed)


@_TRUE_REASON
@pytest.mark.parametrize(
    ("amount", "currency", "words"),
    [
        ("1.250", "EUR", "1.250: a full stop divides decimals; write 1250"),
        ("1.250", "JPY", "write 1250 if thousands are meant, as JPY has no decimals"),
        ("1.250.000", "EUR", "write 1250000"),
        ("1.250,50", "EUR", "write 1250.50"),
        ("12.34567", "EUR", "at most 4 decimals"),
        ("0.125", "EUR", "EUR has 2 decimals"),
        ("1,5", "EUR", "Write 1.5"),
        ("1,00,00", "EUR", "three digits each; write 10000"),
        (".5", "EUR", "as 0.5"),
        ("5.", "EUR", "as 5:"),
        ("1,250.", "EUR", "as 1250:"),
        ("1 250", "EUR", "write 1250"),
        ("1'250.50", "EUR", "write 1250.50"),
        ("1\u202f250,50", "EUR", "write 1250.50"),
        ("１２５０", "EUR", "the digits 0 to 9"),
        ("١٢٥٠", "EUR", "the digits 0 to 9"),
        ("１,２５０", "EUR", "the digits 0 to 9"),
        ("+5", "EUR", "without a sign"),
        ("\u22125", "EUR", "without a sign"),
        ("1e3", "EUR", "power of ten"),
        ("5 EUR", "EUR", "a place of its own"),
        ("€5", "EUR", "a place of its own"),
        ("1" + ",000" * 2000, "EUR", "The largest amount is"),
        ("5", "HRK", "HRK is no currency of ISO 4217, or none any more"),
    ],
)
def test_an_amount_is_refused_with_what_is_wrong_with_it(amount: str, currency: str, words: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_money(amount, currency)
    assert words in refused.value.message


@pytest.mark.fault(
    kind="Currency codes are A to Z: no letter whose capital is one of these makes a code.", mended="domain/money.py"
)
@pytest.mark.parametrize("code", ["ßp", "uſd", "ＥＵＲ", "ﬅn", "Euﬀ", "eu\u1e9b"])
def test_letters_whose_capitals_look_like_a_code_are_no_code(code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_money("1250", code)
    assert "currency" in refused.value.problems
    with pytest.raises(InvalidInput):
        parse_filter(f"cur:{code}")
