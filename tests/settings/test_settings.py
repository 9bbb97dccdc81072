"""Settings: the environment beats the file, unknown names are refused with the nearest, secrets stay hidden."""

from pathlib import Path

import pytest

from paydesk.settings_file import SETTINGS, ConfiguredServers, SettingsError, _checked, _is_plain, _typed, read_settings


def test_the_environment_beats_the_file(tmp_path: Path) -> None:
    file = tmp_path / "paydesk.toml"
    file.write_text('hold_seconds = 3\nperson = "ada"\n')
    settings = read_settings({"PAYDESK_CONFIG": str(file), "PAYDESK_HOLD_SECONDS": "5", "HOME": "x"})
    assert (settings.hold_seconds, settings.person, settings.configured) == (5, "ada", False)


@pytest.mark.parametrize(
    ("environment", "hint"),
    [
        ({"PAYDESK_HOLD_SECOND": "5"}, "PAYDESK_HOLD_SECONDS"),
        ({"PAYDESK_REDIS_ULR": "x"}, "PAYDESK_REDIS_URL"),
        ({"PAYDESK_HOLD_SECONDS": "61"}, "Mend"),
        ({"PAYDESK_CONFIG": "/nowhere/at/all.toml"}, "Mend"),
    ],
)
def test_what_cannot_be_taken_is_told(environment: dict[str, str], hint: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_settings({"PAYDESK_CONFIG": "/dev/null"} | environment)
    assert hint in refused.value.hint


def test_half_a_configuration_is_refused_and_secrets_stay_hidden(tmp_path: Path) -> None:
    more = tmp_path / "kafka"
    more.write_text("# TLS\nsecurity.protocol=SSL\n")
    full = {
        "PAYDESK_CONFIG": "/dev/null",
        "PAYDESK_CONTRACTOR_DATABASE_URL": "postgresql://c:hush@h/d",
        "PAYDESK_KAFKA_BOOTSTRAP_SERVERS": "k:9092",
        "PAYDESK_KAFKA_CONFIG": str(more),
        "PAYDESK_REDIS_URL": "redis://:hush@r/0",
    }
    settings = read_settings(full)
    endpoints = ConfiguredServers(settings).endpoints("contractor")
    assert endpoints.kafka == {"bootstrap.servers": "k:9092", "security.protocol": "SSL"}
    assert "hush" not in repr(settings) + repr(endpoints) and "hush" in endpoints.database_url
    with pytest.raises(SettingsError, match="PAYDESK_MANAGER_DATABASE_URL"):
        ConfiguredServers(settings).endpoints("manager")


PLAIN = {
    name: "kafka" if name == "broker" else f"some {name}" for name, field in SETTINGS.items() if field.type is not int
}


@pytest.mark.parametrize("name", PLAIN)
def test_a_value_that_is_right_at_first_sight_is_taken_as_pydantic_takes_it(name: str) -> None:
    assert _is_plain(name, PLAIN[name])
    checked = _checked({name: PLAIN[name]})
    assert isinstance(checked, dict) and repr(checked[name]) == repr(_typed(name, PLAIN[name]))


@pytest.mark.parametrize("value", [5, True, None, ["a"], "é", "\udcff"])
@pytest.mark.parametrize("name", SETTINGS)
def test_pydantic_looks_at_all_that_is_not(name: str, value: object) -> None:
    assert not _is_plain(name, value)
