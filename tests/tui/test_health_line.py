"""The health line: acute trouble first, what was lost after it, and what came back where nothing is wrong."""

from dataclasses import replace
from datetime import timedelta

from rich.cells import cell_len

from paydesk.infra.health import BroughtBack, Part, PartState
from paydesk.tui.wording import health_words
from tests.fakes import NOON, WELL

NARROW = 78
"""Cells of the line at 80 columns."""


def test_what_came_back_fits_one_line_and_is_no_trouble() -> None:
    back = BroughtBack(312, NOON, NOON - timedelta(minutes=3), 5.0)
    words = health_words(replace(WELL, brought_back=back), "manager")
    assert words.text == "◔ 312 came back from the topic, the last of 11:57:00  ✓ Kafka lag 0  outbox 0"
    assert not words.trouble and cell_len(words.text) <= NARROW


def test_what_was_lost_is_told_after_acute_trouble_the_first_three_by_name() -> None:
    one = health_words(replace(WELL, lost=("PR-7 (bo)",)), "manager")
    assert one.text == "◔ Lost, as another version stands: PR-7 (bo); `paydesk doctor` tells."
    assert one.trouble and cell_len(one.text) <= NARROW
    away = Part(PartState.DOWN, "Kafka does not answer.")
    lost = tuple(f"PR-{number} (bo)" for number in range(5))
    many = health_words(replace(WELL, lost=lost, kafka=away), "manager").text
    assert many.index("Offline") < many.index("PR-0 (bo), PR-1 (bo), PR-2 (bo) and 2 more")
