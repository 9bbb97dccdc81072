"""What a contractor asks for: the terms of a payment, and the register that the contractor side alone writes."""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache, partial
from urllib.parse import urlsplit
from uuid import UUID

from paydesk.domain.days import parse_day
from paydesk.domain.errors import InvalidInput
from paydesk.domain.money import Money, currency_code, parse_money
from paydesk.domain.text import checked

DESCRIPTION_MOST = 500
REFERENCE_MOST = 35
DOCUMENT_MOST = 500
PAY_TO_MOST = 70
NUMBER_STEP_MOST = 1_000_000
"""So far one number may stand above all others and still be followed by the next one."""
_NUMBER = re.compile(r"PR-[0-9]{1,12}")
_PLAIN_LINK = re.compile(r"https://[A-Za-z0-9.-]+(/[!-~]*)?")
"""Links of which there is nothing to say: the look at their parts is spared."""


@dataclass(frozen=True, slots=True)
class Terms:
    """All that a decision is about."""

    money: Money
    description: str
    reference: str | None = None
    due_date: date | None = None
    document: str | None = None
    pay_to: str | None = None

    @property
    def hash(self) -> str:
        """SHA-256, in hexadecimal, over the canonical JSON of all terms; stable for ever."""
        return _hash_of(self)


@lru_cache(maxsize=4096)
def _hash_of(terms: Terms) -> str:
    """Return the hash of terms; each event and each decision about them asks for it again, batches later."""
    return hashlib.sha256(_canonical(terms).encode()).hexdigest()


def _canonical(terms: Terms) -> str:
    """Return the terms as JSON without blanks, the names in their order, other letters than ASCII as they are.

    ``json.dumps`` writes the same; it looks at its options anew each time, which takes longer than the hash.
    """
    money = terms.money
    facts: dict[str, str | int | date | None] = {name: getattr(terms, name) for name in TERM_NAMES}
    facts |= {"amount_minor": money.amount_minor, "currency": money.currency, "exponent": money.exponent}
    return _CANONICAL % tuple([_json(facts[name]) for name in _IN_ORDER])


def _json(value: str | int | date | None) -> str:
    if isinstance(value, str):
        return _QUOTED(value)
    if value is None:
        return "null"
    return str(value) if isinstance(value, int) else f'"{value.isoformat()}"'


@dataclass(frozen=True, slots=True)
class TermField:
    """One term besides the money: whatever lists the terms goes by these rows, in their order."""

    name: str
    """Its field in ``Terms``, on the wire, in the database, in JSON and in CSV."""
    read: Callable[[str], object]
    """Returns what was typed, as it is kept. Raises ``InvalidInput``."""
    label: str
    """What the form calls it."""
    example: str
    """What stands in the empty field of the form."""
    option: str = ""
    """The option of the command line, of a term that may be left out."""
    metavar: str = ""
    help: str = ""
    crosses: Callable[[str], object] | None = None
    """Reads what came from the other side, where that is something else than what is typed today."""

    @property
    def words(self) -> str:
        """What it is called within a line."""
        return self.name.replace("_", " ")

    def plain(self, terms: Terms) -> str | None:
        """Return it as JSON has it; None where there is none."""
        value: str | date | None = getattr(terms, self.name)
        return value.isoformat() if isinstance(value, date) else value

    def written(self, terms: Terms) -> str:
        """Return it as a person would type it; empty where there is none."""
        return self.plain(terms) or ""


def is_number(text: str) -> bool:
    """Whether a text has the form of a human number: ``PR-`` and 1 to 12 digits."""
    return _NUMBER.fullmatch(text) is not None


def counter_after(counter: int, numbers: Iterable[str]) -> int:
    """Return where counting goes on once these numbers were met: above each, but never more than a step farther.

    Whoever writes a far number to the topic so moves it by a step, and does not use up the numbers of all.
    """
    for number in sorted(int(text.removeprefix("PR-")) for text in numbers if is_number(text)):
        counter = max(counter, min(number, counter + NUMBER_STEP_MOST))
    return counter


