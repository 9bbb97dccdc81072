"""Whatever is for servers of one's own alone names such servers: then nothing embedded is used, whichever it is."""

from pathlib import Path

import pytest

from paydesk.cli.main import run
from paydesk.settings_file import read_settings

NAMED = pytest.mark.fault(
    kind="A setting that is for servers of one's own alone never leads to the embedded stack.",
    mended="settings_file.py",
)
REDIS = "redis://u:x@127.0.0.1:1/0"
DATABASE = "postgresql://u:x@127.0.0.1:1/d"
OWN = {
    "PAYDESK_CONTRACTOR_DATABASE_URL": DATABASE,
    "PAYDESK_MANAGER_DATABASE_URL": DATABASE,
    "PAYDESK_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
    "PAYDESK_KAFKA_CONFIG": "/nope",
    "PAYDESK_CONTRACTOR_KAFKA_CONFIG": "/nope",
    "PAYDESK_MANAGER_KAFKA_CONFIG": "/nope",
    "PAYDESK_REDIS_URL": REDIS,
    "PAYDESK_CONTRACTOR_REDIS_URL": REDIS,
    "PAYDESK_MANAGER_REDIS_URL": REDIS,
    "PAYDESK_ADMIN_DATABASE_URL": DATABASE,
    "PAYDESK_ADMIN_KAFKA_CONFIG": "/nope",
    "PAYDESK_ADMIN_REDIS_URL": REDIS,
    "PAYDESK_STACK_NAME": "prod",
}


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Have no setting but the folder of a stack that does not run, and an empty settings file; returns that file."""
    file = tmp_path / "paydesk.toml"
    file.touch(mode=0o600)
    monkeypatch.setenv("PAYDESK_CONFIG", str(file))
    monkeypatch.setenv("PAYDESK_HOME", str(tmp_path / "stack"))
    return file


@pytest.mark.long
@NAMED
@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("in_file", [False, True])
def test_one_setting_alone_is_refused_and_a_line_of_doctor(
    name: str,
    in_file: bool,
    nothing_set: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if in_file:
        nothing_set.write_text(f'{name.removeprefix("PAYDESK_").lower()} = "{OWN[name]}"\n')
    else:
        monkeypatch.setenv(name, OWN[name])
    role = "manager" if "CONTRACTOR" in name else "contractor"
    assert run([role, "list"]) == 2
    printed = capsys.readouterr().err
    assert printed.startswith("Some servers are configured, but not PAYDESK_")
    assert printed.endswith("Set it, or leave all of them out.\n") and name not in printed
    assert run(["doctor"]) == 7
    assert "some servers are configured, but not PAYDESK_" in " ".join(capsys.readouterr().out.split())


@NAMED
@pytest.mark.parametrize("name", ["PAYDESK_ADMIN_DATABASE_URL", "PAYDESK_ADMIN_REDIS_URL", "PAYDESK_STACK_NAME"])
def test_nothing_is_provisioned_where_no_server_is_named(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(name, OWN[name])
    assert run(["stack", "provision"]) == 2
    assert "Some servers are configured, but neither PostgreSQL nor Kafka." in capsys.readouterr().err


@pytest.mark.parametrize("name", OWN)
def test_a_variable_that_is_set_to_nothing_names_no_server(name: str) -> None:
    assert not read_settings({"PAYDESK_CONFIG": "/dev/null", name: ""}).configured
