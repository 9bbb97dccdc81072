"""What a person types of a request: what was not typed is kept, and a refusal says what is wrong."""

import dataclasses
import hashlib
import json
from dataclasses import fields, replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paydesk.domain.doubts import doubts, look_alikes
from paydesk.domain.errors import InvalidInput
from paydesk.domain.money import Money
from paydesk.domain.payment_request import TERM_NAMES, Terms, changed_terms, checked_terms, crossed_terms, typed_fields
from paydesk.infra.core.messages import TermsMessage
from paydesk.infra.postgres.columns import MONEY
from paydesk.infra.postgres.schema import PaymentRequestRow

_KEPT = pytest.mark.fault(
    kind="What was not typed is kept as it is, also a currency that ISO 4217 has no more.",
    mended="domain/payment_request.py",
)


def _in_a_retired_currency(code: str = "HRK", exponent: int = 2) -> Terms:
    return replace(checked_terms("1", "EUR", "Logo", pay_to="Ada"), money=Money(123450, code, exponent))


@_KEPT
@pytest.mark.parametrize(("code", "exponent"), [("HRK", 2), ("ZZZ", 3), ("ISK", 2)])
@pytest.mark.parametrize(
    ("field", "typed", "becomes"),
    [
        ("description", "Logo, final", "Logo, final"),
        ("due_date", "2026-12-31", date(2026, 12, 31)),
        ("reference", "R-17", "R-17"),
        ("document", "https://example.org/a.pdf", "https://example.org/a.pdf"),
        ("pay_to", "", None),
    ],
)
def test_amount_and_currency_that_were_not_typed_are_kept(
    code: str, exponent: int, field: str, typed: str, becomes: object
) -> None:
    old = _in_a_retired_currency(code, exponent)
    new = replace(old, **{field: becomes})  # type: ignore[arg-type]
    assert changed_terms(old, **{field: typed}) == new
    # The form types every field, most of them as they were.
    assert changed_terms(old, **(typed_fields(old) | {field: typed})) == new


@_KEPT
@pytest.mark.parametrize(
    "typed", [{"amount": "5"}, {"currency": "FIM"}, {"amount": "5", "currency": "HRK"}, {"amount": "5", "due_date": ""}]
)
def test_what_is_typed_of_an_amount_is_looked_at(typed: dict[str, str]) -> None:
    with pytest.raises(InvalidInput) as refused:
        changed_terms(_in_a_retired_currency(), **typed)
    assert typed.get("currency", "HRK") in refused.value.message
    assert changed_terms(_in_a_retired_currency(), amount="5", currency="EUR").money == Money(500, "EUR", 2)


@pytest.mark.fault(
    kind="An amount that nobody typed is never made another one, nor is another one said to be it.",
    mended="domain/payment_request.py",
)
@pytest.mark.parametrize(
    ("amount", "currency", "typed"),
    [
        ("1.234", "KWD", "JPY"),
        ("1.230", "KWD", "eur"),
        ("1.2345", "CLF", "EUR"),
        ("1250.50", "EUR", "JPY"),
        ("9999999999999.99", "EUR", "KWD"),
    ],
)
def test_a_currency_that_cannot_have_the_amount_there_is_asks_for_the_amount(
    amount: str, currency: str, typed: str
) -> None:
    old = checked_terms(amount, currency, "Logo")
    with pytest.raises(InvalidInput) as refused:
        changed_terms(old, currency=typed)
    sentence = (
        f"The amount is {old.money}, which cannot be kept in {typed.upper()}; write the amount in {typed.upper()} too."
    )
    assert refused.value.problems == {"amount": sentence}
    assert changed_terms(old, currency=typed, amount="12").money.currency == typed.upper()
    assert changed_terms(checked_terms("1234", "JPY", "Logo"), currency="EUR").money == Money(123400, "EUR", 2)


