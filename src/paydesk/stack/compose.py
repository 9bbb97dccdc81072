"""What ``compose.yaml`` and the desks that use its servers are told: passwords, ports, settings, written once."""

import os
import secrets
from pathlib import Path

from paydesk.stack.errors import StackError

ROLES = ("contractor", "manager")
PORTS = {"POSTGRES_PORT": "55432", "BROKER_PORT": "59092", "REDIS_PORT": "56379"}
"""Ports on loopback, away from the usual ones, which may be taken; to be changed in ``.env``."""


def write(folder: Path) -> list[Path]:
    """Write ``.env`` and the settings beside it in ``.compose``; passwords that are there stay. Returns the files."""
    try:
        told = _environment(folder / ".env")
        private = folder / ".compose"
        private.mkdir(mode=0o700, exist_ok=True)
        written = [folder / ".env"]
        for login in (*ROLES, "stack"):
            client, settings = private / f"{login}.kafka", private / f"{login}.toml"
            _write(client, _client(login, told))
            roles = (login,) if login in ROLES else ROLES
            lines = [line for role in roles for line in _of_role(role, told, private)]
            lines += _of_stack(told, private) if login == "stack" else []
            _write(settings, "\n".join([*_shared(told), *lines, ""]))
            written += [client, settings]
    except OSError as error:
        raise StackError(
            f"{folder} cannot be written: {error.strerror}.", "Run it in the checkout, as its owner."
        ) from error
    return written


def _environment(file: Path) -> dict[str, str]:
    wanted = {f"{login.upper()}_PASSWORD": secrets.token_hex(24) for login in ("stack", *ROLES)}
    wanted |= {"CLUSTER_ID": secrets.token_urlsafe(16), **PORTS}
    known = file.read_text(encoding="utf-8-sig").splitlines() if file.exists() else []
    there = dict(line.split("=", 1) for line in known if "=" in line and not line.startswith("#"))
    told = wanted | there
    if set(wanted) - set(there):
        _write(file, "".join(f"{name}={value}\n" for name, value in told.items()))
    return told


def _client(login: str, told: dict[str, str]) -> str:
    mechanism = "PLAIN" if login == "stack" else "SCRAM-SHA-256"
    lines = ("security.protocol=SASL_PLAINTEXT", f"sasl.mechanisms={mechanism}", f"sasl.username={login}")
    return "\n".join([*lines, f"sasl.password={told[f'{login.upper()}_PASSWORD']}", ""])


def _shared(told: dict[str, str]) -> list[str]:
    return ['stack_name = "compose"', f'kafka_bootstrap_servers = "127.0.0.1:{told["BROKER_PORT"]}"']


def _of_role(role: str, told: dict[str, str], folder: Path) -> list[str]:
    password = told[f"{role.upper()}_PASSWORD"]
    return [
        f'{role}_database_url = "postgresql://{role}:{password}@127.0.0.1:{told["POSTGRES_PORT"]}/paydesk"',
        f'{role}_kafka_config = "{(folder / f"{role}.kafka").absolute()}"',
        f'{role}_redis_url = "redis://{role}:{password}@127.0.0.1:{told["REDIS_PORT"]}/0"',
    ]


def _of_stack(told: dict[str, str], folder: Path) -> list[str]:
    password = told["STACK_PASSWORD"]
    return [
        f'admin_database_url = "postgresql://paydesk:{password}@127.0.0.1:{told["POSTGRES_PORT"]}/postgres"',
        f'admin_kafka_config = "{(folder / "stack.kafka").absolute()}"',
        f'admin_redis_url = "redis://stack:{password}@127.0.0.1:{told["REDIS_PORT"]}/0"',
    ]


def _write(file: Path, text: str) -> None:
    """Write a file that its owner alone can read."""
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        os.fchmod(out.fileno(), 0o600)  # The mode above is of a file that is made; one that was there keeps its own.
        out.write(text)
