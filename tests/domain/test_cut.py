"""What is cut says so, and never goes through the number of a request."""

import pytest

from paydesk.domain.text import WHOLE, clean, whole_numbers

_CUT = pytest.mark.fault(
    kind="Nothing is cut in a pipe, and where something is cut `…` says so; a request's number is never cut.",
    mended="domain/text.py",
)


@_CUT
@pytest.mark.parametrize(
    ("limit", "shown"),
    [
        (100, "see PR-1000230, please"),
        (22, "see PR-1000230, please"),
        (21, "see PR-1000230, plea…"),
        (16, "see PR-1000230,…"),
        (15, "see PR-1000230…"),
        (14, "see …"),
        (8, "see …"),
        (5, "see …"),
        (1, "…"),
    ],
)
def test_what_is_cut_ends_in_an_ellipsis_and_holds_no_part_of_a_number(limit: int, shown: str) -> None:
    assert clean("see PR-1000230, please", limit) == shown


@_CUT
@pytest.mark.parametrize("digits", range(1, 13))
def test_a_number_is_there_whole_or_not_at_all(digits: int) -> None:
    number = "PR-" + "123456789012"[:digits]
    text = f"⚠ like {number} · {number} again"
    for limit in range(1, len(text) + 1):
        cut = whole_numbers(text[:limit], text)
        assert cut.count("PR-") == cut.count(number)
        assert not any(cut.endswith(number[:part]) for part in range(4, len(number)))


@_CUT
def test_a_long_text_is_whole_where_a_program_reads_it() -> None:
    text = "x" * 5000
    assert clean(text, WHOLE) == text and clean(text).endswith("x…") and len(clean(text)) == 512
