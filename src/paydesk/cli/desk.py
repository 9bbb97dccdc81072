"""How a desk is started: the frame first, settings and servers behind it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import platformdirs

from paydesk.cli.front import refuse


def draft_file(role_name: str, person: str | None) -> Path:
    """Return the file of a person's draft."""
    name = "".join(char if char.isalnum() else "_" for char in person or "login")[:60]
    return Path(platformdirs.user_state_dir("paydesk")) / f"draft-{role_name}-{name}.json"


def filters_file(role_name: str) -> Path:
    """Return the file of the filters that were used last."""
    return Path(platformdirs.user_state_dir("paydesk")) / f"filters-{role_name}.json"


def view_file(role_name: str) -> Path:
    """Return the file of how a desk was left."""
    return Path(platformdirs.user_state_dir("paydesk")) / f"view-{role_name}.json"


def run_desk(app: Any) -> None:
    """Run a desk to its end, print its parting sentence, and exit with the code of what kept it from opening."""
    app.run()
    if app.failure is not None:
        raise SystemExit(refuse(app.failure, as_json=False))
    if app.return_code:
        raise SystemExit(app.return_code)
    if app.parting:
        click.echo(app.parting)


def room(role_name: str, person: str | None, make: Callable[[Any, str, Any], Any]) -> Callable[[], Any]:
    """Return what makes the room behind a desk: called in a thread, after the first frame."""

    def made() -> Any:
        from paydesk.cli.errand import person_of
        from paydesk.cli.servers import servers_of
        from paydesk.settings_file import read_settings

        settings = read_settings()
        who = person_of(settings, role_name, person)
        return make(servers_of(settings), who, settings)

    return made
