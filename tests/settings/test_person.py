"""Who acts: as said, as set, or by the login; on servers of one's own nobody is two persons by default."""

import getpass
import signal
from pathlib import Path

import pytest

from paydesk.cli.main import run
from paydesk.cli.servers import person_of
from paydesk.settings_file import Settings, SettingsError
from tests.architecture.test_options import COMMANDS

OWN = {"contractor_database_url": "postgresql://u:p@127.0.0.1:9/x"}


@pytest.mark.fault(
    kind="On servers of one's own a login is one person on both sides, so nobody approves what they asked for.",
    mended="cli/servers.py",
)
@pytest.mark.parametrize(
    ("given", "role", "person"),
    [
        ({}, "contractor", "ada"),
        ({}, "manager", "ada-manager"),
        (OWN, "contractor", "ada"),
        (OWN, "manager", "ada"),
        ({"kafka_bootstrap_servers": "127.0.0.1:9"}, "manager", "ada"),
        (OWN | {"person": "bo"}, "manager", "bo"),
    ],
)
def test_who_acts_where_nobody_is_named(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], role: str, person: str
) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "ada")
    assert person_of(Settings.of_values(given), role, None) == person
    assert person_of(Settings.of_values(given), role, "eve") == "eve"


@pytest.mark.fault(
    kind="A login without a name or a folder is helped, and asked for what is missing.", mended="cli/servers.py"
)
@pytest.mark.parametrize("error", [KeyError("getpwuid(): uid not found: 54321"), OSError("No username set")])
def test_a_login_without_a_name_is_asked_for_one(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def nobody() -> str:
        raise error

    monkeypatch.setattr(getpass, "getuser", nobody)
    with pytest.raises(SettingsError) as refused:
        person_of(Settings(), "contractor", None)
    assert "--as NAME" in refused.value.hint
    assert person_of(Settings(), "contractor", "ada") == "ada"


TYPED = {
    "approve": ["PR-1"],
    "insights": [],
    "list": ["from:me"],
    "quarantine discard": ["1", "--why", "known"],
    "quarantine list": [],
    "quarantine redrive": ["1"],
    "quarantine show": ["1"],
    "reject": ["PR-1", "--cause", "duplicate"],
    "request": ["5", "EUR", "paint"],
    "revise": ["PR-1", "--amount", "6"],
    "send": ["PR-1"],
    "settle": ["PR-1", "--note", "settled"],
    "show": ["PR-1"],
    "undo": ["PR-1"],
    "wait": ["PR-1"],
    "withdraw": ["PR-1"],
    "worker": [],
}
OF_ROLES = [path for path in COMMANDS if path.startswith(("contractor ", "manager "))]


@pytest.mark.fault(kind="--as means the same before the name of a command and after it.", mended="cli/options.py")
@pytest.mark.parametrize(
    ("before", "after"), [(["bo"], []), ([], ["bo"]), (["ada"], ["bo"])], ids=["before", "after", "nearer"]
)
@pytest.mark.parametrize("path", OF_ROLES)
def test_whoever_is_named_before_a_command_or_after_it_acts(
    path: str, before: list[str], after: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    acted: list[str] = []

    def reached(_: object, __: object, person: str, ___: object) -> None:
        acted.append(person)
        raise SettingsError("So far it goes here.")

    monkeypatch.setenv("PAYDESK_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("paydesk.cli.session.DeskService", reached)
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
    role, _, name = path.partition(" ")
    try:
        run([role, *_named(before), *name.split(), *TYPED[name], *_named(after)])
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    assert acted == ["bo"]


def _named(names: list[str]) -> list[str]:
    return [word for name in names for word in ("--as", name)]
