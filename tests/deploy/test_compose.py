"""``compose.yaml`` and what is generated for it fit together, and fit what the embedded stack starts from."""

import base64
import re
import shutil
import stat
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from paydesk.cli.provision import compose_env
from paydesk.role_names import ROLES
from paydesk.settings_file import ConfiguredServers, read_settings
from paydesk.stack import binaries
from paydesk.stack.compose import CLUSTER_ID, MOUNTED, PORTS, write
from tests.deploy.native import CHECKOUT, COMPOSE, environment, on_host

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
        assert mode == "ro" and (CHECKOUT / source).is_dir() and source.removeprefix("./") in MOUNTED
        assert binaries.deploy(source.removeprefix("./deploy/")) == (CHECKOUT / source)


def test_every_variable_is_generated(tmp_path: Path) -> None:
    write(tmp_path)
    variables = environment(tmp_path / ".env")
    of_roles = {f"{role.upper()}_PASSWORD" for role in ROLES}
    assert set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", TEXT)) == set(variables) - {"COMPOSE_PROJECT_NAME"} - of_roles
    asked = set(re.findall(r"\$\{env:([A-Z_]+)\}", (CHECKOUT / "deploy/kafka/server.properties").read_text()))
    assert asked <= set(SERVICES["kafka"]["environment"])
    asked = set(re.findall(r"\$\{([A-Z_]+)\}", (CHECKOUT / "deploy/valkey/users.acl").read_text()))
    assert asked - {"ROLE", "ROLE_PASSWORD"} <= set(SERVICES["redis"]["environment"])
    assert SERVICES["redis"]["env_file"] == ".env" and of_roles <= set(variables), "a role's password comes from there"


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
    variables, elsewhere = environment(tmp_path / ".env"), environment(other / ".env")
    passwords = [variables[name] for name in variables if name.endswith("_PASSWORD")]
    assert len(set(passwords)) == 3 and all(len(password) == 48 for password in passwords)
    assert not set(passwords) & set(elsewhere.values())


@pytest.mark.parametrize("role", ["contractor", "manager"])
def test_each_role_is_told_nothing_of_the_others_login(tmp_path: Path, role: str) -> None:
    write(tmp_path)
    file = tmp_path / ".compose" / f"{role}.toml"
    settings = read_settings({"PAYDESK_CONFIG": str(file)})
    endpoints = ConfiguredServers(settings).endpoints(role)
    assert endpoints.kafka is not None and endpoints.kafka["sasl.username"] == role
    variables = environment(tmp_path / ".env")
    other = "manager" if role == "contractor" else "contractor"
    text = file.read_text() + (tmp_path / ".compose" / f"{role}.kafka").read_text()
    assert variables[f"{role.upper()}_PASSWORD"] in text
    assert variables[f"{other.upper()}_PASSWORD"] not in text and variables["STACK_PASSWORD"] not in text
    assert not any(name.startswith("admin") for name in tomllib.loads(file.read_text()))


@pytest.mark.fault(kind="A server of compose counts as healthy only when it answers for good.", mended="compose.yaml")
def test_the_check_of_postgres_asks_by_tcp_as_its_first_starts_server_does_not_answer_there() -> None:
    test = SERVICES["postgres"]["healthcheck"]["test"]
    assert test[test.index("--host") + 1] == "127.0.0.1" and test[-1] == "SELECT 1"


@pytest.mark.fault(kind="A slow start of a server of compose is waited for.", mended="compose.yaml")
@pytest.mark.parametrize("name", SERVICES)
def test_a_start_on_a_busy_machine_is_not_called_a_failure(name: str) -> None:
    """The broker needed 135 s beside 20 other programs; without a start period, 60 checks are about as long."""
    period = re.fullmatch(r"(\d+)m", SERVICES[name]["healthcheck"]["start_period"])
    assert period is not None and int(period[1]) >= 5


