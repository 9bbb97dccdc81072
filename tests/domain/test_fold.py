"""One folding: what people take for the same is the same, and every Python folds alike."""

import hashlib
import unicodedata
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paydesk.domain.copy import Delivery, RequestCopy
from paydesk.domain.filter_text import parse_filter
from paydesk.domain.filters import Asker
from paydesk.domain.fold import fold, known, nfc
from paydesk.domain.payment_request import RequestRegister, checked_terms
from paydesk.domain.text import is_hostile, same_person

ALIKE = pytest.mark.fault(
    kind="Letters that differ in size or form alone are one letter, by one folding everywhere.", mended="domain/fold.py"
)
SUMS = ["cbcb16cf35dcc0f3", "68bc0a471a8f04c1", "f9638978b62be8be"]
ANY_PYTHON = pytest.mark.fault(
    kind="What text means and may cross depends on no interpreter's Unicode tables.", mended="domain/text.py"
)
PAIRS = [
    ("Straße GmbH", "STRASSE GMBH"),
    ("Straße GmbH", "STRAẞE GMBH"),
    ("Σίσυφος", "ΣΊΣΥΦΟΣ"),
    ("ὈΔΥΣΣΕΎΣ", "ὀδυσσεύς"),
    ("ᾳ", "ΑΙ"),
    ("İade masrafı", "iade MASRAFI"),
    ("İzmir", "I\u0307ZMIR"),
    ("I\u0323\u0307", "\u0130\u0323"),
    ("IŞIK", "ışık"),
    ("ﬁnn ﬄ", "FINN FFL"),
    ("\u212aelvin", "Kelvin"),
    ("\u212bngström", "Ångström"),
    ("ａｄａ", "ADA"),
    ("ǅ", "ǆ"),
    ("ǅ", "Ǆ"),
    ("Ꭰꭰ", "ꭰᎠ"),
    ("გიორგი", "ᲒᲘᲝᲠᲒᲘ"),
    ("ſecond", "SECOND"),
    ("e\u0301", "É"),
    ("北\u200d京", "北京"),
    ("می\u200cخواهم", "میخواهم"),
    ("❤\ufe0f", "❤"),
    ("ada\u00a0bo", "Ada Bo"),
    (" ada ", "ada"),
    ("𝐀𝐝𝐚", "ada"),
]


@ALIKE
@pytest.mark.parametrize(("text", "other"), PAIRS)
def test_what_people_take_for_the_same_is_the_same(text: str, other: str) -> None:
    assert fold(text) == fold(other) and same_person(text, other)


@pytest.mark.parametrize(("text", "other"), [("ada", "bo"), ("resume", "résumé"), ("аda", "ada"), ("Ørsted", "Orsted")])
def test_other_letters_are_other_letters(text: str, other: str) -> None:
    assert not same_person(text, other)


@ALIKE
def test_every_case_of_every_letter_is_one_letter() -> None:
    wrong = []
    for code in range(0x20000):
        char = chr(code)
        forms = {char.upper(), char.lower(), char.title(), char.casefold(), char.swapcase()} - {char}
        wrong += [(char, form) for form in forms if known(char) and all(map(known, form)) and fold(char) != fold(form)]
    assert not wrong


@given(st.text(max_size=30))
def test_folding_again_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text) == fold(nfc(text))


@given(st.text(max_size=30))
def test_what_one_normal_form_folds_to_all_do(text: str) -> None:
    old = "".join(filter(known, text))
    assert fold(old) == fold(unicodedata.normalize("NFD", old)) == fold(unicodedata.normalize("NFKC", old))


@ANY_PYTHON
def test_every_python_folds_normalises_and_refuses_alike() -> None:
    """The sums were made by Python 3.11, 3.12 and 3.13, whose tables are three."""
    sums = [hashlib.sha256() for _ in range(3)]
    for start in (*range(0, 0x34000, 64), *range(0xE0000, 0xE1040, 64)):
        text = "".join(map(chr, range(start, start + 64)))
        if not 0xD800 <= start < 0xE000:
            sums[0].update(fold(text).encode())
            sums[1].update(nfc(text).encode())
        sums[2].update(bytes(is_hostile(char) for char in text))
    assert [digest.hexdigest()[:16] for digest in sums] == SUMS


def test_the_folding_before_this_one_is_kept_for_what_was_said_then() -> None:
    assert not same_person("İda", "ida", 1) and same_person("İda", "ida")
    assert same_person(" Ada ", "ADA", 1) and same_person("ﬁnn", "FINN", 1) and not same_person("ada", "bo", 1)
    assert not same_person("\U00010d50", "\U00010d70", 1), "a pair that is newer than the oldest Python's tables"


@ALIKE
@pytest.mark.parametrize(
    ("contractor", "description", "typed"),
    [
        ("ada", "İade masrafı", "iade"),
        ("ada", "IADE", "İade"),
        ("Straße GmbH", "x", 'from:"STRASSE GMBH"'),
        ("Σίσυφος", "x", "from:ΣΊΣΥΦΟΣ"),
        ("STRASSE", "x", "from:me"),
    ],
)
def test_who_follows_a_list_hears_of_what_the_list_finds(contractor: str, description: str, typed: str) -> None:
    now = datetime(2026, 11, 30, tzinfo=UTC)
    asked = RequestRegister(UUID(int=1), 1, "PR-1", contractor, now, 1, checked_terms("5", "EUR", description))
    copy = RequestCopy(UUID(int=1), asked, None, Delivery.RECEIVED)
    assert parse_filter(typed).matches(copy, Asker("straße", now))
    assert not parse_filter(f"-{typed}").matches(copy, Asker("straße", now))
