"""Money, exact: minor units, an ISO 4217 code and its exponent. Never a float, never rounded."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from paydesk.domain.errors import InvalidInput

MAX_MINOR = 10**15 - 1
"""The largest amount in minor units; below 2**53, so exact in every JSON reader."""

_PLAIN = re.compile(r"[0-9]{1,15}(\.[0-9]{1,4})?")
_GROUPED = re.compile(r"[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]{1,4})?")
_ONE_COMMA = re.compile(r"[1-9][0-9]{0,2},[0-9]{3}")
_POINTS = re.compile(r"[1-9][0-9]{0,2}(\.[0-9]{3})+")
"""Amounts that somebody may mean otherwise than they are read, as other countries write them."""
_CODE = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units of a currency that has ``exponent`` decimals."""

    amount_minor: int
    currency: str
    exponent: int

    @property
    def amount(self) -> str:
        """The amount in major units with all its decimals, such as ``1250.00``."""
        return self._written(group="")

    @property
    def grouped(self) -> str:
        """The amount for people, such as ``1,250.00``."""
        return self._written(group=",")

    def _written(self, group: str) -> str:
        major, minor = divmod(self.amount_minor, 10**self.exponent)
        whole = f"{major:,}" if group else str(major)
        return f"{whole}.{minor:0{self.exponent}d}" if self.exponent else whole

    def __str__(self) -> str:
        return f"{self.grouped} {self.currency}"


def money(amount_minor: int, currency: str, exponent: int) -> Money:
    """Return money from the wire or the store, where codes that ISO has retired since still replay."""
    if type(amount_minor) is not int or not 0 < amount_minor <= MAX_MINOR:
        raise InvalidInput.of("amount", f"An amount is 1 to {MAX_MINOR:,} minor units.")
    if not _CODE.fullmatch(currency):
        raise InvalidInput.of("currency", "A currency is three letters, such as EUR.")
    if type(exponent) is not int or not 0 <= exponent <= 4:
        raise InvalidInput.of("currency", "A currency has 0 to 4 decimals.")
    return Money(amount_minor, currency, exponent)


def exponent_of(code: str) -> int:
    """Return the decimals of an ISO 4217 currency. Raises ``InvalidInput`` for anything else."""
    from iso4217 import Currency  # It parses its table when it is imported: a list names no currency.

    try:
        exponent = Currency(code).exponent
    except ValueError:
        sentence = "Write a currency of ISO 4217, such as EUR, USD or JPY."
        if _CODE.fullmatch(code):
            sentence = f"{code} is no currency of ISO 4217, or none any more; write one such as EUR, USD or JPY."
        raise InvalidInput.of("currency", sentence) from None
    if exponent is None:
        raise InvalidInput.of("currency", f"{code} is no money to pay with; write a currency such as EUR.")
    return int(exponent)


def is_amount(typed: str) -> bool:
    """Whether this is an amount as people may type it, in any currency."""
    return bool(_PLAIN.fullmatch(typed) or _GROUPED.fullmatch(typed))


def currency_code(typed: str) -> str:
    """Return a currency's code as typed, in capitals; only A to Z have any, so that ``ßp`` and ``uſd`` are no codes."""
    code = typed.strip()
    return code.upper() if code.isascii() else code


def parse_money(amount: str, currency: str) -> Money:
    """Return the money a person typed: ``1250.5``, ``1250.50`` or ``1,250.50``, and a currency code."""
    code, typed = currency_code(currency), amount.strip()
    problems = {}
    if not is_amount(typed):
        problems["amount"] = what_is_wrong(typed)
    try:
        exponent = exponent_of(code)
    except InvalidInput as error:
        raise InvalidInput(problems | error.problems) from None
    if problems:
        raise InvalidInput(problems)
    if doubt := misread(typed, code, exponent):
        raise InvalidInput.of("amount", doubt)
    whole, _, decimals = typed.replace(",", "").partition(".")
    if len(decimals) > exponent:
        kept = f"has {exponent} decimals" if exponent else "has no decimals"
        example = f"12.{'345'[:exponent]}" if exponent else "12"
        raise InvalidInput.of("amount", f"{code} {kept}; write an amount such as {example}.")
    largest = Money(MAX_MINOR, code, exponent)
    minor = int(whole[:20]) * 10**exponent + int(decimals.ljust(exponent, "0") or "0")
    if minor == 0:
        raise InvalidInput.of("amount", "Write an amount above zero.")
    if minor > MAX_MINOR or len(whole) > 20:
        raise InvalidInput.of("amount", f"The largest amount is {largest}; write a smaller one.")
    return Money(minor, code, exponent)


