"""Settings from the environment (``PAYDESK_*``) and a TOML file, read once; unknown keys are refused by name."""

import os
import tomllib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_args

from paydesk import addresses
from paydesk.addresses import kafka_properties, login_noted
from paydesk.role_names import ROLES
from paydesk.secrecy import Secret, hide
from paydesk.settings import (
    ASCII_KEY,
    CONFIG_KEY,
    KEYS_KEY,
    KEYS_TABLE,
    MEMORY_BROKER,
    THEME_KEY,
    Endpoints,
    SettingsError,
    config_path,
    own_folder,
)

PREFIX = "PAYDESK_"
__all__ = ["ConfiguredServers", "Settings", "SettingsError", "kafka_properties", "look_at_settings", "read_settings"]


@dataclass(frozen=True, slots=True)
class RoleSettings:
    """What is set for each role by itself; the name of such a setting begins with the role's."""

    database_url: Secret | None = None
    """PostgreSQL as the {role}'s login: postgresql://USER:PASSWORD@HOST/DATABASE."""
    kafka_config: Path | None = None
    """A file of further librdkafka settings for the {role}'s login alone."""
    redis_url: Secret | None = None
    """Redis as the {role}'s login."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything paydesk is told from outside. With no server configured the embedded stack is used."""

    kafka_bootstrap_servers: str | None = None
    """Apache Kafka: host:port, several divided by commas."""
    kafka_config: Path | None = None
    """A file of further librdkafka settings (TLS, SASL), one name=value a line, for every role."""
    redis_url: Secret | None = None
    """Redis or Valkey for every role: redis://USER:PASSWORD@HOST/0."""
    admin_database_url: Secret | None = None
    """PostgreSQL as a superuser; used by `paydesk stack provision` alone, as are the next two."""
    admin_kafka_config: Path | None = None
    """Kafka as a login that may make logins: a file of librdkafka settings."""
    admin_redis_url: Secret | None = None
    """Redis as a login that may make users."""
    stack_name: str = "configured"
    """What the top line calls these servers."""
    person: str | None = None
    """Who acts, where --as does not say."""
    hold_seconds: int = field(default=8, metadata={"ge": 0, "le": 60})
    """How long a decision made on a screen is held before it is sent, in seconds."""
    home: Path = field(default_factory=lambda: own_folder("data") / "stack")
    """The folder of the embedded stack."""
    broker: Literal["kafka", "memory"] = "kafka"
    """The embedded broker: Apache Kafka, or `memory`: any login of the machine can write to it, and it forgets all."""
    maven_repository: str | None = None
    """Where Apache Kafka's files are fetched from, instead of Maven's central repository."""
    pg_bin: Path | None = None
    """A folder of PostgreSQL 18's own programs, instead of the package's."""
    idle_seconds: int = field(default=600, metadata={"ge": 5})
    """How long after its last user the embedded stack stops, in seconds."""
    roles: Mapping[str, RoleSettings] = field(default_factory=dict)  # What is set for a role, by its name.
    names: frozenset[str] = frozenset()  # The settings that were given.

    @classmethod
    def of_values(cls, values: Mapping[str, Any]) -> "Settings":
        """Return the settings of these values, each of its setting's type, by the names of the settings file."""
        own: dict[str, Any] = {}
        of_roles: defaultdict[str, dict[str, Any]] = defaultdict(dict)
        for name, value in values.items():
            role, own_name = _OF_ROLES.get(name, ("", name))
            (of_roles[role] if role else own)[own_name] = value
        roles = {role: RoleSettings(**given) for role, given in of_roles.items()}
        return cls(**own, roles=roles, names=frozenset(values))

    @property
    def for_supervisor(self) -> dict[str, str]:
        """Return what the embedded stack's supervisor is told of these settings, by its environment."""
        values = {name: getattr(self, name) for name in ("broker", "maven_repository", "pg_bin")}
        return {PREFIX + name.upper(): str(value) for name, value in values.items() if value is not None}

    @property
    def configured(self) -> bool:
        """Whether anything is said that is for servers of one's own alone; then nothing embedded is started."""
        return any(_is_given(self.given(name)) for name in SERVERS)

    def of(self, role: str) -> RoleSettings:
        """Return what is set for a role by itself."""
        return self.roles.get(role, _NOTHING_SET)

    def given(self, name: str) -> Any:
        """Return the value that was given for the setting of this name; None where it was left out."""
        role, own_name = _OF_ROLES.get(name, ("", name))
        return getattr(self.of(role) if role else self, own_name) if name in self.names else None


