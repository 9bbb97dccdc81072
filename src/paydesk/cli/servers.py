"""What the settings say of a command: which servers it uses, its own or the embedded stack, and who acts by it."""

import getpass

from paydesk.domain.names import typed_name
from paydesk.role_names import ROLES
from paydesk.settings import Servers
from paydesk.settings_file import ConfiguredServers, Settings, SettingsError
from paydesk.stack.embedded import EmbeddedStack


def servers_of(settings: Settings) -> Servers:
    """Return the configured servers, or the embedded stack."""
    return ConfiguredServers(settings) if settings.configured else embedded_of(settings)


def embedded_of(settings: Settings) -> EmbeddedStack:
    """Return this process as a user of the embedded stack that the settings tell of."""
    return EmbeddedStack(settings.home, idle_s=settings.idle_seconds, environment=settings.for_supervisor)


def person_of(settings: Settings, role_name: str, given: str | None) -> str:
    """Return who acts: as said, as set, or by the login. Raises ``SettingsError`` where none of them names anybody.

    On the embedded stack, where one login tries all desks, each but the first is somebody else's by default.
    """
    named = given or settings.person
    if named:
        return typed_name(named)
    try:
        login = typed_name(getpass.getuser())  # Which may be what the environment says.
    except (KeyError, OSError, ImportError) as error:
        raise SettingsError(
            "This login has no name on this machine.", "Say who acts by --as NAME, or by PAYDESK_PERSON."
        ) from error
    return login if role_name == ROLES[0] or settings.configured else f"{login}-{role_name}"
