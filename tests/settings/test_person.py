"""Who acts: as said, as set, or by the login; on servers of one's own nobody is two persons by default."""

import getpass

import pytest

from paydesk.cli.servers import person_of
from paydesk.settings_file import Settings, SettingsError

OWN = {"contractor_database_url": "postgresql://u:p@127.0.0.1:9/x"}


@pytest.mark.fault(
    kind="On servers of one's own a login is one person on both sides, so nobody approves what they asked for.",
    mended="cli/servers.py",
)
@pytest.mark.parametrize(
    ("told", "role", "person"),
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
    monkeypatch: pytest.MonkeyPatch, told: dict[str, str], role: str, person: str
) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "ada")
    assert person_of(Settings.model_validate(told), role, None) == person
    assert person_of(Settings.model_validate(told), role, "eve") == "eve"


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
