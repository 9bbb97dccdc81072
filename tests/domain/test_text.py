"""Honest text comes back unchanged; hostile text is refused, and made harmless for a terminal."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paydesk.domain.errors import InvalidInput
from paydesk.domain.text import checked, clean, is_hostile, same_person

HONEST = ["O'Neil", "Ørsted", "北京", "עברית", "🙂", "[v2]", "👩‍💻", "[/nope]", "می‌خواهم", "क्‍ष", "❤️", "a <b> & c"]
HOSTILE = [
    "\x1b]52;c;eA==\x07",
    "a\x1b[2J",
    "a\u202eb",
    "a\u200bb",
    "a\x00b",
    "\x9b31m",
    "a\u2066b",
    "a\ufeffb",
    "a\x7f",
]


@pytest.mark.parametrize("text", HONEST)
def test_honest_text_comes_back_unchanged(text: str) -> None:
    normal = unicodedata.normalize("NFC", text)
    assert checked("description", text, least=1, most=500) == normal
    assert clean(normal) == normal


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_refused_and_cleaned(text: str) -> None:
    assert is_hostile(text)
    with pytest.raises(InvalidInput):
        checked("description", text, least=1, most=500)
    assert not is_hostile(clean(text))


@given(st.text(max_size=200))
def test_whatever_comes_is_fit_for_a_terminal(text: str) -> None:
    shown = clean(text)
    assert not any(unicodedata.category(char) in ("Cc", "Zl", "Zp", "Cs") for char in shown)
    assert not set(shown) & set("\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069")


def test_too_long_and_too_short_are_told() -> None:
    for text in ("x" * 10_000, ""):
        with pytest.raises(InvalidInput) as refused:
            checked("description", text, least=1, most=500)
        assert refused.value.problems["description"]


def test_names_are_compared_folded() -> None:
    assert same_person(" Ada ", "ADA") and same_person("ﬁnn", "FINN") and not same_person("ada", "bo")
