"""Settings from the environment (``PAYDESK_*``) and a TOML file, read once; unknown keys are refused by name."""

import difflib
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from paydesk.settings import (
    ASCII_KEY,
    CONFIG_KEY,
    KEYS_KEY,
    KEYS_TABLE,
    MEMORY_BROKER,
    THEME_KEY,
    Endpoints,
    config_path,
)

PREFIX = "PAYDESK_"


class SettingsError(Exception):
    """A setting cannot be taken; the message is one plain sentence, ``hint`` what to do."""

    code = "settings"

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class Settings(BaseModel):
    """Everything paydesk is told from outside. With no server configured the embedded stack is used."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    contractor_database_url: SecretStr | None = None
    """PostgreSQL as the contractor's login: postgresql://USER:PASSWORD@HOST/DATABASE."""
    manager_database_url: SecretStr | None = None
    """PostgreSQL as the manager's login."""
    kafka_bootstrap_servers: str | None = None
    """Apache Kafka: host:port, several divided by commas."""
    kafka_config: Path | None = None
    """A file of further librdkafka settings (TLS, SASL), one name=value a line, for both roles."""
    contractor_kafka_config: Path | None = None
    """The same for the contractor's login alone."""
    manager_kafka_config: Path | None = None
    """The same for the manager's login alone."""
    redis_url: SecretStr | None = None
    """Redis or Valkey for both roles: redis://USER:PASSWORD@HOST/0."""
    contractor_redis_url: SecretStr | None = None
    """Redis as the contractor's login."""
    manager_redis_url: SecretStr | None = None
    """Redis as the manager's login."""
    admin_database_url: SecretStr | None = None
    """PostgreSQL as a superuser; used by `paydesk stack provision` alone, as are the next two."""
    admin_kafka_config: Path | None = None
    """Kafka as a login that may make logins: a file of librdkafka settings."""
    admin_redis_url: SecretStr | None = None
    """Redis as a login that may make users."""
    stack_name: str = "configured"
    """What the top line calls these servers."""
    person: str | None = None
    """Who acts, where --as does not say."""
    hold_seconds: int = Field(default=8, ge=0, le=60)
    """How long a decision made on a screen is held before it is sent, in seconds."""
    home: Path = Field(default_factory=lambda: Path(platformdirs.user_data_dir("paydesk")) / "stack")
    """The folder of the embedded stack."""
    broker: Literal["kafka", "memory"] = "kafka"
    """The embedded broker: Apache Kafka, or `memory`: any login of the machine can write to it, and it forgets all."""
    maven_repository: str | None = None
    """Where Apache Kafka's files are fetched from, instead of Maven's central repository."""
    pg_bin: Path | None = None
    """A folder of PostgreSQL 18's own programs, instead of the package's."""
    idle_seconds: int = Field(default=600, ge=5)
    """How long after its last user the embedded stack stops, in seconds."""

    @property
    def for_supervisor(self) -> dict[str, str]:
        """Return what the embedded stack's supervisor is told of these settings, by its environment."""
        told = {name: getattr(self, name) for name in ("broker", "maven_repository", "pg_bin")}
        return {PREFIX + name.upper(): str(value) for name, value in told.items() if value is not None}

    @property
    def configured(self) -> bool:
        """Whether real servers are named; then nothing embedded is started."""
        return bool(self.contractor_database_url or self.manager_database_url or self.kafka_bootstrap_servers)


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings: the environment beats the file. Raises ``SettingsError``."""
    found = dict(os.environ if environment is None else environment)
    given = _from_file(found)
    for name, value in found.items():
        if name.startswith(PREFIX) and name not in (CONFIG_KEY, ASCII_KEY, THEME_KEY, KEYS_KEY):
            given[_known(name.removeprefix(PREFIX).lower(), name)] = value
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors()[0]
        name = PREFIX + str(first["loc"][0]).upper()
        wrong = _WRONG.get(first["type"]) or f"cannot be taken: {first['msg'].lower()}"
        raise SettingsError(f"{name} {wrong}.", "Mend it, or leave it out.") from error


_WRONG = {
    "int_parsing": "is not a whole number",
    "int_type": "is not a whole number",
    "int_from_float": "is not a whole number",
}


def _from_file(found: Mapping[str, str]) -> dict[str, Any]:
    path = config_path(found)
    if not found.get(CONFIG_KEY) and not path.exists():
        return {}
    try:
        given = tomllib.loads(path.read_text())
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"The settings file {path} cannot be read: {error}.", "Mend or remove it.") from error
    return {_known(key, key): value for key, value in given.items() if key != KEYS_TABLE}


def _known(key: str, written: str) -> str:
    if key in Settings.model_fields:
        return key
    near = difflib.get_close_matches(key, Settings.model_fields, n=1, cutoff=0.5)
    meant = near[0] if written == key else PREFIX + near[0].upper() if near else ""
    raise SettingsError(f"There is no setting {written}.", f"Did you mean {meant}?" if near and meant else "")


class ConfiguredServers:
    """Real servers, by settings alone; starts nothing."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def endpoints(self, role: str) -> Endpoints:
        """Return the configured addresses of a role. Raises ``SettingsError`` for a half configuration."""
        url = self._secret(f"{role}_database_url")
        bootstrap = self._settings.kafka_bootstrap_servers
        redis_url = self._secret(f"{role}_redis_url") or self._secret("redis_url")
        missing = [
            name
            for name, value in (
                (f"{role}_database_url", url),
                ("kafka_bootstrap_servers", bootstrap),
                ("redis_url", redis_url),
            )
            if not value
        ]
        if missing or url is None or bootstrap is None:
            names = ", ".join(PREFIX + name.upper() for name in missing)
            raise SettingsError(f"Some servers are configured, but not {names}.", "Set it, or leave all of them out.")
        if self._settings.broker == "memory":
            raise SettingsError(
                f"{PREFIX}BROKER=memory is for the embedded stack alone: {MEMORY_BROKER}.", "Leave it out."
            )
        if urlsplit(url).scheme not in ("postgresql", "postgres"):
            raise SettingsError(f"{PREFIX}{role.upper()}_DATABASE_URL does not begin with postgresql://.", "Mend it.")
        return Endpoints(self._settings.stack_name, url, self._kafka(role, bootstrap), redis_url)

    def notice(self) -> str:
        """Return nothing: configured servers do not come step by step."""
        return ""

    def leave(self) -> str:
        """Return nothing: configured servers go on by themselves."""
        return ""

    def _secret(self, name: str) -> str | None:
        value: SecretStr | None = getattr(self._settings, name)
        return value.get_secret_value() if value else None

    def _kafka(self, role: str, bootstrap: str) -> dict[str, str]:
        conf = {"bootstrap.servers": bootstrap}
        for path in (self._settings.kafka_config, getattr(self._settings, f"{role}_kafka_config")):
            if path is not None:
                conf.update(kafka_properties(path))
        return conf


def kafka_properties(path: Path) -> dict[str, str]:
    """Return librdkafka settings from a file, one name=value a line. Raises ``SettingsError``."""
    try:
        lines = path.read_text().splitlines()
    except OSError as error:
        raise SettingsError(f"The Kafka settings file {path} cannot be read.", str(error.strerror)) from error
    pairs = (line.split("=", 1) for line in lines if "=" in line and not line.lstrip().startswith("#"))
    return {name.strip(): value.strip() for name, value in pairs}
