"""Names of people: what may be typed, and how a name that mixes scripts is told apart from the one it looks like."""

import re
from functools import cache, lru_cache
from urllib.parse import unquote, urlsplit

from paydesk.domain.errors import InvalidInput
from paydesk.domain.fold import Ranges
from paydesk.domain.text import Clean, checked_name, clean
from paydesk.domain.unicode_scripts import SCRIPTS

_EVERY = frozenset({"Zyyy", "Zinh"})
"""Digits, blanks, dashes and marks, which go with every script."""
_WRITES_WITH = {
    "Hani": ("Jpan", "Hanb", "Kore"), "Hira": ("Jpan",), "Kana": ("Jpan",), "Hang": ("Kore",), "Bopo": ("Hanb",),
}  # fmt: skip
"""The ways of writing that use several scripts: Japanese, Han with Bopomofo, Korean (UTS 39, section 5.1)."""
_WORDS = re.compile(r"[^\s.,;:/()]+")
_WITH_LATIN = frozenset({"Jpan", "Hanb", "Kore"})


def typed_name(raw: str, field: str = "name") -> str:
    """Return a person's name as typed, which is of one script or of some that are written together.

    The rule is that of UTS 39, "Highly Restrictive": Latin goes with Japanese, Chinese and Korean, and no other script.
    Raises ``InvalidInput``. What comes from a topic is not asked: see ``shown_name``.
    """
    name = checked_name(raw)
    if odd := _odd(name):
        letters = ", ".join(f"{name[place]} (U+{ord(name[place]):04X})" for place in odd[:3])
        raise InvalidInput.of(
            field, f"The name mixes scripts, so that it looks like another one: {letters}. Type it in one script."
        )
    return name


def mixes_scripts(name: str) -> bool:
    """Whether a name mixes scripts that are not written together, so that it may look like another one."""
    return bool(_odd(name))


def shown_name(name: str | None) -> Clean:
    """Return a name fit for a terminal, or ``someone``; letters of another script than most show their code points."""
    if name is None:
        return Clean("someone")
    odd = set(_odd(name))
    shown = (f"<U+{ord(char):04X}>" if place in odd else char for place, char in enumerate(name))
    return clean("".join(shown))


def lookalikes(text: str) -> str:
    """Return the letters of another script within a word of a text, such as ``а (U+0430)``; empty where there are none.

    A text of several words may be in several scripts; a word that mixes them may look like another one.
    """
    letters = [word[place] for word in _WORDS.findall(text) for place in _odd(word)]
    return ", ".join(f"{letter} (U+{ord(letter):04X})" for letter in list(dict.fromkeys(letters))[:3])


def lookalikes_of_host(link: str) -> str:
    """Return the letters of another script within a part of a link's host, as ``lookalikes``, however it is written.

    A browser reads ``%D0%B0`` and ``xn--…`` (RFC 3492) there as the letters that these stand for.
    """
    try:
        host = unquote(urlsplit(link).hostname or "")
    except ValueError:
        return ""
    return lookalikes(" ".join(map(_decoded, host.split("."))))


def _decoded(label: str) -> str:
    if not label.lower().startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return label


@cache
def _scripts() -> Ranges:
    return Ranges(SCRIPTS)


@lru_cache(maxsize=4096)
def _ways(char: str) -> frozenset[str]:
    """Return the scripts, and the ways of writing, in which a character is used."""
    scripts = _scripts().of(char).split()
    return frozenset(scripts).union(*(_WRITES_WITH.get(script, ()) for script in scripts)) or frozenset({"Zzzz"})


@lru_cache(maxsize=1024)
def _odd(name: str) -> tuple[int, ...]:
    """Return the places of the letters that do not go with the others."""
    if name.isascii():
        return ()
    letters = {place: ways for place, char in enumerate(name) if not (ways := _ways(char)) & _EVERY}
    # Which way of writing leaves the fewest out? With Japanese, Chinese and Korean goes Latin.
    used = frozenset[str]().union(*letters.values())
    left_out = [
        tuple(
            place for place, ways in letters.items()
            if way not in ways and not (way in _WITH_LATIN and "Latn" in ways)
        )
        for way in sorted(used, key=lambda way: (way not in _WITH_LATIN, way != "Latn", way))
    ]  # fmt: skip
    return min(left_out, key=len, default=())
