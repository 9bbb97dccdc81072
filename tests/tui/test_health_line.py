"""Health in words: the line with acute trouble first, what was lost after it, and the screen with every part."""

from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest
from rich.cells import cell_len

from paydesk.infra.core.health import KAFKA_AWAY, KAFKA_REFUSED, BroughtBack, Duty, Part, PartState
from paydesk.infra.postgres.connection import unreachable
from paydesk.tui.screens.health import HealthScreen
from paydesk.tui.text.health import health_report
from paydesk.tui.text.wording import health_words, live_text
from tests.fakes import NOON, WELL, FakeManagerDesk, World
from tests.tui.conftest import manager, opened, seen, shown

NARROW = 78
"""Cells of the line at 80 columns."""


def test_what_came_back_fits_one_line_and_is_no_trouble() -> None:
    back = BroughtBack(312, NOON, NOON - timedelta(minutes=3), 5.0)
    words = health_words(replace(WELL, brought_back=back), "manager")
    assert words.text == "◔ 312 came back from the topic, the last of 11:57:00  ✓ Kafka lag 0  outbox 0"
    assert not words.trouble and cell_len(words.text) <= NARROW


def test_what_was_lost_is_told_after_acute_trouble_the_first_three_by_name() -> None:
    words = health_words(replace(WELL, lost=("PR-7 (bo)",)), "manager")
    assert words.text == "◔ Lost, as another version stands: PR-7 (bo); `paydesk doctor` tells."
    assert words.trouble and cell_len(words.text) <= NARROW
    away = Part(PartState.DOWN, "Kafka does not answer.")
    lost = tuple(f"PR-{number} (bo)" for number in range(5))
    many = health_words(replace(WELL, lost=lost, kafka=away), "manager").text
    assert many.index("Offline") < many.index("PR-0 (bo), PR-1 (bo), PR-2 (bo) and 2 more")


@pytest.mark.fault(
    kind="A screen calls itself live only while all that it shows comes by itself.", mended="tui/text/wording.py"
)
@pytest.mark.parametrize(
    ("away", "word"),
    [
        ({}, "✓ live"),
        ({"kafka"}, "✗ Kafka away"),
        ({"redis"}, "✗ not live, reading every 2 s"),
        ({"kafka", "redis"}, "✗ Kafka away"),
        ({"kafka", "postgres"}, "✗ database away"),
    ],
)
def test_the_top_line_is_live_while_nothing_is_away(away: set[str], word: str) -> None:
    kafka, postgres, redis = (
        Part(PartState.DOWN if name in away else PartState.OK) for name in ("kafka", "postgres", "redis")
    )
    assert live_text(replace(WELL, kafka=kafka, postgres=postgres, redis=redis)) == word


async def test_health_says_of_every_part_what_it_means_for_the_person(world: World) -> None:
    desk = FakeManagerDesk(world)
    desk.reading = replace(
        WELL, kafka=Part(PartState.DOWN, "Kafka does not answer."), unsent=3, oldest_unsent_s=75, quarantined=2
    )
    async with manager(world, desk=desk).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("3")
        await seen(pilot, lambda: "Your decisions are safe and will be sent when it is back." in shown(pilot))
        assert "◔ 3 waiting" in shown(pilot) and "oldest 1 min" in shown(pilot)
        assert "`paydesk manager quarantine list`" in " ".join(shown(pilot).split())
        desk.reading = WELL
        await seen(pilot, lambda: "It carries your decisions to the contractors' side" in shown(pilot))
        await pilot.press("1")
        await seen(pilot, lambda: not isinstance(pilot.app.screen, HealthScreen))


def test_every_part_is_reported_however_it_is() -> None:
    worst = replace(
        WELL,
        postgres=Part(PartState.DOWN, "PostgreSQL does not answer."),
        redis=Part(),
        duty=Duty.STOPPED,
        lag=None,
        unsent=1,
        parked=1,
        locked=1,
        lost=("PR-7 (bo)",),
        memory_broker=True,
        notice="fetching Kafka, 12 of 44 MB; what you save is kept",
    )
    reports = {report.name: report for report in health_report(worst, "contractor")}
    assert [name for name, report in reports.items() if report.well] == ["Kafka"] == [*reports][-1:]
    assert reports["Lost"].now == "PR-7 (bo)" and reports["Worker"].state == "✗ stopped"
    assert all(report.well for report in health_report(WELL, "contractor"))


@pytest.mark.fault(
    kind="A sentence that says what is waited for names the server whose trouble it is.", mended="tui/text/health.py"
)
@pytest.mark.parametrize(
    ("kafka", "postgres", "awaited"),
    [
        (Part(PartState.OK), Part(PartState.DOWN, "PostgreSQL does not answer."), "the database answers"),
        (Part(PartState.OK), Part(PartState.OK), "it was counted"),
        (Part(PartState.DOWN, KAFKA_AWAY), Part(PartState.OK), "Kafka answers"),
        (Part(PartState.DOWN, KAFKA_AWAY), Part(PartState.DOWN, "x"), "Kafka answers"),
        (Part(), Part(PartState.OK), "Kafka answers"),
        (Part(PartState.DOWN, KAFKA_REFUSED), Part(PartState.OK), "this desk can use Kafka"),
    ],
)
def test_what_is_still_to_come_names_the_server_that_keeps_it_unknown(
    kafka: Part, postgres: Part, awaited: str
) -> None:
    reports = {
        report.name: report
        for report in health_report(replace(WELL, kafka=kafka, postgres=postgres, lag=None), "manager")
    }
    assert reports["Arrivals"].meaning == f"How much is still to come shows once {awaited}."


@pytest.mark.fault(kind="What a server refuses is told as that, not as silence.", mended="tui/text/wording.py")
@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("Connection refused", "The database does not answer"),
        ("server closed the connection unexpectedly", "The database does not answer"),
        ('FATAL:  password authentication failed for user "c"', "PostgreSQL refused the password"),
        ("session is read-only", "The database only reads"),
        ("FATAL:  sorry, too many clients already", "PostgreSQL has no free connection"),
    ],
)
def test_the_line_says_why_nothing_can_be_saved(answer: str, words: str) -> None:
    error = unreachable(psycopg.OperationalError(f'connection to server at "h", port 1 failed: {answer}'))
    line = health_words(replace(WELL, postgres=Part(PartState.DOWN, error.message)), "contractor")
    assert line.trouble and line.text == f"✗ {words}: nothing can be saved; what you typed is kept."
