"""``paydesk stack``: the embedded servers."""

import json
import shlex
import time
from typing import Any

import click

from paydesk.cli.adopt import adopt
from paydesk.cli.groups import HelpfulGroup
from paydesk.cli.options import as_json_option
from paydesk.cli.provision import compose_env, provision
from paydesk.cli.streams import say_aside
from paydesk.domain.text import counted
from paydesk.role_names import ROLES
from paydesk.settings import MEMORY_BROKER
from paydesk.settings_file import Settings, SettingsError, read_settings
from paydesk.waiting import said_by

_UP_S = 240.0


def _settings() -> Settings:
    settings = read_settings()
    if settings.configured:
        raise SettingsError("Your own servers are configured, so there is no embedded stack.", "See `paydesk doctor`.")
    return settings


@click.group(cls=HelpfulGroup)
@click.pass_context
def stack(context: click.Context) -> None:
    """PostgreSQL, Valkey and Apache Kafka, started from packages for one login."""
    context.with_resource(said_by(say_aside))


stack.add_command(adopt)
stack.add_command(provision)
stack.add_command(compose_env)


@stack.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def up(as_json: bool) -> None:
    """Start the servers, and wait until all answer."""
    from paydesk.cli.servers import embedded_of
    from paydesk.stack.embedded import status
    from paydesk.stack.errors import StackError

    settings = _settings()
    embedded = embedded_of(settings)
    until, said = time.monotonic() + _UP_S, ""
    try:
        while True:
            found = embedded.endpoints("contractor")
            if found.kafka is not None and found.redis_url is not None:
                break
            notice = embedded.notice()
            if notice != said:
                said = notice
                click.echo(notice, err=True)
            if time.monotonic() > until:
                raise StackError("The embedded stack did not come up in time.", notice)
            time.sleep(0.1)
    finally:
        embedded.leave()
    _tell(status(settings.home), as_json)


@stack.command("status")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def status_(as_json: bool) -> None:
    """Tell how the servers stand; starts nothing."""
    from paydesk.stack.embedded import status

    _tell(status(_settings().home), as_json)


def _tell(found: Any, as_json: bool) -> None:
    if as_json:
        servers = {
            name: {"state": told["state"], "pid": told["pid"], "memory_broker": told["memory"]}
            for name, told in found.servers.items()
        }
        facts = {"home": str(found.home), "running": found.running, "servers": servers, "users": found.users}
        click.echo(json.dumps(facts | {"memory_bytes": found.memory}))
        return
    if not found.running:
        click.echo(f"The embedded stack does not run. Its data is in {found.home}.")
        return
    for name, told in found.servers.items():
        trouble = f"  {told['trouble']} {told['hint']}".rstrip() if told.get("trouble") else ""
        click.echo(f"{name:<9} {told['state']:<7} pid {told['pid'] or '-'}{trouble}")
        if told["memory"]:
            click.echo(f"{'':<9} the in-memory broker, in place of Apache Kafka. {told['why']}")
            click.echo(f"{'':<9} {MEMORY_BROKER[0].upper()}{MEMORY_BROKER[1:]}.")
            click.echo(f"{'':<9} It forgets everything when it ends; your requests are kept, and are then sent again.")
    click.echo(f"{found.memory >> 20} MB of memory, {counted(len(found.users), 'user')}, data in {found.home}")


@stack.command()
@click.option("--role", type=click.Choice([*ROLES, "stack"]), required=True, help="Whose login.")
@as_json_option
def env(role: str, as_json: bool) -> None:
    """Print shell lines with which other tools connect as a login."""
    from paydesk.stack.embedded import environment, status
    from paydesk.stack.errors import StackError

    settings = _settings()
    if not status(settings.home).running:
        raise StackError("The embedded stack does not run.", "Start it with `paydesk stack up`.")
    found = environment(settings.home, role)
    if as_json:
        click.echo(json.dumps(found))
        return
    for name, value in found.items():
        click.echo(f"export {name}={shlex.quote(value)}")


@stack.command()
@as_json_option
def down(as_json: bool) -> None:
    """Stop the servers; the data stays."""
    from paydesk.stack.embedded import down as stop
    from paydesk.stack.embedded import status, still_open

    home = _settings().home
    stopped = stop(home)
    users = status(home).users
    if as_json:
        click.echo(json.dumps({"home": str(home), "stopped": stopped, "users": users}))
        return
    click.echo(f"Stopped. Your data is in {home}." if stopped else f"It did not run. Its data is in {home}.")
    if users:
        click.echo(still_open(users))


@stack.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@as_json_option
def reset(yes: bool, as_json: bool) -> None:
    """Stop the servers and delete all their data."""
    from paydesk.stack.embedded import reset as delete
    from paydesk.stack.embedded import status, still_open
    from paydesk.stack.errors import StillOpen

    home = _settings().home
    if users := status(home).users:
        raise StillOpen(still_open(users), "Nothing was deleted.")
    if not yes:
        typed = click.prompt(
            f"This deletes every request in {home}. Type reset to go on", default="", show_default=False, err=as_json
        )
        if typed.strip() != "reset":
            click.echo("Nothing was deleted.", err=as_json)
            raise SystemExit(1)
    left = delete(home)
    if as_json:
        click.echo(json.dumps({"home": str(home), "deleted": True, "left": list(left)}))
    elif left:
        click.echo(f"Deleted what paydesk made in {home}. The rest is not paydesk's and stays: {', '.join(left)}.")
    else:
        click.echo(f"Deleted {home}.")
