"""A draft outlives esc, a killed desk and a killed database; the desk says how it is and recovers by itself."""

import os
import signal

import pytest

from tests.e2e.acts import fill, opened
from tests.e2e.site import Site

pytestmark = pytest.mark.long


def test_a_draft_is_kept_on_esc_and_after_the_desk_is_killed(site: Site) -> None:
    desk = opened(site, "contractor")
    desk.press("n")
    desk.see("You ask for")
    fill(desk, amount="99.90", currency="EUR", description="Typed before the crash")
    desk.see("99.90 EUR")
    desk.press("esc")
    desk.see("draft kept, n resumes it")
    desk.press("n")
    desk.see("Description", "Typed before the crash")
    desk.press("tab", "tab", "end", *", and after esc")
    desk.see("Description", "and after esc")
    desk.kill(signal.SIGKILL)
    assert desk.wait() == -signal.SIGKILL

    again = opened(site, "contractor")
    again.see("draft kept, n resumes it")
    again.press("n")
    again.see("Description", "Typed before the crash, and after esc")
    again.see("99.90 EUR")
    again.press("^x")
    again.see("Discard what you typed?")
    again.press("enter", "y")
    again.gone("draft kept")


def test_a_killed_database_is_said_keeps_the_draft_and_is_recovered_from(site: Site) -> None:
    desk = opened(site, "contractor")
    desk.press("n")
    desk.see("You ask for")
    fill(desk, amount="55", currency="EUR", description="Typed while the database died")
    desk.see("55.00 EUR")
    postgres = site.pid("postgres")
    with site.supervisor_stopped():
        os.kill(postgres, signal.SIGKILL)
        desk.see("The database does not answer")
        desk.see("Description", "Typed while the database died")
        desk.press("^s")
        desk.see("Your draft is kept; ^s tries again.")
        desk.see("Description", "Typed while the database died")
    desk.until(lambda: desk.line_with("✓ Postgres"), expected="a database that came back")
    desk.press("^s")
    desk.see("asks for 55.00 EUR")
    desk.see("✓ live")
    desk.see("✓ Kafka lag 0")
    assert [row["description"] for row in site.rows("contractor")].count("Typed while the database died") == 1