@pytest.mark.parametrize("name", SERVICES)
def test_the_checks_of_servers_that_are_well_take_little_of_a_core(name: str) -> None:
    check = SERVICES[name]["healthcheck"]
    assert check["interval"] == "5s" and "start_interval" not in check, "engines before 25 refuse start_interval"


@pytest.mark.fault(kind="What compose starts does not fill the disk with its logs.", mended="compose.yaml")
@pytest.mark.parametrize("name", SERVICES)
def test_the_log_of_a_container_has_an_end(name: str) -> None:
    log = SERVICES[name]["logging"]
    assert log["driver"] == "json-file", "the driver that podman knows too"
    assert log["options"] == {"max-size": "10m", "max-file": "3"}
    assert all(isinstance(value, str) for value in log["options"].values()), "compose refuses a number here"


@pytest.mark.fault(kind="What compose starts does not fill the disk with its logs.", mended="compose.yaml")
def test_the_broker_keeps_no_log_of_its_garbage() -> None:
    """The image's start script adds one of up to 1.1 GB where this variable is empty."""
    assert SERVICES["kafka"]["environment"]["KAFKA_GC_LOG_OPTS"] == "-Xlog:gc=off"


@pytest.mark.fault(kind="A server of compose has the time it needs to end in order.", mended="compose.yaml")
@pytest.mark.parametrize("name", ["postgres", "kafka"])
def test_what_keeps_data_has_the_time_it_needs_to_end(name: str) -> None:
    assert SERVICES[name]["stop_grace_period"] == "30s"


@pytest.mark.fault(kind="A server of compose works as the embedded one does.", mended="compose.yaml")
def test_the_servers_have_the_locale_the_memory_and_the_log_of_the_embedded_ones(tmp_path: Path) -> None:
    embedded = (CHECKOUT / "src/paydesk/stack/servers.py").read_text()
    given = SERVICES["postgres"]["environment"]["POSTGRES_INITDB_ARGS"].split()
    assert "--encoding=UTF8" in given and '"-E", "UTF8"' in embedded
    assert {option for option in given if "locale" in option} == set(re.findall(r'"(--[a-z-]*locale[^"]*)"', embedded))
    kafka = SERVICES["kafka"]["environment"]
    assert kafka["KAFKA_HEAP_OPTS"] == "-Xmx256m"
    option, _, file = kafka["KAFKA_LOG4J_OPTS"].partition("=")
    assert option == "-Dlog4j2.configurationFile"
    assert on_host("kafka", file) == str(binaries.deploy("kafka/log4j2.properties"))


@pytest.mark.fault(kind="A server of compose works as the embedded one does.", mended="compose.yaml")
def test_postgres_has_the_shared_memory_that_parallel_queries_take() -> None:
    assert SERVICES["postgres"]["shm_size"] == "1g", "an engine gives 64 MB, a system half of its memory"


@pytest.mark.fault(kind="What compose starts leaves nothing behind that has no name.", mended="compose.yaml")
def test_every_volume_that_an_image_declares_is_mounted_so_none_is_left_without_a_name() -> None:
    declared = {
        "postgres": {"/var/lib/postgresql"},
        "kafka": {"/etc/kafka/secrets", "/var/lib/kafka/data", "/mnt/shared/config"},
        "redis": {"/data"},
    }
    for name, volumes in declared.items():
        service = SERVICES[name]
        mounted = {mount.split(":")[1] for mount in service["volumes"]} | set(service.get("tmpfs", ()))
        assert volumes <= mounted, name


@pytest.mark.fault(
    kind="What compose starts takes no port that a system gives to its clients.", mended="stack/compose.py"
)
def test_the_ports_are_below_those_that_a_system_gives_to_clients() -> None:
    assert PORTS == {"POSTGRES_PORT": "15432", "BROKER_PORT": "19092", "REDIS_PORT": "16379"}
    assert all(1024 < int(port) < 32768 for port in PORTS.values())


