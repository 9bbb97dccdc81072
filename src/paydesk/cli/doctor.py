"""``paydesk doctor``: what is configured, what answers, what is wrong and what to do; passwords are never shown."""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from paydesk.settings import MEMORY_BROKER

if TYPE_CHECKING:
    from paydesk.infra.checkup import Finding
    from paydesk.settings_file import Settings


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def doctor(as_json: bool) -> None:
    """Tell what is wrong, in words, and what to do. Exit code 0: all well; 7: something is not."""
    from paydesk.cli import output
    from paydesk.cli.output import marked
    from paydesk.cli.side_by_side import lines
    from paydesk.cli.wrapping import tell
    from paydesk.infra.locked import joined
    from paydesk.settings_file import read_settings

    settings = read_settings()
    findings = _configured(settings) if settings.configured else _embedded(settings)
    locked = joined(one for found in findings for one in found.locked)
    if as_json:
        rows = [{"name": f.name, "ok": f.ok, "seen": f.seen, "todo": f.todo} for f in findings]
        told = {"ok": all(f.ok for f in findings), "findings": rows, "locked": [one.document() for one in locked]}
        output.print_json(told)
    else:
        for found in findings:
            tell(f"{marked('✓' if found.ok else '✗')} {found.name:<24} {found.seen}".rstrip(), 27)
            if found.todo and not found.ok:
                tell(f"{'':<26} {marked('→')} {found.todo}", 29)
        for one in locked:
            click.echo()
            for line in lines(one):
                tell(line)
    if not all(found.ok for found in findings):
        raise SystemExit(7)


def _configured(settings: "Settings") -> "list[Finding]":
    from paydesk.cli.roles import roles
    from paydesk.infra.checkup import Finding, check_role
    from paydesk.settings_file import ConfiguredServers, SettingsError

    servers = ConfiguredServers(settings)
    findings = [Finding("servers", True, f"your own, called {settings.stack_name}")]
    for role in roles():
        if not getattr(settings, f"{role.name}_database_url"):
            findings.append(Finding(f"{role.name} settings", True, "not here; its desk is on another login or machine"))
            continue
        try:
            endpoints = servers.endpoints(role.name)
        except SettingsError as error:
            findings.append(Finding(f"{role.name} settings", False, error.message, error.hint))
            continue
        where = f"{_where(endpoints.database_url)}, Kafka {(endpoints.kafka or {}).get('bootstrap.servers', '')}"
        findings.append(Finding(f"{role.name} settings", True, where))
        findings += check_role(role, endpoints)
    return findings


def _embedded(settings: "Settings") -> "list[Finding]":
    from paydesk.cli.roles import roles
    from paydesk.cli.servers import embedded_of
    from paydesk.infra.checkup import Finding, check_role
    from paydesk.stack.embedded import status
    from paydesk.stack.errors import StackError

    findings = [Finding("servers", True, f"embedded, data in {settings.home}")]
    try:
        found = status(settings.home)
    except StackError as error:
        return [*findings, Finding("embedded stack", False, error.message, error.hint)]
    if not found.running:
        return [*findings, Finding("embedded stack", True, "does not run; the first command starts it")]
    for name, told in found.servers.items():
        well = told["state"] in ("ready", "coming") and not told["trouble"]
        seen = told["trouble"] or told["notice"] or told["state"]
        if told["memory"]:
            seen = f"{seen}, the in-memory broker stands in for Apache Kafka: {MEMORY_BROKER}. {told['why']}"
        findings.append(Finding(f"embedded {name}", well, seen, told["hint"]))
    embedded = embedded_of(settings)
    try:
        for role in roles():
            findings += check_role(role, embedded.endpoints(role.name))
    finally:
        embedded.leave()
    return findings


def _where(url: str) -> str:
    parts = urlsplit(url)
    host = parts.hostname or "socket"
    return f"PostgreSQL {parts.username}@{host}{f':{parts.port}' if parts.port else ''}{parts.path}"
