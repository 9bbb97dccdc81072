"""A path in a settings file counts from the folder of that file; one of the environment from where one is."""

import os
from pathlib import Path

import pytest

from paydesk.settings_file import SETTINGS, Settings, read_settings

PATHS = ["kafka_config", "contractor_kafka_config", "manager_kafka_config", "admin_kafka_config", "home", "pg_bin"]


def settings(file: Path, key: str, value: str) -> Settings:
    """Return the settings of a file that says this one thing."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f'{key} = "{value}"\n')
    return read_settings({"PAYDESK_CONFIG": str(file)})


@pytest.mark.fault(kind="A path in a settings file counts from the folder of that file.", mended="settings_file.py")
@pytest.mark.parametrize("key", PATHS)
def test_a_relative_path_counts_from_the_settings_file_and_an_absolute_one_stays(key: str, tmp_path: Path) -> None:
    assert {name for name, setting in SETTINGS.items() if "Path" in str(setting.type)} == set(PATHS)
    file = tmp_path / "etc" / "paydesk.toml"
    assert settings(file, key, "there/one.kafka").given(key) == tmp_path / "etc" / "there" / "one.kafka"
    assert settings(file, key, "../one.kafka").given(key).resolve() == tmp_path / "one.kafka"
    assert settings(file, key, "/srv/one.kafka").given(key) == Path("/srv/one.kafka")


@pytest.mark.fault(kind="A path in a settings file counts from the folder of that file.", mended="settings_file.py")
def test_it_counts_so_wherever_one_is_and_however_the_file_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "etc" / "paydesk.toml"
    settings(file, "kafka_config", "one.kafka")
    link = tmp_path / "config" / "linked.toml"
    link.parent.mkdir()
    link.symlink_to(file)
    for folder, named in ((tmp_path, "etc/paydesk.toml"), (file.parent, "paydesk.toml"), (tmp_path, str(link))):
        monkeypatch.chdir(folder)
        assert read_settings({"PAYDESK_CONFIG": named}).kafka_config == file.with_name("one.kafka")


@pytest.mark.fault(kind="A path in a settings file counts from the folder of that file.", mended="settings_file.py")
def test_a_relative_path_of_the_environment_counts_from_where_one_is(tmp_path: Path) -> None:
    file = tmp_path / "paydesk.toml"
    settings(file, "kafka_config", "one.kafka")
    overridden = read_settings({"PAYDESK_CONFIG": str(file), "PAYDESK_KAFKA_CONFIG": "two.kafka"})
    assert overridden.kafka_config == Path("two.kafka")


@pytest.mark.fault(kind="A path in a settings file counts from the folder of that file.", mended="settings_file.py")
def test_settings_that_come_by_a_pipe_have_no_folder_so_paths_count_from_where_one_is() -> None:
    read, write = os.pipe()
    os.write(write, b'kafka_config = "one.kafka"')
    os.close(write)
    try:
        assert read_settings({"PAYDESK_CONFIG": f"/dev/fd/{read}"}).kafka_config == Path("one.kafka")
    finally:
        os.close(read)