def called(number: str | None, request_id: UUID) -> str:
    """Return what a request is called: its human number, or ``…`` and the last six of the id while there is none."""
    return number or f"…{request_id.hex[-6:]}"


@dataclass(frozen=True, slots=True)
class RequestRegister:
    """The contractor side's word on one request; ``version`` rises by one with every change."""

    id: UUID
    version: int
    number: str | None
    contractor: str
    requested_at: datetime
    revision: int
    terms: Terms
    withdrawal_asked: bool = False


def checked_terms(
    amount: str,
    currency: str,
    description: str,
    **others: str,
) -> Terms:
    """Return the terms a person typed; ``others`` are the optional ones of ``TERMS``, by name.

    Raises ``InvalidInput`` with a sentence for every field that is wrong.
    """
    typed = {"amount": amount, "currency": currency, "description": description} | others
    return Terms(**_checked_values(_checks(dict.fromkeys((term.name for term in TERMS), "") | typed)))  # type: ignore[arg-type]


def crossed_terms(terms: Terms) -> Terms:
    """Return terms from outside as this desk writes them, all but the money: the very same where they are written so.

    It goes by what a person could ever type: the history of before still crosses. Raises ``InvalidInput`` as
    ``checked_terms`` does.
    """
    others: dict[str, object] = {}
    problems: dict[str, str] = {}
    for name, read in _CROSSING:
        value = getattr(terms, name)
        if value is None:
            continue
        try:
            crossed = read(value)
        except InvalidInput as error:
            problems |= error.problems
            continue
        if (crossed or "") != value:
            others[name] = crossed
    if problems:
        raise InvalidInput(problems)
    return replace(terms, **others) if others else terms  # type: ignore[arg-type]


def _checks(typed: Mapping[str, str]) -> dict[str, Callable[[], object]]:
    """Return what reads each field of the terms as it was typed. Raises ``TypeError`` for a field that there is not."""
    if unknown := typed.keys() - {"amount", "currency", *(term.name for term in TERMS)}:
        raise TypeError(f"no terms: {', '.join(sorted(unknown))}")
    money = {"money": lambda: parse_money(typed["amount"], typed["currency"])}
    return money | {term.name: partial(term.read, typed[term.name]) for term in TERMS}


def _checked_values(checks: Mapping[str, Callable[[], object]]) -> dict[str, object]:
    """Return what was read. Raises ``InvalidInput`` with a sentence for every field that is wrong."""
    problems: dict[str, str] = {}
    values: dict[str, object] = {}
    for field, check in checks.items():
        try:
            values[field] = check()
        except InvalidInput as error:
            problems.update(error.problems)
    if problems:
        raise InvalidInput(problems)
    return values


def _date(typed: str) -> date | None:
    return parse_day("due_date", typed, "2026-12-31") if typed.strip() else None


def _link(typed: str) -> str | None:
    text = checked("document", typed, least=0, most=DOCUMENT_MOST)
    if not text:
        return None
    if wrong := _what_is_wrong_with_link(text):
        raise InvalidInput.of("document", wrong)
    return text


def _typed_link(typed: str) -> str | None:
    """Return a link whose port can exist. Links from before this check stay as they are."""
    text = _link(typed)
    if text is None:
        return None
    try:
        port = urlsplit(text).port
    except ValueError:
        port = 0
    if port == 0:
        sentence = (
            "The port of the link cannot be; ports are numbers from 1 to 65535, such as https://example.org:8443/a.pdf."
        )
        raise InvalidInput.of("document", sentence)
    return text


def _what_is_wrong_with_link(text: str) -> str:
    example = "such as https://example.org/a.pdf"
    if _PLAIN_LINK.fullmatch(text):
        return ""
    if " " in text:
        return "The link holds a blank; write %20 in its place, such as https://example.org/a%20b.pdf."
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        return f"The host of the link cannot be read; write a link {example}."
    if parts.scheme != "https":
        return f"Write a link that begins with https://, {example}."
    if "@" in parts.netloc:
        return "The link holds a login before the @, which others would see; write the link without it."
    return "" if host else f"The link names no host; write a link {example}."


