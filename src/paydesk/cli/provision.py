"""``paydesk stack compose-env`` and ``provision``: servers of one's own, made ready for both desks."""

import json
import shlex
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import click
import psycopg
import redis
from confluent_kafka import KafkaException
from psycopg.conninfo import conninfo_to_dict

from paydesk.addresses import private
from paydesk.cli.options import as_json_option
from paydesk.infra.postgres.connection import unreachable
from paydesk.role_names import ROLES
from paydesk.secrecy import hide
from paydesk.settings import MEMORY_BROKER
from paydesk.settings_file import Settings, SettingsError, kafka_properties, read_settings
from paydesk.stack import compose
from paydesk.stack import provision as maker
from paydesk.stack.errors import StackError
from paydesk.stack.provision import Login


@click.command("compose-env")
@click.option("--folder", type=click.Path(path_type=Path), default=Path(), help="Where compose.yaml is.")
@as_json_option
def compose_env(folder: Path, as_json: bool) -> None:
    """Write what compose.yaml needs: passwords into .env, the desks' settings into .compose/."""
    private(folder / ".env", "The file")
    files = [str(file) for file in compose.write(folder)]
    if as_json:
        click.echo(json.dumps({"files": files}))
        return
    for file in files:
        click.echo(file)
    click.echo("Next: docker compose up --detach --wait")
    config = shlex.quote(str(folder / ".compose" / "stack.toml"))
    click.echo(f"      PAYDESK_CONFIG={config} {shlex.join(_program())} stack provision")


def _program() -> list[str]:
    """Return what to type for this very program: its name where the shell finds it, else where it is."""
    if shutil.which("paydesk"):
        return ["paydesk"]
    started = Path(sys.argv[0])
    return [str(started)] if started.name == "paydesk" else [sys.executable, "-m", "paydesk"]


@click.command()
@as_json_option
def provision(as_json: bool) -> None:
    """Make logins, rights, schemas and topics on your own servers, as the settings name them.

    What to make is read from the settings of all desks; who makes it from PAYDESK_ADMIN_DATABASE_URL,
    PAYDESK_ADMIN_KAFKA_CONFIG and PAYDESK_ADMIN_REDIS_URL. It may be repeated.
    """
    settings = read_settings()
    if not settings.configured:
        raise SettingsError("No servers of your own are configured.", "The embedded stack makes its own logins.")
    urls = [settings.of(role).database_url for role in ROLES]
    if not any([*urls, settings.kafka_bootstrap_servers]):
        databases = [f"PAYDESK_{role.upper()}_DATABASE_URL" for role in ROLES]
        raise SettingsError(
            "Some servers are configured, but neither PostgreSQL nor Kafka.",
            f"Set {', '.join(databases)} and PAYDESK_KAFKA_BOOTSTRAP_SERVERS.",
        )
    if settings.broker == "memory":
        raise SettingsError(f"PAYDESK_BROKER=memory is for the embedded stack alone: {MEMORY_BROKER}.", "Leave it out.")
    steps: list[tuple[str, Any, Callable[[Settings], str]]] = [
        ("PostgreSQL", settings.admin_database_url, _postgres),
        ("Kafka", settings.admin_kafka_config, _kafka),
        ("Redis", settings.admin_redis_url, _redis),
    ]
    if not any(admin for _, admin, _ in steps):
        raise SettingsError(
            "Nobody is named who may make logins.",
            "Set PAYDESK_ADMIN_DATABASE_URL, PAYDESK_ADMIN_KAFKA_CONFIG and PAYDESK_ADMIN_REDIS_URL.",
        )
    for name, admin, make in steps:
        made = make(settings) if admin else "left as it is: no admin is configured"
        click.echo(json.dumps({"server": name, "made": made}) if as_json else f"{name:<11} {made}")


def _postgres(settings: Settings) -> str:
    urls = {role: settings.of(role).database_url for role in ROLES}
    parts = {role: conninfo_to_dict(url.get_secret_value()) for role, url in urls.items() if url}
    logins = [_login(role, "PostgreSQL", part.get("user"), part.get("password")) for role, part in parts.items()]
    databases = {str(part.get("dbname") or part.get("user")) for part in parts.values()}
    assert settings.admin_database_url is not None
    try:
        for database in databases:
            maker.postgres(settings.admin_database_url.get_secret_value(), database, logins)
    except psycopg.OperationalError as error:
        raise unreachable(error) from error
    except psycopg.Error as error:
        raise StackError(
            f"PostgreSQL refused: {hide(str(error).splitlines()[0])}.", "Is the admin's login a superuser?"
        ) from error
    return f"logins and schemas for {_names(logins)}"


def _kafka(settings: Settings) -> str:
    assert settings.admin_kafka_config is not None
    admin = {
        "bootstrap.servers": settings.kafka_bootstrap_servers or "",
        **kafka_properties(settings.admin_kafka_config),
    }
    logins = []
    for role in ROLES:
        file = settings.of(role).kafka_config
        conf = kafka_properties(file) if file else {}
        if conf.get("sasl.username") and conf.get("sasl.password"):
            logins.append(Login(role, conf["sasl.username"], conf["sasl.password"]))
    try:
        client = maker.kafka_admin(admin)
        if maker.is_in_memory(client):
            raise SettingsError(f"This is the in-memory broker: {MEMORY_BROKER}.", "Name an Apache Kafka of your own.")
        maker.kafka(client, logins)
    except KafkaException as error:
        raise StackError(
            f"Kafka: {hide(error.args[0].str())}.", "Look at PAYDESK_ADMIN_KAFKA_CONFIG and the broker's log."
        ) from error
    except TimeoutError as error:
        raise StackError("Kafka does not answer.", "Look at PAYDESK_KAFKA_BOOTSTRAP_SERVERS.") from error
    return f"both topics, logins and rights for {_names(logins)}" if logins else "both topics; no logins are configured"


def _redis(settings: Settings) -> str:
    urls = {role: settings.of(role).redis_url for role in ROLES}
    parts = {role: urlsplit(url.get_secret_value()) for role, url in urls.items() if url}
    logins = [
        _login(role, "Redis", unquote(part.username or ""), unquote(part.password or ""))
        for role, part in parts.items()
    ]
    assert settings.admin_redis_url is not None
    try:
        with redis.Redis.from_url(settings.admin_redis_url.get_secret_value(), socket_timeout=5) as admin:
            kept = maker.valkey(admin, logins)
    except redis.RedisError as error:
        raise StackError(f"Redis: {hide(str(error))}.", "Look at PAYDESK_ADMIN_REDIS_URL.") from error
    return f"logins for {_names(logins)}" + ("" if kept else "; they last until it restarts, as it has no aclfile")


def _login(role: str, server: str, name: object, password: object) -> Login:
    if not name or not password:
        raise SettingsError(f"The {role}'s URL of {server} names no login with a password.", "Add USER:PASSWORD@.")
    return Login(role, str(name), str(password))


def _names(logins: list[Login]) -> str:
    return " and ".join(login.name for login in logins) or "nobody"
