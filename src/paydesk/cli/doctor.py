"""``paydesk doctor``: what is configured, what answers, what is wrong and what to do; passwords are never shown."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import click

from paydesk.settings import MEMORY_BROKER

if TYPE_CHECKING:
    from paydesk.infra.core.role import Role
    from paydesk.infra.diagnostics.finding import Finding
    from paydesk.settings import Endpoints, SettingsError
    from paydesk.settings_file import Settings
    from paydesk.stack.embedded import EmbeddedStack


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def doctor(as_json: bool) -> None:
    """Tell what is wrong, in words, and what to do. Exit code 0: all well; 7: something is not."""
    from paydesk.cli import output
    from paydesk.cli.output import marked
    from paydesk.cli.side_by_side import lines
    from paydesk.cli.streams import say_aside
    from paydesk.cli.wrapping import tell
    from paydesk.infra.postgres.read.conflicts import joined
    from paydesk.secrecy import hide
    from paydesk.settings_file import SERVERS, look_at_settings
    from paydesk.waiting import said_by

    click.get_current_context().with_resource(said_by(say_aside))
    settings, faults = look_at_settings()
    findings = _settings(faults)
    if settings.configured or any(fault.setting.removeprefix("PAYDESK_").lower() in SERVERS for fault in faults):
        findings += _configured(settings, faults)
    else:
        findings += _embedded(settings)
    findings = [replace(found, seen=hide(found.seen), todo=hide(found.todo)) for found in findings]
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


def _settings(faults: "Sequence[SettingsError]") -> "list[Finding]":
    """Return what is wrong with the settings, a line each, and which of their files everybody can read."""
    import os

    from paydesk.addresses import exposed
    from paydesk.infra.diagnostics.finding import Finding
    from paydesk.settings import config_path

    findings = [Finding(fault.setting or "settings", False, fault.message, fault.hint) for fault in faults]
    file = config_path(os.environ)
    if exposed(file) and not any(str(file) in fault.message for fault in faults):
        seen = f"everybody on this machine can read {file}"
        findings.append(Finding("settings", True, f"{seen}; its mode cannot be changed, or it holds no password"))
    return findings


def _configured(settings: "Settings", faults: "Sequence[SettingsError]") -> "list[Finding]":
    from paydesk.cli.roles import roles
    from paydesk.infra.diagnostics.checkup import check_role
    from paydesk.infra.diagnostics.finding import Finding
    from paydesk.settings_file import ConfiguredServers

    servers = ConfiguredServers(settings)
    findings = [Finding("servers", True, f"your own, called {settings.stack_name}")]
    wrong = {fault.setting for fault in faults}
    here = [role for role in roles() if getattr(settings, f"{role.name}_database_url")]
    for role in roles():
        endpoints, of_files = servers.some(role.name)
        findings += [Finding(f"{role.name} Kafka", False, fault.message, fault.hint) for fault in of_files]
        name = f"PAYDESK_{role.name.upper()}_DATABASE_URL"
        if role not in here and here and name not in wrong:
            findings.append(Finding(f"{role.name} settings", True, "not here; its desk is on another login or machine"))
            continue
        given = {
            name: endpoints.database_url,
            "PAYDESK_KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers,
            "PAYDESK_REDIS_URL": endpoints.redis_url,
        }
        if missing := [one for one, value in given.items() if not value and one not in wrong]:
            told = f"some servers are configured, but not {', '.join(missing)}"
            findings.append(Finding(f"{role.name} settings", False, told, "Set it, or leave all of them out."))
        else:
            where = f"{_where(endpoints.database_url)}, Kafka {settings.kafka_bootstrap_servers or 'nowhere'}"
            findings.append(Finding(f"{role.name} settings", True, where))
        findings += check_role(role, endpoints, coming=False, is_provisioned=_is_provisioned(settings, endpoints))
    return findings


def _is_provisioned(settings: "Settings", endpoints: "Endpoints") -> "Callable[[], bool | None]":
    """Return what asks, by the admin's login where the settings have it, whether a role's login is made."""

    def ask() -> bool | None:
        from psycopg import Error
        from psycopg.conninfo import conninfo_to_dict

        from paydesk import libpq

        if settings.admin_database_url is None:
            return None
        told = conninfo_to_dict(endpoints.database_url)
        try:
            with libpq.dial(settings.admin_database_url.get_secret_value()) as admin:
                there = admin.execute("SELECT count(*) FROM pg_roles WHERE rolname = %s", [told.get("user")]).fetchone()
        except Error:
            return None
        return bool(there and there[0])

    return ask


def _embedded(settings: "Settings") -> "list[Finding]":
    from paydesk.cli.roles import roles
    from paydesk.cli.servers import embedded_of
    from paydesk.infra.diagnostics.finding import Finding, guarded
    from paydesk.stack.binaries import check_installed
    from paydesk.stack.embedded import status
    from paydesk.stack.errors import StackError

    findings = [Finding("servers", True, f"embedded, data in {settings.home}")]
    try:
        found = status(settings.home)
    except StackError as error:
        return [*findings, Finding("embedded stack", False, error.message, error.hint)]
    if not found.running:
        try:
            check_installed()
        except StackError as error:
            return [*findings, Finding("embedded stack", False, error.message, error.hint)]
        return [*findings, Finding("embedded stack", True, "does not run; the first command starts it")]
    for name, told in found.servers.items():
        well = told["state"] in ("ready", "coming") and not told["trouble"]
        seen = told["trouble"] or told["notice"] or told["state"]
        if told["memory"]:
            seen = f"{seen}, the in-memory broker stands in for Apache Kafka: {MEMORY_BROKER}. {told['why']}"
        findings.append(Finding(f"embedded {name}", well, seen, told["hint"]))
    embedded = embedded_of(settings)
    if not embedded.is_noted:
        findings.append(
            Finding("embedded stack", False, f"there is no room left in {settings.home}", "Make room there.")
        )
    try:
        for role in roles():
            findings += guarded(f"{role.name} servers", partial(_at_embedded, role, embedded))
    finally:
        embedded.leave()
    return findings


def _at_embedded(role: "Role", embedded: "EmbeddedStack") -> "list[Finding]":
    from paydesk.infra.diagnostics.checkup import check_role

    return check_role(role, embedded.endpoints(role.name))


def _where(url: str) -> str:
    """Return where a database URL leads, without its password."""
    from psycopg.conninfo import conninfo_to_dict

    told = conninfo_to_dict(url) if url else {}
    hosts, ports = str(told.get("host") or "socket").split(","), str(told.get("port") or "").split(",")
    ports = ports if len(ports) == len(hosts) else ports * len(hosts)
    places = [f"{host}:{port}" if port else host for host, port in zip(hosts, ports, strict=False)]
    return (
        f"PostgreSQL {told.get('user', '')}@{' or '.join(places)}/{told.get('dbname', '')}" if told else "no PostgreSQL"
    )