TERMS = (
    # Every row is in the hash of the terms, which a side compares with what was sent: a further row has to leave the
    # hash of what lacks it as it is, or every message of before is quarantined.
    TermField(
        "description",
        lambda typed: checked("description", typed, least=1, most=DESCRIPTION_MOST),
        "Description",
        "what the payment is for",
    ),
    TermField(
        "reference",
        lambda typed: checked("reference", typed, least=0, most=REFERENCE_MOST) or None,
        "Reference",
        "your invoice number, if any",
        "--reference",
        "R",
        "Your invoice number, at most 35 characters.",
    ),
    TermField(
        "due_date",
        _date,
        "Due date",
        "such as 2026-12-31, if any",
        "--due",
        "DATE",
        "Due date, such as 2026-12-31.",
        # A day by its type: the years that may be typed are not those that were sent.
        crosses=lambda day: day,
    ),
    TermField(
        "document",
        _typed_link,
        "Document",
        "https link to the invoice, if any",
        "--document",
        "URL",
        "An https link to the invoice.",
        crosses=_link,
    ),
    TermField(
        "pay_to",
        lambda typed: checked("pay_to", typed, least=0, most=PAY_TO_MOST, name="payee") or None,
        "Pay to",
        "account or name, if not the usual one",
        "--pay-to",
        "P",
        "The account or name to pay.",
    ),
)
TERM_NAMES = tuple(term.name for term in TERMS)
_CROSSING = tuple((term.name, term.crosses or term.read) for term in TERMS)
_IN_ORDER = sorted(("amount_minor", "currency", "exponent", *TERM_NAMES))
_CANONICAL = "{" + ",".join(f'"{name}":%s' for name in _IN_ORDER) + "}"
_QUOTED = json.JSONEncoder(ensure_ascii=False).encode


def changed_terms(terms: Terms, **fields: str | None) -> Terms:
    """Return the terms with the given fields typed anew: None keeps a field, an empty string clears an optional one.

    What stays as it was is kept without another look at it, such as a currency that was retired since.
    """
    refuse_kept_amount(terms, fields)
    kept = typed_fields(terms)
    typed = kept | {name: value for name, value in fields.items() if value is not None}
    changed = {name for name, value in typed.items() if value != kept[name]}
    if changed & {"amount", "currency"}:
        changed.add("money")
    return replace(terms, **_checked_values({name: check for name, check in _checks(typed).items() if name in changed}))  # type: ignore[arg-type]


def refuse_kept_amount(terms: Terms, fields: Mapping[str, str | None]) -> None:
    """Refuse a currency that was typed without an amount, where it cannot have the amount that there is.

    Nobody typed that amount: what to write in its place is not for the program to say.
    """
    code = currency_code(fields.get("currency") or "")
    if fields.get("amount") is not None or code in ("", terms.money.currency):
        return
    try:
        parse_money(terms.money.amount, code)
    except InvalidInput as error:
        if "amount" in error.problems:
            message = f"The amount is {terms.money}, which cannot be kept in {code}; write the amount in {code} too."
            raise InvalidInput.of("amount", message) from error


def typed_fields(terms: Terms) -> dict[str, str]:
    """Return the terms as a person would type them, by field."""
    money = {"amount": terms.money.amount, "currency": terms.money.currency}
    return money | {term.name: term.written(terms) for term in TERMS}


def describe_changes(old: Terms, new: Terms) -> list[str]:
    """Return a line for each term that differs, such as ``amount 1,200.00 EUR → 1,250.00 EUR``."""
    lines = [f"amount {old.money} → {new.money}"] if old.money != new.money else []
    before, after = typed_fields(old), typed_fields(new)
    for term in TERMS:
        was, becomes = before[term.name], after[term.name]
        if was != becomes:
            lines.append(f"{term.words} {was or '(none)'} → {becomes or '(none)'}")
    return lines
