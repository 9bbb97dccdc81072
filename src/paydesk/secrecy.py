"""Passwords of the settings are noted here when they are read, and taken out of every text that came from a library."""

import logging
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus, unquote

HIDDEN = "***"
_LEAST = 4
"""A shorter one would be found in words that have nothing to do with it."""
_COMMON = frozenset(
    {"paydesk", "contractor", "manager", "postgres", "postgresql", "kafka", "redis", "stack", "password"}
)
"""Words of every second sentence: a password like these is taken out of URLs alone."""
_URL_LOGIN = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*:/?/?)(?P<login>[^\s\"'/@]*:)(?P<secret>[^\s\"']+)(?=@)")
_NAMED = re.compile(
    r"(?i)(?P<name>(?:pass(?:word|wd|phrase)?|secret|token|sasl\.password|ssl\.key\.\w+)[\"']?\s*[=:]\s*)"
    r"(?P<secret>'(?:[^'\\]|\\.)*'|\"[^\"]*\"|[^\s,;&\"']+)"
)
_noted: set[str] = set()


def note(secrets: Iterable[str | None]) -> None:
    """Keep these out of every text that passes ``hide``, as they are and as a URL writes them."""
    for secret in secrets:
        if secret:
            written = {
                secret,
                secret.strip(),
                quote(secret, safe=""),
                quote_plus(secret),
                unquote(secret),
                repr(secret)[1:-1],
            }
            _noted.update(one for one in written if len(one) >= _LEAST and one.lower() not in _COMMON)


def hide(text: str) -> str:
    """Return a text that a library or a system wrote, without the login of any URL and without any secret noted."""
    text = _URL_LOGIN.sub(lambda found: f"{found['scheme']}{found['login']}{HIDDEN}", text)
    text = _NAMED.sub(lambda found: found["name"] + HIDDEN, text)
    for secret in sorted(_noted, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return text


class Formatter(logging.Formatter):
    """Writes records of a log, their tracebacks too, without any secret."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the lines of a record."""
        return hide(super().format(record))
