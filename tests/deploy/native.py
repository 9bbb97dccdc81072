"""The three servers of ``compose.yaml`` without an engine: the same files and environment, other folders and ports."""

import os
import re
import shutil
import socket
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

import psycopg
import yaml

from paydesk.stack import binaries
from tests.conftest import until

CHECKOUT = Path(__file__).parents[2]
ON_COMPOSE = "TESTS_COMPOSE"
"""Tells the tests of this folder to use the servers that compose runs for this checkout, and to start none."""
COMPOSE: dict[str, Any] = yaml.safe_load((CHECKOUT / "compose.yaml").read_text())


def on_host(service: str, text: str) -> str:
    """Replace the paths that a container of compose has by those of the checkout's that are mounted there."""
    for mount in COMPOSE["services"][service]["volumes"]:
        source, target = mount.split(":")[:2]
        if source.startswith("./"):
            text = text.replace(target, str(CHECKOUT / source))
    return text


def environment(file: Path) -> dict[str, str]:
    """Return the variables of an environment file."""
    return dict(line.split("=", 1) for line in file.read_text().splitlines() if line)


def filled(text: str, variables: dict[str, str]) -> str:
    """Fill variables in as compose does; ``$$`` is a dollar. Fails for one that nobody tells."""
    with_values = re.sub(r"(?<!\$)\$\{([A-Z_]+)(?::\?[^}]*)?\}", lambda match: variables[match[1]], text)
    return with_values.replace("$$", "$")


def free_port() -> int:
    """Return a port of loopback that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@dataclass
class Native:
    """Servers that a test runs in a folder; ``told`` is the content of ``.env``."""

    folder: Path
    variables: dict[str, str]
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self) -> None:
        """Start all three, and wait until they answer."""
        self.start_postgres()
        self.start_redis()
        self.start_kafka()
        until(lambda: self._postgres_answers(), within_s=60)
        until(lambda: _answers(int(self.variables["REDIS_PORT"])), within_s=60)
        until(lambda: _answers(int(self.variables["BROKER_PORT"])), within_s=60)

    def _of(self, service: str) -> dict[str, str]:
        """Return the environment that compose gives a service."""
        given = COMPOSE["services"][service]
        own = {name: filled(str(value), self.variables) for name, value in given["environment"].items()}
        return (self.variables if given.get("env_file") == ".env" else {}) | own

    def _run(self, name: str, command: list[str], env: dict[str, str]) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command, env=binaries.server_environment() | env, stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )

    def start_postgres(self) -> None:
        """Start PostgreSQL with the arguments of compose."""
        data, env = self.folder / "postgres", self._of("postgres")
        programs = binaries.postgres()
        if not data.exists():
            secret = self.folder / "secret"
            secret.write_text(env["POSTGRES_PASSWORD"])
            command = [str(programs / "initdb"), "-D", str(data), "-U", env["POSTGRES_USER"], f"--pwfile={secret}"]
            made = binaries.unprivileged([*command, "-A", "scram-sha-256", *env["POSTGRES_INITDB_ARGS"].split()])
            subprocess.run(made, check=True, capture_output=True, env=binaries.server_environment())
        program, *arguments = COMPOSE["services"]["postgres"]["command"]
        arguments = [on_host("postgres", argument) for argument in arguments]
        place = ["-D", str(data), "-p", self.variables["POSTGRES_PORT"], "-c", f"unix_socket_directories={self.folder}"]
        self._run("postgres", binaries.unprivileged([str(programs / program), *arguments, *place]), {})

    def start_redis(self) -> None:
        """Start Valkey, in place of Redis, by the script of compose."""
        command = [on_host("redis", argument) for argument in COMPOSE["services"]["redis"]["entrypoint"]]
        place = {"VALKEY_SERVER": str(binaries.valkey()), "VALKEY_PORT": self.variables["REDIS_PORT"]}
        place["USERS_FILE"] = str(self.folder / "users.acl")
        self._run("redis", command, self._of("redis") | place)

    def start_kafka(self) -> None:
        """Format the storage as the image does, at each start, and start the broker with the environment of compose."""
        config = on_host("kafka", "/mnt/shared/config/server.properties")
        env = self._of("kafka") | {"BROKER_HOST": "127.0.0.1", "BROKER_DATA": str(self.folder / "kafka")}
        env["BROKER_CONTROLLER_PORT"] = self.variables.setdefault("CONTROLLER", str(free_port()))
        class_path = os.pathsep.join(map(str, binaries.fetch_jars(lambda *_: None, Event())))
        given = " ".join(env[f"KAFKA_{name}_OPTS"] for name in ("HEAP", "GC_LOG", "LOG4J"))
        options = on_host("kafka", given).split()
        java = [str(binaries.java()), *options, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", class_path]
        tool = ["kafka.tools.StorageTool", "format", f"--cluster-id={env['CLUSTER_ID']}", "-c", config]
        done = subprocess.run(
            [*java, *tool], env=binaries.server_environment() | env, capture_output=True, text=True, check=False
        )
        # The image formats at each start too, and goes on where this is why it cannot.
        assert done.returncode == 0 or "already formatted" in done.stdout + done.stderr, done
        self._run("kafka", [*java, "kafka.Kafka", config], env)

    def _postgres_answers(self) -> bool:
        url = f"postgresql://paydesk:{self.variables['STACK_PASSWORD']}@127.0.0.1:{self.variables['POSTGRES_PORT']}/postgres"
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.Error as error:
            # A password of the day before is refused by a server that is up.
            return "password authentication failed" in str(error)
        return True

    def stop(self, name: str) -> None:
        """End one server."""
        process = self.processes.pop(name)
        process.send_signal(2 if name == "postgres" else 15)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(20)

    def restart(self) -> None:
        """End all and start them again, as compose does with containers whose environment changed."""
        for name in list(self.processes):
            self.stop(name)
        self.start()

    def close(self) -> None:
        """End all, and delete what they kept."""
        for name in list(self.processes):
            self.stop(name)
        shutil.rmtree(self.folder, ignore_errors=True)
