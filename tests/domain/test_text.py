"""Honest text comes back unchanged; hostile text is refused, and made harmless for a terminal."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paydesk.domain.errors import InvalidInput
from paydesk.domain.fold import known
from paydesk.domain.text import checked, checked_name, clean, first_hostile, is_hostile, is_plain, same_person

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


def _plain_characters() -> list[str]:
    return [chr(code) for code in range(0x110000) if is_plain(chr(code))]


def test_a_plain_character_is_seen_and_is_nfc_beside_any_other() -> None:
    plain = _plain_characters()
    assert len(plain) > 30_000
    for char in plain:
        assert first_hostile(char) is None and first_hostile(f"a{char}b{char}") is None and char != "\ufffd", (
            f"{char!r}"
        )
        assert unicodedata.combining(char) == 0 and unicodedata.is_normalized("NFC", char), f"{char!r}"
        assert known(char), f"{char!r} is newer than the oldest Python"
    # None is joined to the one before it: each second part of a canonical pair, and the vowels and finals of Hangul.
    pairs = (unicodedata.decomposition(chr(code)).split() for code in range(0x110000))
    seconds = {chr(int(pair[1], 16)) for pair in pairs if len(pair) == 2 and not pair[0].startswith("<")}
    assert len(seconds) > 50 and not seconds & set(plain)
    assert not {chr(code) for code in range(0x1100, 0x1200)} & set(plain)


@given(st.text(st.sampled_from(_plain_characters()), max_size=60))
def test_plain_text_comes_back_as_it_is_but_for_blanks_at_its_ends(text: str) -> None:
    assert is_plain(text) and not is_hostile(text)
    assert checked("description", text, least=0, most=60) == unicodedata.normalize("NFC", text).strip(" ")


def test_too_long_and_too_short_are_told() -> None:
    for text in ("x" * 10_000, ""):
        with pytest.raises(InvalidInput) as refused:
            checked("description", text, least=1, most=500)
        assert refused.value.problems["description"]


def test_names_are_compared_folded() -> None:
    assert same_person(" Ada ", "ADA") and same_person("ﬁnn", "FINN") and not same_person("ada", "bo")


ANY_PYTHON = pytest.mark.fault(
    kind="What text means and may cross depends on no interpreter's Unicode tables.", mended="domain/text.py"
)
TABS = pytest.mark.fault(
    kind="A pasted tab becomes a blank, as line breaks do, in every field and argument.", mended="domain/text.py"
)


@ANY_PYTHON
@pytest.mark.parametrize(
    "text", ["Team day 🫨", "\U0002ebf0 Wang", "\u0c5c", "\U000323b5", "\U0001fadf\u200d🧑", "a\U0001e6e3"]
)
def test_characters_that_a_python_does_not_know_may_cross(text: str) -> None:
    assert not is_hostile(text) and checked_name(text) == text
    unknown = [char for char in text if unicodedata.category(char) == "Cn"]
    assert not set(unknown) & set(clean(text)) and clean(text).count("\ufffd") == len(unknown)


@ANY_PYTHON
@pytest.mark.parametrize(
    "char", ["\ufdd0", "\uffff", "\U0001fffe", "\U0010ffff", "\u2065", "\ufff3", "\U000e0fff", "\ue000"]
)
def test_what_can_never_be_a_character_may_not_cross(char: str) -> None:
    assert is_hostile(f"a{char}b")


@ANY_PYTHON
@pytest.mark.parametrize("mark", ["\u0301", "\u0cf3", "\U00010efd", "\U00011f41"])
def test_marks_are_counted_alike_whether_this_python_knows_them(mark: str) -> None:
    stacks = "a" + mark * 9
    assert is_hostile(stacks) is (mark not in "\u0cf3\U00011f41")  # These two take room of their own.


@TABS
@pytest.mark.parametrize("pasted", ["logo\tdesign", "logo\ndesign", "logo\r\ndesign", "\tlogo\rdesign\n"])
def test_a_tab_or_line_break_becomes_a_blank(pasted: str) -> None:
    assert checked("description", pasted, least=1, most=500) == "logo design"
