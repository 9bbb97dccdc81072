"""Passwords of the settings are noted here when they are read, and taken out of every text that came from a library."""

import logging
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus, unquote

from paydesk.role_names import ROLES

HIDDEN = "***"
_LEAST = 4
"""A shorter one would be found in words that have nothing to do with it."""
_COMMON = frozenset({"paydesk", *ROLES, "postgres", "postgresql", "kafka", "redis", "stack", "password"})
"""Words of every second sentence: a password like these is taken out of URLs alone."""
_WORD = re.compile(r"[^\s\"']+")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,31}:/{0,2}")
_LOGIN = re.compile(r"[^/@:]*:")
_NAMED = re.compile(
    r"(?i)(?P<name>(?:pass(?:word|wd|phrase)?|secret|token|sasl\.password|ssl\.key\.\w{1,32})[\"']?\s{0,9}[=:]\s{0,9})"
    r"(?P<secret>'(?:[^'\\]|\\.){0,999}'|\"(?:[^\"\\]|\\.){0,999}\"|[^\s,;&\"']+)"
)
"""Each repetition that can fail is bounded, so that a long text costs no more than its length."""
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
            _noted.update(text for text in written if _is_telling(text))


def _is_telling(text: str) -> bool:
    """Return whether taking this out of a text hides something: no common word, and more than the scheme of a URL."""
    return len(text) >= _LEAST and text.lower() not in _COMMON and not _SCHEME.fullmatch(text)


def hide(text: str) -> str:
    """Return a text that a library or a system wrote, without the login of any URL and without any secret noted."""
    text = _WORD.sub(lambda match: _without_login(match[0]), text) if "@" in text else text
    text = _NAMED.sub(lambda match: match["name"] + HIDDEN, text)
    for secret in sorted(_noted, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return text


def _without_login(word: str) -> str:
    """Return a word without what stands between the login of a URL and its last @."""
    end = word.rfind("@")
    for scheme in _SCHEME.finditer(word, 0, max(end, 0)):
        login = _LOGIN.match(word, scheme.end(), end)
        if login and login.end() < end:
            return word[: login.end()] + HIDDEN + word[end:]
    return word


class Secret:
    """A text that is told only to who asks for it by name."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def get_secret_value(self) -> str:
        """Return the text."""
        return self._text

    def __len__(self) -> int:
        return len(self._text)

    def __repr__(self) -> str:
        return f"Secret({HIDDEN if self._text else ''})"


class Formatter(logging.Formatter):
    """Writes records of a log, their tracebacks too, without any secret."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the lines of a record."""
        return hide(super().format(record))
