"""What a field shows of what it holds."""

from paydesk.domain.text import visible


def test_a_field_shows_one_cell_of_text_for_each_character() -> None:
    raw = "a\x1b[2J\u202eb\x00\u200b" + "\u0301" * 40
    shown = visible(raw)
    assert len(shown) == len(raw) and shown.startswith("a␛[2J") and "\u202e" not in shown
