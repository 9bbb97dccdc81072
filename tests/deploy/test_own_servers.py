"""By PAYDESK_* settings alone, on servers started from ``deploy/``: a request goes both ways, nothing is started."""

import psutil
import psycopg
import pytest
import redis

from tests.conftest import until
from tests.deploy.conftest import settings_of
from tests.deploy.native import Native
from tests.e2e.site import Site

pytestmark = pytest.mark.long


def nothing_embedded(site: Site) -> bool:
    """Whether no embedded stack was started or prepared for this site."""
    started = [
        process for process in psutil.process_iter(["cmdline"]) if str(site.home) in (process.info["cmdline"] or [])
    ]
    return not site.home.exists() and not started


def test_a_request_goes_both_ways_and_no_embedded_process_starts(site: Site) -> None:
    asked = site.json("contractor", "request", "1250", "EUR", "logo", "--as", "studio-nord")
    assert asked["delivery"] == "sent"
    number = asked["number"]
    # A command waits 3 s for the other side; a busy machine needs more of them.
    until(lambda: number in [row["number"] for row in site.rows("manager")], within_s=120)
    site.run("manager", "reject", number, "--cause", "not_agreed", "--note", "too much")
    assert site.json("contractor", "wait", number, "--timeout", "60s")["status"] == "rejected"
    shown = site.json("contractor", "show", number)
    assert "too much" in shown["decision"]["cause"]["text"]
    site.run("contractor", "revise", number, "--amount", "1200", "--as", "studio-nord")
    until(lambda: (number, 2) in [(row["number"], row["revision"]) for row in site.rows("manager")], within_s=120)
    site.run("manager", "approve", f"{number}@2")
    assert site.json("contractor", "wait", number, "--timeout", "60s")["status"] == "accepted"
    assert nothing_embedded(site)


@pytest.mark.long
def test_the_desks_are_live_and_say_which_servers_they_use(site: Site) -> None:
    contractor = site.desk("contractor", "--as", "studio-nord", columns=120, rows=36)
    manager = site.desk("manager", columns=120, rows=36)
    contractor.see("· compose", "✓ live")
    manager.see("· compose", "✓ live")
    asked = site.json("contractor", "request", "77", "EUR", "seen at once", "--as", "studio-nord")
    manager.see(asked["number"], "seen at once")
    site.run("manager", "reject", asked["number"], "--cause", "duplicate")
    contractor.see(asked["number"], "✗ rejected")
    for desk in (contractor, manager):
        desk.press("q")
        assert desk.wait() == 0
    assert nothing_embedded(site)


def test_doctor_finds_all_well_and_shows_no_password(native: Native, site: Site) -> None:
    site.run("contractor", "list")
    site.run("manager", "list")
    for arguments in (("doctor",), ("doctor", "--json")):
        done = site.run(*arguments)
        assert "called compose" in done.stdout and "embedded" not in done.stdout
        assert not [name for name, value in native.variables.items() if "PASSWORD" in name and value in done.stdout]
    assert nothing_embedded(site)


@pytest.mark.long
@pytest.mark.parametrize(("login", "other"), [("contractor", "manager"), ("manager", "contractor")])
def test_one_roles_settings_are_enough_for_its_desk(native: Native, site: Site, login: str, other: str) -> None:
    site.extra = settings_of(native.folder, login)
    site.run(login, "list")
    printed = site.run("doctor").stdout
    assert f"{other} settings" in printed and "not here" in printed and f"{login} Redis" in printed
    refused = site.run(other, "list", check=False)
    assert refused.returncode == 2 and f"PAYDESK_{other.upper()}_DATABASE_URL" in refused.stderr


def test_the_stack_commands_say_that_there_is_none(site: Site) -> None:
    done = site.run("stack", "up", check=False)
    assert done.returncode == 2 and "own servers are configured" in done.stderr
    assert nothing_embedded(site)


def test_provisioning_again_changes_nothing_for_the_desks(site: Site) -> None:
    printed = site.run("stack", "provision").stdout
    assert "contractor and manager" in printed and "both topics" in printed
    assert site.json("contractor", "request", "5", "EUR", "again")["delivery"] == "sent"


def test_the_logins_are_as_narrow_as_the_embedded_ones(site: Site) -> None:
    url = site.extra["PAYDESK_CONTRACTOR_DATABASE_URL"]
    with (
        psycopg.connect(url) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("SELECT * FROM manager.payment_request")
    with (
        redis.Redis.from_url(site.extra["PAYDESK_CONTRACTOR_REDIS_URL"]) as client,
        pytest.raises(redis.exceptions.NoPermissionError),
    ):
        client.publish("paydesk:manager:changed", "{}")
