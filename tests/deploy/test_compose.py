"""``compose.yaml`` and what is generated for it fit together, and fit what the embedded stack starts from."""

import re
import stat
import tomllib
from pathlib import Path
from typing import Any

import pytest

from paydesk.settings_file import ConfiguredServers, read_settings
from paydesk.stack import binaries
from paydesk.stack.compose import write
from tests.deploy.native import CHECKOUT, COMPOSE, environment

SERVICES: dict[str, Any] = COMPOSE["services"]
TEXT = (CHECKOUT / "compose.yaml").read_text()


def test_the_servers_are_the_ones_that_paydesk_is_made_for() -> None:
    versions = {name: service["image"] for name, service in SERVICES.items()}
    kafka = next(jar.version for jar in binaries.jars() if jar.artifact == "kafka_2.13")
    assert versions == {"postgres": "postgres:18", "redis": "redis:8", "kafka": f"apache/kafka:{kafka}"}


@pytest.mark.parametrize("name", SERVICES)
def test_each_has_a_check_a_volume_and_a_port_on_loopback(name: str) -> None:
    service = SERVICES[name]
    assert service["healthcheck"]["test"] and service["healthcheck"]["retries"] >= 30
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    named, *mounted = service["volumes"]
    assert named.partition(":")[0] in COMPOSE["volumes"]
    for mount in mounted:
        source, _, mode = mount.split(":")
        assert mode == "ro" and (CHECKOUT / source).exists()
        assert binaries.deploy(source.removeprefix("./deploy/")) == (CHECKOUT / source)


def test_every_variable_is_generated(tmp_path: Path) -> None:
    write(tmp_path)
    told = environment(tmp_path / ".env")
    assert set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", TEXT)) == set(told)
    asked = set(re.findall(r"\$\{env:([A-Z_]+)\}", (CHECKOUT / "deploy/kafka/server.properties").read_text()))
    assert asked <= set(SERVICES["kafka"]["environment"])
    asked = set(re.findall(r"\$\{([A-Z_]+)\}", (CHECKOUT / "deploy/valkey/users.acl").read_text()))
    assert asked <= set(SERVICES["redis"]["environment"])


def test_what_is_generated_is_private_random_and_stays(tmp_path: Path) -> None:
    files = write(tmp_path)
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE((tmp_path / ".compose").stat().st_mode) == 0o700
    first = {file: file.read_text() for file in files}
    write(tmp_path)
    assert {file: file.read_text() for file in files} == first
    other = tmp_path / "other"
    other.mkdir()
    write(other)
    told, elsewhere = environment(tmp_path / ".env"), environment(other / ".env")
    passwords = [told[name] for name in told if name.endswith("_PASSWORD")]
    assert len(set(passwords)) == 3 and all(len(password) == 48 for password in passwords)
    assert not set(passwords) & set(elsewhere.values())


@pytest.mark.parametrize("role", ["contractor", "manager"])
def test_each_role_is_told_nothing_of_the_others_login(tmp_path: Path, role: str) -> None:
    write(tmp_path)
    file = tmp_path / ".compose" / f"{role}.toml"
    settings = read_settings({"PAYDESK_CONFIG": str(file)})
    endpoints = ConfiguredServers(settings).endpoints(role)
    assert endpoints.kafka is not None and endpoints.kafka["sasl.username"] == role
    told = environment(tmp_path / ".env")
    other = "manager" if role == "contractor" else "contractor"
    text = file.read_text() + (tmp_path / ".compose" / f"{role}.kafka").read_text()
    assert told[f"{role.upper()}_PASSWORD"] in text
    assert told[f"{other.upper()}_PASSWORD"] not in text and told["STACK_PASSWORD"] not in text
    assert not any(name.startswith("admin") for name in tomllib.loads(file.read_text()))


@pytest.mark.fault(kind="A server of compose counts as healthy only when it answers for good.", mended="compose.yaml")
def test_the_check_of_postgres_asks_by_tcp_as_its_first_starts_server_does_not_answer_there() -> None:
    test = SERVICES["postgres"]["healthcheck"]["test"]
    assert test[test.index("--host") + 1] == "127.0.0.1" and test[-1] == "SELECT 1"


@pytest.mark.fault(kind="A server of compose has the time it needs to end in order.", mended="compose.yaml")
def test_kafka_has_the_time_it_needs_to_end() -> None:
    assert (
        SERVICES["kafka"]["stop_grace_period"] == "30s"
        and "256m" in SERVICES["kafka"]["environment"]["KAFKA_HEAP_OPTS"]
    )
