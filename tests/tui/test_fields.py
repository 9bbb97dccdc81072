"""What comes from a terminal as bytes: text that is not UTF-8, and pastes that hold escape characters."""

import pytest

from paydesk.domain.text import visible
from paydesk.tui.fields import _Decoder


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 1000])
def test_a_paste_keeps_no_escape_character_however_it_is_cut(size: int) -> None:
    raw = b"j\x1b[A\x1b[200~a\x1b]52;c;eA==\x07b\x00\x1b[20\xc3\xa9\x1b[201~\x1b[Bk"
    decoder, told = _Decoder(), ""
    cuts = range(13, len(raw), size)  # The opening bracket comes whole, as terminals send it.
    for start in (0, *cuts):
        told += decoder.decode(raw[start : 13 if start == 0 else start + size])
    assert told == "j\x1b[A\x1b[200~a\ufffd]52;c;eA==\x07b\ufffd\ufffd[20é\x1b[201~\x1b[Bk"


def test_bytes_that_are_not_utf_8_are_read_as_lost_characters() -> None:
    assert _Decoder().decode(b"a\xff\xed\xa0\x80b", True).strip("\ufffd").startswith("a\ufffd")


def test_a_field_shows_one_cell_of_text_for_each_character() -> None:
    raw = "a\x1b[2J\u202eb\x00\u200b" + "\u0301" * 40
    shown = visible(raw)
    assert len(shown) == len(raw) and shown.startswith("a␛[2J") and "\u202e" not in shown
