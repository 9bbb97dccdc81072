"""What ``compose.yaml`` and the desks that use its servers are told: passwords, ports, settings, written once."""

import hashlib
import os
import secrets
import stat
from pathlib import Path

from paydesk.role_names import ROLES
from paydesk.stack.errors import StackError

PORTS = {"POSTGRES_PORT": "15432", "BROKER_PORT": "19092", "REDIS_PORT": "16379"}
"""Ports on loopback, to be changed in ``.env``: not the usual ones, and below those that systems give to clients."""
CLUSTER_ID = "cGF5ZGVzay1jb21wb3NlIQ"
"""Kafka's name for its storage. It is no secret, and the same for all, so that it cannot be lost with ``.env``."""
MOUNTED = ("deploy/postgres", "deploy/kafka", "deploy/valkey")
"""The folders that ``compose.yaml`` mounts."""


def write(folder: Path) -> list[Path]:
    """Write ``.env`` and the settings beside it in ``.compose``; what ``.env`` says stays. Returns the files."""
    try:
        if (folder / "compose.yaml").exists():
            _let_read([folder / name for name in MOUNTED])
        environment = _environment(folder / ".env")
        private = folder / ".compose"
        private.mkdir(mode=0o700, exist_ok=True)
        written = [folder / ".env"]
        for login in (*ROLES, "stack"):
            client, settings = private / f"{login}.kafka", private / f"{login}.toml"
            _write(client, _client(login, environment))
            roles = (login,) if login in ROLES else ROLES
            lines = [line for role in roles for line in _of_role(role, environment)]
            lines += _of_stack(environment) if login == "stack" else []
            _write(settings, "\n".join([*_shared(environment), *lines, ""]))
            written += [client, settings]
    except OSError as error:
        raise StackError(
            f"{folder} cannot be written: {error.strerror}.", "Run it in the checkout, as its owner."
        ) from error
    return written


def _let_read(folders: list[Path]) -> None:
    """Let the logins in the containers read what is mounted, which a checkout under umask 077 keeps from them."""
    for path in [path for folder in folders for path in (folder, *folder.rglob("*"))]:
        mode = path.lstat().st_mode
        wanted = mode | (0o755 if stat.S_ISDIR(mode) else 0o644)
        if wanted != mode and not stat.S_ISLNK(mode):
            path.chmod(stat.S_IMODE(wanted))


def _environment(file: Path) -> dict[str, str]:
    text = file.read_text(encoding="utf-8-sig") if file.exists() else ""
    there = dict(line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#"))
    wanted = {f"{login.upper()}_PASSWORD": secrets.token_hex(24) for login in ("stack", *ROLES)}
    wanted |= {"CLUSTER_ID": CLUSTER_ID, **PORTS, "COMPOSE_PROJECT_NAME": _project(file.parent, there)}
    missing = {name: value for name, value in wanted.items() if name not in there}
    if missing:
        begun = f"{text}\n" if text and not text.endswith("\n") else text
        _write(file, begun + "".join(f"{name}={value}\n" for name, value in missing.items()))
    return wanted | there


def _project(folder: Path, there: dict[str, str]) -> str:
    """Return the name by which compose knows this checkout's containers and volumes.

    It comes of the folder: checkouts do not share volumes, and one that lost its ``.env`` finds its own again. Where
    ``.env`` has passwords and no name, its volumes have the name that ``compose.yaml`` gave to all checkouts before.
    """
    if "STACK_PASSWORD" in there:
        return "paydesk"
    return f"paydesk-{hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:8]}"


def _client(login: str, environment: dict[str, str]) -> str:
    mechanism = "PLAIN" if login == "stack" else "SCRAM-SHA-256"
    lines = ("security.protocol=SASL_PLAINTEXT", f"sasl.mechanisms={mechanism}", f"sasl.username={login}")
    return "\n".join([*lines, f"sasl.password={environment[f'{login.upper()}_PASSWORD']}", ""])


def _shared(environment: dict[str, str]) -> list[str]:
    return ['stack_name = "compose"', f'kafka_bootstrap_servers = "127.0.0.1:{environment["BROKER_PORT"]}"']


def _of_role(role: str, environment: dict[str, str]) -> list[str]:
    password = environment[f"{role.upper()}_PASSWORD"]
    return [
        f'{role}_database_url = "postgresql://{role}:{password}@127.0.0.1:{environment["POSTGRES_PORT"]}/paydesk"',
        f'{role}_kafka_config = "{role}.kafka"',
        f'{role}_redis_url = "redis://{role}:{password}@127.0.0.1:{environment["REDIS_PORT"]}/0"',
    ]


def _of_stack(environment: dict[str, str]) -> list[str]:
    password = environment["STACK_PASSWORD"]
    return [
        f'admin_database_url = "postgresql://paydesk:{password}@127.0.0.1:{environment["POSTGRES_PORT"]}/postgres"',
        'admin_kafka_config = "stack.kafka"',
        f'admin_redis_url = "redis://stack:{password}@127.0.0.1:{environment["REDIS_PORT"]}/0"',
    ]


def _write(file: Path, text: str) -> None:
    """Write a file that its owner alone can read."""
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        os.fchmod(out.fileno(), 0o600)  # The mode above is of a file that is made; one that was there keeps its own.
        out.write(text)