@pytest.mark.fault(kind="A lost .env locks nobody out of the data.", mended="stack/compose.py")
def test_the_cluster_id_and_the_project_are_the_same_when_env_was_lost(tmp_path: Path) -> None:
    write(tmp_path)
    first = environment(tmp_path / ".env")
    (tmp_path / ".env").unlink()
    write(tmp_path)
    second = environment(tmp_path / ".env")
    assert first["CLUSTER_ID"] == second["CLUSTER_ID"] == CLUSTER_ID
    assert len(base64.urlsafe_b64decode(f"{CLUSTER_ID}==")) == 16, "Kafka takes 16 bytes"
    assert first["COMPOSE_PROJECT_NAME"] == second["COMPOSE_PROJECT_NAME"]
    assert first["STACK_PASSWORD"] != second["STACK_PASSWORD"]


@pytest.mark.fault(kind="Checkouts do not share volumes.", mended="stack/compose.py")
def test_two_checkouts_have_projects_of_their_own_whatever_their_folders_are_called(tmp_path: Path) -> None:
    names = set()
    for folder in (tmp_path / "a" / "paydesk", tmp_path / "b" / "paydesk", tmp_path / "Ünser Büro"):
        folder.mkdir(parents=True)
        write(folder)
        names.add(environment(folder / ".env")["COMPOSE_PROJECT_NAME"])
    assert len(names) == 3 and all(re.fullmatch(r"[a-z0-9][a-z0-9_-]*", name) for name in names)


@pytest.mark.fault(kind="An .env that the version before wrote goes on.", mended="stack/compose.py")
@pytest.mark.parametrize("end", ["\n", ""])
def test_an_env_of_the_version_before_keeps_what_it_says_and_its_volumes(tmp_path: Path, end: str) -> None:
    passwords = [f"{name}_PASSWORD=hush-{name.lower()}" for name in ("STACK", "CONTRACTOR", "MANAGER")]
    ports = ["POSTGRES_PORT=55432", "BROKER_PORT=59092", "REDIS_PORT=56379"]
    before = "\n".join(["# ours", *passwords, "CLUSTER_ID=N1kNWC4ySt-7d8vLnyiI_w", *ports]) + end
    (tmp_path / ".env").write_text(before)
    (tmp_path / ".env").chmod(0o600)
    write(tmp_path)
    after = (tmp_path / ".env").read_text()
    assert after == f"{before.rstrip()}\nCOMPOSE_PROJECT_NAME=paydesk\n"
    assert ":55432/" in (tmp_path / ".compose" / "contractor.toml").read_text()
    write(tmp_path)
    assert (tmp_path / ".env").read_text() == after


@pytest.mark.fault(
    kind="The containers can read and start what is mounted, whatever the modes of the checkout.",
    mended="stack/compose.py",
)
def test_what_is_mounted_is_made_readable_for_the_logins_in_the_containers(tmp_path: Path) -> None:
    shutil.copy(CHECKOUT / "compose.yaml", tmp_path)
    shutil.copytree(CHECKOUT / "deploy", tmp_path / "deploy")
    (tmp_path / "deploy" / "elsewhere").mkdir()
    (tmp_path / "elsewhere").write_text("secret")
    (tmp_path / "deploy" / "kafka" / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").chmod(0o600)
    for path in (tmp_path / "deploy").rglob("*"):
        if not path.is_symlink():
            path.chmod(0o700 if path.is_dir() else 0o600)
    write(tmp_path)
    for folder in MOUNTED:
        for path in (tmp_path / folder, *(tmp_path / folder).rglob("*")):
            others = 0o055 if path.is_dir() else 0o044
            assert path.is_symlink() or path.stat().st_mode & others == others, path
    assert stat.S_IMODE((tmp_path / "deploy" / "elsewhere").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "elsewhere").stat().st_mode) == 0o600