_NOTHING_SET = RoleSettings()
_OF_ROLES = {f"{role}_{own.name}": (role, own.name) for role in ROLES for own in fields(RoleSettings)}
"""The role and the field of each setting that every role has for itself."""
SETTINGS: Mapping[str, Field[Any]] = {
    **{f"{role}_{own.name}": own for role in ROLES for own in fields(RoleSettings)},
    **{own.name: own for own in fields(Settings) if own.name not in ("roles", "names")},
}
"""Every setting, by its name in the settings file."""
_URLS = tuple(name for name in SETTINGS if name.endswith("_url"))
_PATHS = tuple(name for name, setting in SETTINGS.items() if Path in (setting.type, *get_args(setting.type)))
SERVERS = tuple(name for name in SETTINGS if name.endswith(("_url", "_servers", "kafka_config", "stack_name")))
"""Settings that mean nothing without servers of one's own."""
_ENVIRONMENT_ALONE = {"config": CONFIG_KEY, "ascii": ASCII_KEY, "theme": THEME_KEY}


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings: the environment beats the file. Raises ``SettingsError``."""
    settings, faults = look_at_settings(environment)
    if faults:
        raise faults[0]
    return settings


def look_at_settings(environment: Mapping[str, str] | None = None) -> tuple[Settings, list[SettingsError]]:
    """Return the settings that can be taken, and what is wrong with the others, each by itself."""
    variables = dict(os.environ if environment is None else environment)
    given, faults = _from_file(variables)
    for name, value in variables.items():
        if name.startswith(PREFIX) and name not in (CONFIG_KEY, ASCII_KEY, THEME_KEY, KEYS_KEY):
            key = name.removeprefix(PREFIX).lower()
            if (unknown := _unknown(key, name)) is not None:
                faults.append(unknown)
            else:
                given[key] = value
    for key in _URLS:
        url = given.get(key)
        if isinstance(url, str):
            # Files of secrets end with a line break.
            given[key] = login_noted(url.rstrip())
    wrong = [fault for fault in map(_address_fault, given, given.values()) if fault is not None]
    faults += wrong
    while True:
        taken = {key: value for key, value in given.items() if all(fault.setting != _named(key) for fault in faults)}
        if all(_is_plain(name, value) for name, value in taken.items()):
            return Settings.of_values({name: _typed(name, value) for name, value in taken.items()}), faults
        checked = _checked(taken)
        if not isinstance(checked, SettingsError):
            return Settings.of_values(checked), faults
        faults.append(checked)


def _kinds(name: str) -> tuple[Any, ...]:
    """Return the types of a setting; for one of some words, these words."""
    kind = SETTINGS[name].type
    return get_args(kind) or (kind,)


def _is_plain(name: str, value: object) -> bool:
    """Whether a value is right at first sight, as most are: importing pydantic takes as long as a short command."""
    kinds = _kinds(name)
    if not (isinstance(value, str) and value.isascii()) or int in kinds:
        return False
    return value in kinds or not any(isinstance(kind, str) for kind in kinds)


def _typed(name: str, value: str) -> Any:
    """Return a plain value as what its setting holds."""
    kinds = _kinds(name)
    return Path(value) if Path in kinds else Secret(value) if Secret in kinds else value


def _checked(given: Mapping[str, Any]) -> dict[str, Any] | SettingsError:
    """Return values as what their settings hold, or what is wrong with the first that cannot be taken."""
    import pydantic

    checks: dict[str, Any] = {}
    for name in given:
        kind = pydantic.SecretStr | None if Secret in _kinds(name) else SETTINGS[name].type
        checks[name] = (kind, pydantic.Field(**SETTINGS[name].metadata))
    # Yes and no are no numbers, though Python counts with them.
    no_number = {name for name, value in given.items() if isinstance(value, bool) and int in _kinds(name)}
    values = {name: str(value) if name in no_number else value for name, value in given.items()}
    try:
        model = pydantic.create_model("Settings", **checks)(**values)
    except pydantic.ValidationError as error:
        first = error.errors(include_input=False, include_context=False)[0]
        name = _named(str(first["loc"][0]))
        problem = _WRONG.get(first["type"]) or f"cannot be taken: {hide(first['msg'].lower())}"
        return SettingsError(f"{name} {problem}.", "Mend it, or leave it out.", name)
    taken = {name: getattr(model, name) for name in given}
    return {
        name: Secret(value.get_secret_value()) if isinstance(value, pydantic.SecretStr) else value
        for name, value in taken.items()
    }


_WRONG = {
    "int_parsing": "is not a whole number",
    "int_type": "is not a whole number",
    "int_from_float": "is not a whole number",
}


def _is_given(value: object) -> bool:
    """Whether a setting says anything: a variable that is set to nothing does not, and as a path it is ``.``."""
    return bool(value) and value != Path()


def _named(key: str) -> str:
    return PREFIX + key.upper()


def _address_fault(key: str, value: object) -> SettingsError | None:
    """Return why an address cannot be used, or None; one that is empty is not given."""
    if not isinstance(value, str) or not value:
        return None
    try:
        if key.endswith("database_url"):
            addresses.database(_named(key), value)
        elif key in _URLS:
            addresses.redis(_named(key), value)
        elif key == "kafka_bootstrap_servers":
            addresses.brokers(_named(key), value)
    except SettingsError as fault:
        return fault
    return None


def _from_file(variables: Mapping[str, str]) -> tuple[dict[str, Any], list[SettingsError]]:
    path = config_path(variables)
    if not variables.get(CONFIG_KEY) and not path.exists():
        return {}, []
    try:
        given = tomllib.loads(addresses.text_of(path, _FILE))
    except SettingsError as error:
        return {}, [error]
    except tomllib.TOMLDecodeError as error:
        message = f"{_FILE} {path} cannot be read: {hide(str(error))}."
        return {}, [SettingsError(message, "Mend or remove it.")]
    faults = [unknown for key in given if key != KEYS_TABLE and (unknown := _unknown(key, key)) is not None]
    kept = {key: _placed(key, value, path) for key, value in given.items() if key in SETTINGS}
    try:
        if _holds_secrets(kept) or addresses.exposed(path) == "change":
            addresses.private(path, _FILE)
    except SettingsError as error:
        faults.append(error)
    return kept, faults


def _placed(key: str, value: object, file: Path) -> object:
    """Return a setting of a file; a path in it counts from where the file is, so that they can be moved together."""
    beside = key in _PATHS and isinstance(value, str) and bool(value) and file.is_file()
    return str(file.resolve().parent / str(value)) if beside else value


_FILE = "The settings file"


def _holds_secrets(given: Mapping[str, Any]) -> bool:
    return any("@" in str(given.get(key, "")) for key in _URLS)


def _unknown(key: str, written: str) -> SettingsError | None:
    """Return the refusal of a name that no setting has, with the one that may be meant; None for a known one."""
    if key in SETTINGS:
        return None
    if key in _ENVIRONMENT_ALONE:
        return SettingsError(f"{key} is read from the environment alone.", f"Set {_ENVIRONMENT_ALONE[key]} instead.")
    import difflib  # Most names are right.

    in_file = written == key
    near = difflib.get_close_matches(key, SETTINGS, n=1, cutoff=0.5)
    names = [name if in_file else _named(name) for name in near or SETTINGS]
    hint = f"Did you mean {names[0]}?" if near else f"There are {', '.join(names)}{' and [keys]' if in_file else ''}."
    return SettingsError(f"There is no setting {hide(written)}.", hint)


class ConfiguredServers:
    """Real servers, by settings alone; starts nothing."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def endpoints(self, role: str) -> Endpoints:
        """Return the configured addresses of a role. Raises ``SettingsError``, also for a half configuration."""
        endpoints, faults = self.some(role)
        if faults:
            raise faults[0]
        given = {
            f"{role}_database_url": endpoints.database_url,
            "kafka_bootstrap_servers": endpoints.kafka,
            "redis_url": endpoints.redis_url,
        }
        if missing := [_named(name) for name, value in given.items() if not value]:
            names = ", ".join(missing)
            raise SettingsError(f"Some servers are configured, but not {names}.", "Set it, or leave all of them out.")
        return endpoints

    def some(self, role: str) -> tuple[Endpoints, list[SettingsError]]:
        """Return the addresses that a role has, empty where there is none, and what is wrong with its files."""
        faults, conf = list[SettingsError](), None
        if bootstrap := self._settings.kafka_bootstrap_servers:
            try:
                conf = self._kafka(role, bootstrap)
            except SettingsError as error:
                faults.append(error)
        if self._settings.broker == "memory":
            message = f"{PREFIX}BROKER=memory is for the embedded stack alone: {MEMORY_BROKER}."
            faults.append(SettingsError(message, "Leave it out.", f"{PREFIX}BROKER"))
        own = self._settings.of(role)
        redis_url = _revealed(own.redis_url) or _revealed(self._settings.redis_url)
        url = _revealed(own.database_url) or ""
        return Endpoints(self._settings.stack_name, url, conf, redis_url), faults

    def mend(self) -> bool:
        """Make nothing: servers of one's own are provisioned by whoever may."""
        return False

    def notice(self) -> str:
        """Return nothing: configured servers do not come step by step."""
        return ""

    def leave(self) -> str:
        """Return nothing: configured servers go on by themselves."""
        return ""

    def _kafka(self, role: str, bootstrap: str) -> dict[str, str]:
        conf = {"bootstrap.servers": bootstrap}
        for path in (self._settings.kafka_config, self._settings.of(role).kafka_config):
            if path is not None:
                conf.update(kafka_properties(path))
        return conf


def _revealed(secret: Secret | None) -> str | None:
    return secret.get_secret_value() if secret else None
