"""``paydesk stack up``, ``status``, ``env``, ``down`` and ``reset``: the embedded servers."""

import json
import shlex
import time

import click

from paydesk.cli import asking
from paydesk.cli.options import as_json_option
from paydesk.cli.servers import embedded_of
from paydesk.domain.text import counted
from paydesk.role_names import ROLES
from paydesk.settings import MEMORY_BROKER
from paydesk.settings_file import Settings, SettingsError, read_settings
from paydesk.stack import embedded
from paydesk.stack.embedded import StackStatus
from paydesk.stack.errors import StackError, StillOpen

_UP_S = 240.0


def _settings() -> Settings:
    settings = read_settings()
    if settings.configured:
        raise SettingsError("Your own servers are configured, so there is no embedded stack.", "See `paydesk doctor`.")
    return settings


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def up(as_json: bool) -> None:
    """Start the servers, and wait until all answer."""
    settings = _settings()
    servers = embedded_of(settings)
    until, last = time.monotonic() + _UP_S, ""
    try:
        while True:
            endpoints = servers.endpoints(ROLES[0])
            if endpoints.kafka is not None and endpoints.redis_url is not None:
                stack_status = embedded.status(settings.home, asks=True)
                if all(server["state"] == "ready" for server in stack_status.servers.values()):
                    break
                notice = next((server["trouble"] for server in stack_status.servers.values() if server["trouble"]), "")
            else:
                notice = servers.notice()
            if notice != last:
                last = notice
                click.echo(notice, err=True)
            if time.monotonic() > until:
                raise StackError("The embedded stack did not come up in time.", notice)
            time.sleep(0.1)
    finally:
        servers.leave()
    _tell(stack_status, as_json)


@click.command("status")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def status_(as_json: bool) -> None:
    """Tell how the servers stand; starts nothing."""
    _tell(embedded.status(_settings().home, asks=True), as_json)


def _tell(status: StackStatus, as_json: bool) -> None:
    if as_json:
        servers = {
            name: {"state": server["state"], "pid": server["pid"], "memory_broker": server["memory"]}
            for name, server in status.servers.items()
        }
        facts = {"home": str(status.home), "running": status.running, "servers": servers, "users": status.users}
        click.echo(json.dumps(facts | {"memory_bytes": status.memory}))
        return
    if not status.running:
        click.echo(f"The embedded stack does not run. Its data is in {status.home}.")
        return
    for name, server in status.servers.items():
        trouble = f"  {server['trouble']} {server['hint']}".rstrip() if server.get("trouble") else ""
        click.echo(f"{name:<9} {server['state']:<7} pid {server['pid'] or '-'}{trouble}")
        if server["memory"]:
            click.echo(f"{'':<9} the in-memory broker, in place of Apache Kafka. {server['why']}")
            click.echo(f"{'':<9} {MEMORY_BROKER[0].upper()}{MEMORY_BROKER[1:]}.")
            click.echo(f"{'':<9} It forgets everything when it ends; your requests are kept, and are then sent again.")
    click.echo(f"{status.memory >> 20} MB of memory, {counted(len(status.users), 'user')}, data in {status.home}")


@click.command()
@click.option("--role", type=click.Choice([*ROLES, "stack"]), required=True, help="Whose login.")
@as_json_option
def env(role: str, as_json: bool) -> None:
    """Print shell lines with which other tools connect as a login."""
    settings = _settings()
    if not embedded.status(settings.home).running:
        raise StackError("The embedded stack does not run.", "Start it with `paydesk stack up`.")
    variables = embedded.environment(settings.home, role)
    if as_json:
        click.echo(json.dumps(variables))
        return
    for name, value in variables.items():
        click.echo(f"export {name}={shlex.quote(value)}")


@click.command()
@as_json_option
def down(as_json: bool) -> None:
    """Stop the servers; the data stays."""
    home = _settings().home
    stopped = embedded.down(home)
    users = embedded.status(home).users
    if as_json:
        click.echo(json.dumps({"home": str(home), "stopped": stopped, "users": users}))
        return
    click.echo(f"Stopped. Your data is in {home}." if stopped else f"It did not run. Its data is in {home}.")
    if users:
        click.echo(embedded.still_open(users))


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@as_json_option
def reset(yes: bool, as_json: bool) -> None:
    """Stop the servers and delete all their data."""
    home = _settings().home
    if users := embedded.status(home).users:
        raise StillOpen(embedded.still_open(users), "Nothing was deleted.")
    if not yes:
        asks = f"This deletes every request in {home}. Type reset to go on"
        if asking.word(asks, without="--yes", err=as_json) != "reset":
            click.echo("Nothing was deleted.", err=as_json)
            raise SystemExit(1)
    left = embedded.reset(home)
    if as_json:
        click.echo(json.dumps({"home": str(home), "deleted": True, "left": list(left)}))
    elif left:
        click.echo(f"Deleted what paydesk made in {home}. The rest is not paydesk's and stays: {', '.join(left)}.")
    else:
        click.echo(f"Deleted {home}.")