def misread(typed: str, code: str, exponent: int) -> str:
    """Return why an amount may be meant otherwise in this currency, as a sentence with what to write; else nothing."""
    if exponent >= 3 and _ONE_COMMA.fullmatch(typed):
        thousands, decimals = typed.replace(",", ""), typed.replace(",", ".")
        return f"{typed} {code} can be read as {thousands} and as {decimals}; write the one that you mean."
    if exponent < 3 and _POINTS.fullmatch(typed):
        kept = f"{code} has {exponent} decimals" if exponent else f"{code} has no decimals"
        meant = typed.replace(".", "")
        return f"{typed}: a full stop divides decimals; write {meant} if thousands are meant, as {kept}."
    return ""


_EXAMPLE = "Write the amount in digits with a point, such as 1250.50 or 1,250.50."
_DIVIDERS = " '\u2019_\u00a0\u2009\u202f\u00b7\u066c"
"""What groups thousands elsewhere, besides the full stop."""


def what_is_wrong(typed: str) -> str:
    """Return why this is no amount in any currency, as a sentence that says what to write."""
    for shape, sentence in _WRONG:
        if match := shape.fullmatch(typed):
            return sentence(match)
    return _EXAMPLE


def _comma_for_point(match: re.Match[str]) -> str:
    return f"Write {match[1]}.{match[2]}: the point separates decimals, a comma groups thousands."


def _begins_with_zero(match: re.Match[str]) -> str:
    whole = match[0].replace(",", "").lstrip("0")
    if not whole.strip("0."):
        return "Write an amount above zero."
    small = f" or {match[1]}.{match[2].rstrip('0') or '0'}" if match[1] == "0" and match[2] else ""
    return f"{match[0]}: a comma groups thousands, and no such amount begins with 0; write {whole}{small}."


def _points_group(match: re.Match[str]) -> str:
    whole, _, decimals = match[0].partition(",")
    meant = whole.replace(".", "") + (f".{decimals}" if decimals else "")
    return f"{match[0]}: a full stop divides decimals, a comma groups thousands; write {meant}."


def _half_a_number(match: re.Match[str]) -> str:
    meant = match[0].replace(",", "").strip(".")
    zero = "0." if match[0].startswith(".") else ""
    return f"Write the amount in digits as {zero}{meant}: a point has digits before and behind it."


_WRONG: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"([0-9]+),([0-9]{1,2})"), _comma_for_point),
    (
        re.compile(r"[-+\u2212\u2013\uff0b\uff0d] ?[0-9.,]+"),
        lambda _: "Write an amount above zero in digits, without a sign.",
    ),
    (re.compile(r"[0-9]{16,}(\.[0-9]+)?"), lambda _: "The amount is too large; write at most 15 digits."),
    (
        re.compile(r"[0-9.,]+ ?([A-Za-z]{3}|[$€£¥])|([A-Za-z]{3}|[$€£¥]) ?[0-9.,]+"),
        lambda _: "Write the amount alone, such as 1250.50: the currency has a place of its own.",
    ),
    (
        re.compile(r"[0-9.]+[eE][-+]?[0-9]+"),
        lambda _: "Write the amount out in digits, such as 1250.50, not as a power of ten.",
    ),
    (
        re.compile(rf"[0-9]{{1,3}}([{_DIVIDERS}][0-9]{{3}})+([.,][0-9]{{1,2}})?"),
        lambda match: f"Only a comma groups thousands; write {_without_dividers(match[0])}.",
    ),
    (re.compile(r"[0-9]{1,3}(\.[0-9]{3})+,[0-9]{1,4}|[0-9]{1,3}(\.[0-9]{3}){2,}"), _points_group),
    (re.compile(r"(0[0-9]{0,2}),([0-9]{3})((,[0-9]{3})*(\.[0-9]+)?)"), _begins_with_zero),
    (re.compile(r"\.[0-9]+|[0-9]+(,[0-9]{3})*\."), _half_a_number),
    (
        re.compile(r"[0-9]+(,[0-9]*)+(\.[0-9]+)?"),
        lambda match: (
            f"{match[0]}: a comma groups thousands, three digits each; write {match[0].replace(',', '')}"
            " if that is what you mean."
        ),
    ),
    (re.compile(r"[0-9,]+\.[0-9]{5,}"), lambda _: "An amount has at most 4 decimals."),
    (
        re.compile(r"(?=.*[^\x00-\x7f])[\d.,\u066b\u066c\uff0c\uff0e]+"),
        lambda _: "Write the amount in the digits 0 to 9, such as 1250.50.",
    ),
)
"""Shapes that people type who write amounts otherwise, each with what is wrong with it; the first that fits counts."""


def _without_dividers(typed: str) -> str:
    plain = re.sub(rf"[{_DIVIDERS}]", "", typed)
    return plain.replace(",", ".")


def totals(moneys: Iterable[Money]) -> list[Money]:
    """Return one sum per currency, by code; currencies are never added to each other."""
    sums: defaultdict[tuple[str, int], int] = defaultdict(int)
    for money in moneys:
        sums[money.currency, money.exponent] += money.amount_minor
    return [Money(minor, code, exponent) for (code, exponent), minor in sorted(sums.items())]
