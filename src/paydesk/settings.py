"""What paydesk is told from outside: addresses, logins and a few choices, read once by the command line."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

CONFIG_KEY = "PAYDESK_CONFIG"
PERSON_KEY = "PAYDESK_PERSON"
ASCII_KEY = "PAYDESK_ASCII"
"""Marks of the screens in ASCII; the environment alone, as the first frame stands before any file is read."""
THEME_KEY = "PAYDESK_THEME"
"""The look of the screens, as ``--theme`` for one start; the environment alone too."""
KEYS_KEY, KEYS_TABLE = "PAYDESK_KEYS", "keys"
"""Keys of one's own; read and checked before the first frame, by whoever opens a screen."""

MEMORY_BROKER = (
    "anybody with a login on this machine can write to it, so it is for trying out on a machine of one's own"
)
"""What whoever uses the in-memory broker has to know: it has no logins."""
TOPIC_SETTINGS = {
    "retention.ms": "-1",
    "retention.bytes": "-1",
    "message.timestamp.type": "LogAppendTime",
    "max.message.bytes": "65536",
}
"""How a topic of paydesk is made, by its worker or by whoever provisions the servers; times in ms, sizes in bytes."""


class SettingsError(Exception):
    """A setting cannot be taken; the message is one plain sentence, ``hint`` what to do."""

    code = "settings"

    def __init__(self, message: str, hint: str = "", setting: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.setting = setting
        """The name of the one setting that is wrong, where it is one."""


def own_folder(kind: Literal["cache", "config", "data", "log", "state"]) -> Path:
    """Return this login's folder for paydesk's files of a kind; one that is not absolute where it has none at all."""
    import platformdirs

    try:
        folder: str = getattr(platformdirs, f"user_{kind}_dir")("paydesk")
    except RuntimeError:  # No HOME, and no entry in the list of logins.
        return Path("~") / kind
    return Path(folder)


def config_path(environment: Mapping[str, str]) -> Path:
    """Return where the settings file is, or would be."""
    named = environment.get(CONFIG_KEY)
    return Path(named) if named else own_folder("config") / "paydesk.toml"


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where one role's three servers are, and how its login gets in.

    ``kafka`` holds librdkafka settings (``bootstrap.servers``, SASL); it is None while no broker has an address yet.
    ``redis_url`` is None while no Redis or Valkey has an address yet. Passwords are kept out of ``repr``.
    """

    label: str
    """What the top line calls this stack: ``embedded``, ``demo``, or the configured name."""
    database_url: str = field(repr=False)
    """A libpq URL, ``postgresql://USER:PASSWORD@HOST/DATABASE``; the schema is the role's name."""
    kafka: Mapping[str, str] | None = field(default=None, repr=False)
    redis_url: str | None = field(default=None, repr=False)
    memory_broker: bool = False
    """The in-memory broker stands in for Apache Kafka: it forgets everything when it ends, and has no ACLs."""


class Servers(Protocol):
    """The servers a desk or command uses, embedded or configured; one object per process."""

    def endpoints(self, role: str) -> Endpoints:
        """Return the current addresses for ``role``; waits until PostgreSQL has one, never for Kafka or Valkey.

        Call it again after trouble: an address may have come (Kafka fetched) or changed. Raises a paydesk error with
        a sentence and a hint when PostgreSQL cannot be had.
        """

    def notice(self) -> str:
        """Return one line about servers still coming or in trouble, or an empty string. Never blocks."""

    def mend(self) -> bool:
        """Make anew what is gone of logins, rights and schemas; returns False where that is somebody else's to do."""

    def leave(self) -> str:
        """Say that this process needs the servers no more; returns a sentence for the person, or ""."""