@pytest.mark.fault(
    kind="The containers can read and start what is mounted, whatever the modes of the checkout.",
    mended="stack/compose.py",
)
def test_a_deploy_folder_that_is_not_of_this_compose_file_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "deploy" / "kafka").mkdir(parents=True, mode=0o700)
    write(tmp_path)
    assert stat.S_IMODE((tmp_path / "deploy" / "kafka").stat().st_mode) == 0o700


@pytest.mark.fault(
    kind="The containers can read and start what is mounted, whatever the modes of the checkout.", mended="compose.yaml"
)
def test_the_script_of_redis_is_started_by_sh_so_it_needs_no_x_bit() -> None:
    program, script = SERVICES["redis"]["entrypoint"]
    assert program == "sh" and Path(on_host("redis", script)).read_text().startswith("#!/bin/sh")


@pytest.mark.fault(kind="A path in a settings file counts from the folder of that file.", mended="stack/compose.py")
def test_what_is_generated_can_be_carried_to_another_folder(tmp_path: Path) -> None:
    write(tmp_path)
    carried = tmp_path / "elsewhere"
    (tmp_path / ".compose").rename(carried)
    for login in ("contractor", "manager", "stack"):
        assert str(tmp_path) not in (carried / f"{login}.toml").read_text()
        settings = read_settings({"PAYDESK_CONFIG": str(carried / f"{login}.toml")})
        roles = ("contractor", "manager") if login == "stack" else (login,)
        for role in roles:
            endpoints = ConfiguredServers(settings).endpoints(role)
            assert endpoints.kafka is not None and endpoints.kafka["sasl.username"] == role
    assert settings.admin_kafka_config == carried / "stack.kafka"


@pytest.mark.fault(kind="What the README says of compose can be typed line by line.", mended="README.md")
def test_the_lines_of_the_readme_name_programs_files_and_settings_that_there_are(tmp_path: Path) -> None:
    shown = (CHECKOUT / "README.md").read_text().partition("Servers of your own, for several")[2].partition("\n## ")[0]
    lines = [line.strip().split("  #")[0].strip() for line in shown.splitlines() if line.startswith("    ")]
    written = {file.name for file in write(tmp_path)}
    assert lines[0] == "make env" and lines[1] == "docker compose up --detach --wait"
    for line in lines:
        config, _, command = line.rpartition(" .venv/bin/paydesk ")
        assert ("paydesk " in line) == bool(config) or line.startswith("docker compose exec"), line
        if config:
            assert config.removeprefix("PAYDESK_CONFIG=.compose/") in written, line
            assert command in ("stack provision", "contractor", "manager"), line
    assert {line.rpartition("paydesk ")[2] for line in lines} >= {"stack provision", "contractor", "manager"}
    (way_back,) = [line for line in lines if "exec" in line]
    sql = Path(on_host("postgres", way_back.rpartition(" ")[2])).read_text()
    assert "ALTER ROLE paydesk PASSWORD" in sql and lines.index(way_back) > lines.index("make env")
    assert lines[-1].endswith("stack provision") and "Keep `.env` with its volumes" in shown
    assert "127.0.0.1" in shown and "several machines" not in shown


@pytest.mark.fault(kind="What the README says of compose can be typed line by line.", mended="cli/provision.py")
@pytest.mark.parametrize(
    ("started", "on_path", "says"),
    [
        (".venv/bin/paydesk", None, ".venv/bin/paydesk"),
        (".venv/bin/paydesk", "/usr/bin/paydesk", "paydesk"),
        ("/x/paydesk/__main__.py", None, f"{sys.executable} -m paydesk"),
    ],
)
def test_make_env_says_the_next_line_so_that_the_shell_finds_the_program(
    started: str, on_path: str | None, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", [started])
    monkeypatch.setattr(shutil, "which", lambda _: on_path)
    folder = tmp_path / "my desk"
    folder.mkdir()
    printed = CliRunner().invoke(compose_env, ["--folder", str(folder)]).output
    assert printed.endswith(f"PAYDESK_CONFIG='{folder}/.compose/stack.toml' {says} stack provision\n")