@_KEPT
def test_a_new_request_in_a_retired_currency_is_refused_by_name() -> None:
    with pytest.raises(InvalidInput) as refused:
        checked_terms(**typed_fields(_in_a_retired_currency()))
    assert list(refused.value.problems) == ["currency"]
    assert "HRK" in refused.value.message


@pytest.mark.fault(
    kind="A refusal tells what is wrong with what was typed, and not another reason.",
    mended="domain/payment_request.py",
)
@pytest.mark.parametrize(
    ("link", "words"),
    [
        ("https://example.org/my invoice.pdf", "holds a blank"),
        ("https://exa mple.org/a.pdf", "holds a blank"),
        ("https://ada:secret@example.org/a.pdf", "holds a login"),
        ("https://ada@example.org/a.pdf", "holds a login"),
        ("http://example.org/a.pdf", "begins with https://"),
        ("example.org/a.pdf", "begins with https://"),
        ("ftp://example.org/a.pdf", "begins with https://"),
        ("https:///a.pdf", "names no host"),
        ("https://", "names no host"),
        ("https://[::1/a.pdf", "host of the link cannot be read"),
    ],
)
def test_a_link_is_refused_with_what_is_wrong_with_it(link: str, words: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked_terms("5", "EUR", "Logo", document=link)
    assert words in refused.value.problems["document"]


PORTS = pytest.mark.fault(
    kind="A link that leads to a port which cannot be is refused where it is typed, and taken where it crossed before.",
    mended="domain/payment_request.py",
)
NO_PORTS = ["99999", "65536", "0", "00", "-1", "+80", "8o80", "８０", "8_0", "1e3"]
TODAY = date(2026, 11, 30)


@PORTS
@pytest.mark.parametrize("host", ["example.org", "[::1]", "10.0.0.1"])
@pytest.mark.parametrize("port", NO_PORTS)
def test_a_port_that_cannot_be_is_refused_where_a_link_is_typed(host: str, port: str) -> None:
    link = f"https://{host}:{port}/a.pdf"
    old = checked_terms("5", "EUR", "Logo")
    for typed in (lambda: checked_terms("5", "EUR", "Logo", document=link), lambda: changed_terms(old, document=link)):
        with pytest.raises(InvalidInput, match=r"ports are numbers from 1 to 65535|host of the link cannot be read"):
            typed()


@PORTS
@pytest.mark.parametrize("port", ["", ":", ":1", ":443", ":65535", ":08443"])
def test_a_port_that_can_be_is_taken(port: str) -> None:
    link = f"https://example.org{port}/a.pdf"
    assert checked_terms("5", "EUR", "Logo", document=link).document == link


@PORTS
@pytest.mark.parametrize("port", ["99999", "0", "8o80"])
def test_a_port_that_crossed_before_it_was_refused_stays(port: str) -> None:
    old = replace(checked_terms("5", "EUR", "Logo"), document=f"https://example.org:{port}/a.pdf")
    assert crossed_terms(old) == old
    assert changed_terms(old, description="Logo, final") == replace(old, description="Logo, final")
    with pytest.raises(InvalidInput):
        crossed_terms(replace(old, document="http://example.org"))


@pytest.mark.parametrize(
    ("changes", "crossed"),
    [
        ({}, {}),
        ({"reference": "", "pay_to": ""}, {"reference": "", "pay_to": ""}),
        ({"due_date": date(1, 1, 1)}, {"due_date": date(1, 1, 1)}),
        ({"description": " Logo "}, {"description": "Logo"}),
        ({"description": "Lo\tgo", "pay_to": "A\u030ada"}, {"description": "Lo go", "pay_to": "\u00c5da"}),
        ({"reference": " "}, {"reference": None}),
    ],
)
def test_terms_from_outside_are_compared_with_how_this_desk_writes_them(
    changes: dict[str, object], crossed: dict[str, object]
) -> None:
    terms = replace(_in_a_retired_currency(), **changes)  # type: ignore[arg-type]
    assert crossed_terms(terms) == replace(terms, **crossed)  # type: ignore[arg-type]
    assert (crossed_terms(terms) is terms) == (changes == crossed)


def test_what_is_wrong_with_terms_from_outside_is_told_of_each() -> None:
    terms = replace(_in_a_retired_currency(), description="", document="ftp://example.org", pay_to="x" * 71)
    with pytest.raises(InvalidInput) as refused:
        crossed_terms(terms)
    assert list(refused.value.problems) == ["description", "document", "pay_to"]


TEXT = st.none() | st.text(max_size=40)
ANY_MONEY = st.builds(Money, st.integers(), st.text(max_size=4), st.integers())


@given(st.builds(Terms, ANY_MONEY, st.text(max_size=60), TEXT, st.none() | st.dates(), TEXT, TEXT))
def test_the_hash_of_terms_is_that_of_their_canonical_json(terms: Terms) -> None:
    facts = dataclasses.asdict(terms)
    facts |= facts.pop("money")
    text = json.dumps(facts, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    assert terms.hash == hashlib.sha256(text.encode()).hexdigest()


LETTERS = pytest.mark.fault(
    kind="Look-alike letters in the host of a link and in a payee are warned about wherever these are typed or read.",
    mended="domain/doubts.py",
)


@LETTERS
@pytest.mark.parametrize(
    ("field", "typed", "letters"),
    [
        ("document", "https://pаypal.com/a.pdf", "а (U+0430)"),
        ("document", "https://docs.exаmple.org:8443/a.pdf", "а (U+0430)"),
        ("document", "https://goοgle.com", "ο (U+03BF)"),
        ("document", "https://ex%D0%B0mple.org/a.pdf", "а (U+0430)"),
        ("document", "https://xn--pypal-4ve.com/a.pdf", "а (U+0430)"),
        ("pay_to", "PаyPal", "а (U+0430)"),
        ("pay_to", "DЕ89 3704 0044 0532 0130 00", "Е (U+0415)"),
        ("pay_to", "Αda Lovelace", "Α (U+0391)"),
        ("pay_to", "Acme, Вank of Acme", "В (U+0412)"),
    ],
)
def test_letters_of_another_script_within_a_word_are_warned_about(field: str, typed: str, letters: str) -> None:
    assert checked_terms("5", "EUR", "Logo", **{field: typed})
    for warnings in (doubts({field: typed}, TODAY), look_alikes({field: typed})):
        assert list(warnings) == [field] and warnings[field].endswith(f"may look like another one: {letters}.")


@LETTERS
@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("document", "https://example.org/счёт.pdf"),
        ("document", "https://пример.com/a.pdf"),
        ("document", "https://bücher.example.org"),
        ("document", "https://xn--bcher-kva.example.org"),
        ("document", "https://xn--/a.pdf"),
        ("pay_to", "ООО Ромашка, IBAN BY20 OLMP"),
        ("pay_to", "株式会社ACME"),
        ("pay_to", "Müller & Søn"),
        ("pay_to", "Αθήνα"),
    ],
)
def test_words_of_one_script_each_are_not_warned_about(field: str, typed: str) -> None:
    assert look_alikes({field: typed}) == {}


def test_every_term_has_its_row_its_field_on_the_wire_and_its_columns() -> None:
    assert ("money", *TERM_NAMES) == tuple(field.name for field in fields(Terms))
    assert (*MONEY, *TERM_NAMES) == tuple(TermsMessage.model_fields)
    for prefix in ("", "decided_", "standing_"):
        assert {f"{prefix}{name}" for name in TERM_NAMES} <= PaymentRequestRow.model_fields.keys()


def test_a_term_that_there_is_not_is_refused() -> None:
    with pytest.raises(TypeError, match="colour"):
        checked_terms("1", "EUR", "Logo", colour="blue")


def test_a_refused_payee_is_called_the_payee() -> None:
    with pytest.raises(InvalidInput, match=r"The payee is too long; write at most 70 characters\."):
        checked_terms("1", "EUR", "Logo", pay_to="x" * 71)
