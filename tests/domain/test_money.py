"""Money is exact, typed in ASCII, and refused rather than rounded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paydesk.domain.errors import InvalidInput
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
