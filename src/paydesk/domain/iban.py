"""Account numbers by ISO 13616 (IBAN): a warning where one that was typed cannot be right. Nothing is refused."""

import re
import unicodedata
from collections.abc import Iterator

_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27, "BR": 29,
    "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28, "EE": 20, "EG": 29,
    "ES": 24, "FI": 18, "FK": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28,
    "HN": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20,
    "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19,
    "MN": 20, "MR": 27, "MT": 31, "MU": 30, "NI": 28, "NL": 18, "NO": 15, "OM": 23, "PK": 24, "PL": 28, "PS": 29,
    "PT": 25, "QA": 29, "RO": 24, "RS": 22, "RU": 33, "SA": 24, "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24,
    "SM": 27, "SO": 23, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20,
    "YE": 30,
}  # fmt: skip
"""How many characters the account numbers of a country have: the IBAN registry of SWIFT, release 100."""

_OTHERS = {
    "AO": 25, "BF": 28, "BJ": 28, "CF": 27, "CG": 27, "CI": 28, "CM": 27, "CV": 25, "DZ": 26, "GA": 27, "GQ": 27,
    "GW": 25, "IR": 26, "KM": 27, "MA": 28, "MG": 27, "ML": 28, "MZ": 25, "NE": 28, "SN": 28, "TD": 27, "TG": 28,
}  # fmt: skip
"""Countries whose banks use numbers of this form without being in the registry."""
_LENGTHS |= _OTHERS

_BEGINS = re.compile(r"(?:(?<![^\W_])|(?<=IBAN))[A-Za-z]{2}[0-9]{2}(?=[ .-]?[A-Za-z0-9])")
_PART = re.compile(r"[ .-]{0,2}([A-Za-z0-9]+)")
_LEAST, _MOST = 10, 34
"""What is shorter is taken for another kind of number; an IBAN has at most so many characters."""
_DIGITS_LEAST = 6
_UNKNOWN = re.compile(r"[A-Z]{2}[0-9]{14,32}")
"""Of a country without IBANs only what has nothing but digits is taken for one."""


def doubt(pay_to: str) -> str:
    """Return what is wrong with an account number in what a person typed, as a sentence; else an empty string.

    What does not look like an IBAN, such as a name, is none and has nothing wrong.
    """
    text = unicodedata.normalize("NFKC", pay_to)
    return next(filter(None, map(_what_is_wrong, _candidates(text))), "")


def _candidates(text: str) -> Iterator[str]:
    """Yield each part of the text that looks like an account number, without its blanks."""
    place = 0
    while (begin := _BEGINS.search(text, place)) is not None:
        whole, place = "", begin.start()
        length = _LENGTHS.get(begin[0][:2].upper(), _MOST)
        while (part := _PART.match(text, place)) is not None and (not whole or _goes_on(whole, part[1], length)):
            whole += part[1]
            place = part.end()
        whole = whole.upper()
        looks = whole[:2] in _LENGTHS or _UNKNOWN.fullmatch(whole)
        if looks and len(whole) >= _LEAST and sum(char.isdigit() for char in whole) >= _DIGITS_LEAST:
            yield whole


def _goes_on(whole: str, part: str, length: int) -> bool:
    """Whether the next part belongs to the number too, and is no name or address behind it."""
    if len(whole) >= length:
        return False
    cased = part.isupper() or whole[:2].islower()
    return any(map(str.isdigit, part)) or (cased and len(part) <= 4 and len(whole + part) <= length)


def _what_is_wrong(whole: str) -> str:
    length = _LENGTHS.get(whole[:2])
    if length is None:
        return f"No account number of {whole[:2]} is an IBAN; look at the account number again."
    if len(whole) != length:
        return f"An IBAN of {whole[:2]} has {length} characters, this one has {len(whole)}."
    return "" if _sums_up(whole) else "The check digits of this IBAN do not fit: a character of it is wrong."


def _sums_up(whole: str) -> bool:
    """Whether the check digits fit: ISO 7064, MOD 97-10."""
    return int("".join(str(int(char, 36)) for char in whole[4:] + whole[:4])) % 97 == 1
