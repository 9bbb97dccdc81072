"""Which servers a command uses: those of the settings, or the embedded stack."""

from typing import TYPE_CHECKING

from paydesk.settings import Servers
from paydesk.settings_file import ConfiguredServers, Settings

if TYPE_CHECKING:
    from paydesk.stack.embedded import EmbeddedStack


def servers_of(settings: Settings) -> Servers:
    """Return the configured servers, or the embedded stack."""
    return ConfiguredServers(settings) if settings.configured else embedded_of(settings)


def embedded_of(settings: Settings) -> "EmbeddedStack":
    """Return this process as a user of the embedded stack that the settings tell of."""
    from paydesk.stack.embedded import EmbeddedStack

    return EmbeddedStack(settings.home, idle_s=settings.idle_seconds, environment=settings.for_supervisor)
