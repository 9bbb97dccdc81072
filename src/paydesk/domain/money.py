"""Money, exact: minor units, an ISO 4217 code and its exponent. Never a float, never rounded."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from iso4217 import Currency

from paydesk.domain.errors import InvalidInput

MAX_MINOR = 10**15 - 1
"""The largest amount in minor units; below 2**53, so exact in every JSON reader."""

_PLAIN = re.compile(r"[0-9]{1,15}(\.[0-9]{1,4})?")
_GROUPED = re.compile(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]{1,4})?")
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
    try:
        exponent = Currency(code).exponent
    except ValueError:
        raise InvalidInput.of("currency", "Write a currency of ISO 4217, such as EUR, USD or JPY.") from None
    if exponent is None:
        raise InvalidInput.of("currency", f"{code} is no money to pay with; write a currency such as EUR.")
    return int(exponent)


def is_amount(typed: str) -> bool:
    """Whether this is an amount as people may type it, in any currency."""
    return bool(_PLAIN.fullmatch(typed) or _GROUPED.fullmatch(typed))


def parse_money(amount: str, currency: str) -> Money:
    """Return the money a person typed: ``1250.5``, ``1250.50`` or ``1,250.50``, and a currency code."""
    code, typed = currency.strip().upper(), amount.strip()
    problems = {}
    if not is_amount(typed):
        problems["amount"] = _what_is_wrong(typed)
    try:
        exponent = exponent_of(code)
    except InvalidInput as error:
        raise InvalidInput(problems | error.problems) from None
    if problems:
        raise InvalidInput(problems)
    whole, _, decimals = typed.replace(",", "").partition(".")
    if len(decimals) > exponent:
        kept = f"has {exponent} decimals" if exponent else "has no decimals"
        example = f"12.{'345'[:exponent]}" if exponent else "12"
        raise InvalidInput.of("amount", f"{code} {kept}; write an amount such as {example}.")
    minor = int(whole) * 10**exponent + int(decimals.ljust(exponent, "0") or "0")
    if minor == 0:
        raise InvalidInput.of("amount", "Write an amount above zero.")
    if minor > MAX_MINOR:
        largest = Money(MAX_MINOR, code, exponent)
        raise InvalidInput.of("amount", f"The largest amount is {largest}; write a smaller one.")
    return Money(minor, code, exponent)


def _what_is_wrong(typed: str) -> str:
    if re.fullmatch(r"[0-9]+,[0-9]{1,2}", typed):
        point = typed.replace(",", ".")
        return f"Write {point}: the point separates decimals, a comma groups thousands."
    if re.fullmatch(r"-[0-9.,]+", typed):
        return "Write an amount above zero, without a sign."
    if re.fullmatch(r"[0-9]{16,}(\.[0-9]+)?", typed):
        return "The amount is too large; write at most 15 digits."
    if re.fullmatch(r"[0-9.,]+ ?[A-Za-z]{3}|[A-Za-z]{3} ?[0-9.,]+", typed):
        return "Write the amount alone, such as 1250.50: the currency has a place of its own."
    return "Write the amount in digits with a point, such as 1250.50 or 1,250.50."


def totals(moneys: Iterable[Money]) -> list[Money]:
    """Return one sum per currency, by code; currencies are never added to each other."""
    sums: defaultdict[tuple[str, int], int] = defaultdict(int)
    for each in moneys:
        sums[each.currency, each.exponent] += each.amount_minor
    return [Money(minor, code, exponent) for (code, exponent), minor in sorted(sums.items())]
