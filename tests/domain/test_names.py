"""Names: honest ones of any script are taken, what is typed to look like another one is refused, what came shows it."""

import pytest

from paydesk.domain.errors import InvalidInput
from paydesk.domain.names import mixes_scripts, shown_name, typed_name

SAME_LOOK = pytest.mark.fault(
    kind="A typed name that looks like another is refused, and one that came in shows which letters differ.",
    mended="domain/names.py",
)
HONEST = [
    "O'Neil", "Ørsted", "北京", "עברית", "José Núñez", "Nguyễn Thị", "Иван Петров", "Σίσυφος", "გიორგი", "ᎠᏂ", "नमस्ते",
    "مرحبا", "می\u200cخواهم", "ไทย", "東京タワー Tokyo", "ひらがなカタカナ漢字", "한국 Kim", "\U0002ebf0 Wang", "ada-2",
    "ａｄａ", "Ω 2", "Ⅷ ada", "DŽ", "studio_nord", "ㄅ漢a", "Ива\u0301н 2",
]  # fmt: skip
MIXED = [
    ("аda", "<U+0430>da"),
    ("adа", "ad<U+0430>"),
    ("Ωmega", "<U+03A9>mega"),
    ("Ꭺda", "<U+13AA>da"),
    ("ꓮda", "<U+A4EE>da"),
    ("ԁаta", "<U+0501><U+0430>ta"),
    ("Ивaн", "Ив<U+0061>н"),
    ("ada١", "ada<U+0661>"),
    ("北a日ひа", "北a日ひ<U+0430>"),
    ("αβгδ", "αβ<U+0433>δ"),
]


@pytest.mark.parametrize("name", HONEST)
def test_honest_names_are_typed_and_shown_as_they_are(name: str) -> None:
    assert typed_name(name) and not mixes_scripts(name)
    assert "<U+" not in shown_name(name)


@SAME_LOOK
@pytest.mark.parametrize(("name", "shown"), MIXED)
def test_a_name_of_mixed_scripts_is_refused_when_typed_and_told_apart_where_it_came(name: str, shown: str) -> None:
    with pytest.raises(InvalidInput, match="mixes scripts"):
        typed_name(name)
    assert mixes_scripts(name) and shown_name(name) == shown


@pytest.mark.parametrize("name", ["a\u200dda", "ada\u200c", "a\u00adda", "\u202eada", "a\u2060da"])
def test_what_is_not_seen_is_no_part_of_a_typed_name(name: str) -> None:
    with pytest.raises(InvalidInput):
        typed_name(name)
