"""``paydesk doctor``: what is configured, what answers, what is wrong and what to do; passwords are never shown."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import zip_longest

import click
import psycopg
from psycopg.conninfo import conninfo_to_dict
from rich.cells import cell_len, chop_cells

from paydesk import libpq
from paydesk.addresses import exposed
from paydesk.cli import output
from paydesk.cli.desk import look_of
from paydesk.cli.keymap import keymap
from paydesk.cli.output import marked, tell, wrapped
from paydesk.cli.roles import roles
from paydesk.cli.servers import embedded_of
from paydesk.cli.streams import say_aside
from paydesk.domain.text import WHOLE, clean
from paydesk.infra.core.role import Role
from paydesk.infra.diagnostics import checkup
from paydesk.infra.diagnostics.finding import Finding, guarded
from paydesk.infra.postgres.read.conflicts import LockedRequest, Version, joined
from paydesk.secrecy import hide
from paydesk.settings import MEMORY_BROKER, Endpoints, SettingsError, config_path
from paydesk.settings_file import SERVERS, ConfiguredServers, Settings, look_at_settings
from paydesk.stack import embedded
from paydesk.stack.binaries import check_installed
from paydesk.stack.embedded import EmbeddedStack
from paydesk.stack.errors import StackError
from paydesk.tui.table.columns import fitted, padded
from paydesk.tui.text.wording import moment_text
from paydesk.waiting import said_by

_LOGIN_SQL = "SELECT count(*) FROM pg_roles WHERE rolname = %s"


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def doctor(as_json: bool) -> None:
    """Tell what is wrong, in words, and what to do. Exit code 0: all well; 7: something is not."""
    click.get_current_context().with_resource(said_by(say_aside))
    settings, faults = look_at_settings()
    findings = _settings([*faults, *_of_desks()])
    if settings.configured or any(fault.setting.removeprefix("PAYDESK_").lower() in SERVERS for fault in faults):
        findings += _configured(settings, faults)
    else:
        findings += _embedded(settings)
    findings = [replace(finding, seen=hide(finding.seen), todo=hide(finding.todo)) for finding in findings]
    locked = joined(request for finding in findings for request in finding.locked)
    if as_json:
        rows = [{"name": f.name, "ok": f.ok, "seen": f.seen, "todo": f.todo} for f in findings]
        requests = [request.document() for request in locked]
        output.print_json({"ok": all(f.ok for f in findings), "findings": rows, "locked": requests})
    else:
        for finding in findings:
            tell(f"{marked('✓' if finding.ok else '✗')} {finding.name:<24} {finding.seen}".rstrip(), 27)
            if finding.todo and not finding.ok:
                tell(f"{'':<26} {marked('→')} {finding.todo}", 29)
        for request in locked:
            click.echo()
            for line in side_by_side(request):
                tell(line)
    if not all(finding.ok for finding in findings):
        raise SystemExit(7)


def _settings(faults: Sequence[SettingsError]) -> list[Finding]:
    """Return what is wrong with the settings, a line each, and which of their files everybody can read."""
    findings = [Finding(fault.setting or "settings", False, fault.message, fault.hint) for fault in faults]
    file = config_path(os.environ)
    if exposed(file) and not any(str(file) in fault.message for fault in faults):
        seen = f"everybody on this machine can read {file}"
        findings.append(Finding("settings", True, f"{seen}; its mode cannot be changed, or it holds no password"))
    return findings


def _of_desks() -> Iterator[SettingsError]:
    """Yield what is wrong with the settings that only desks read: a desk does not open with it."""
    for read in (keymap, partial(look_of, None)):
        try:
            read()
        except SettingsError as fault:
            yield fault


def _configured(settings: Settings, faults: Sequence[SettingsError]) -> list[Finding]:
    servers = ConfiguredServers(settings)
    findings = [Finding("servers", True, f"your own, called {settings.stack_name}")]
    wrong = {fault.setting for fault in faults}
    configured = [role for role in roles() if settings.of(role.name).database_url]
    for role in roles():
        endpoints, of_files = servers.some(role.name)
        findings += [Finding(f"{role.name} Kafka", False, fault.message, fault.hint) for fault in of_files]
        name = f"PAYDESK_{role.name.upper()}_DATABASE_URL"
        if role not in configured and configured and name not in wrong:
            findings.append(Finding(f"{role.name} settings", True, "not here; its desk is on another login or machine"))
            continue
        given = {
            name: endpoints.database_url,
            "PAYDESK_KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers,
            "PAYDESK_REDIS_URL": endpoints.redis_url,
        }
        if missing := [setting for setting, value in given.items() if not value and setting not in wrong]:
            seen = f"some servers are configured, but not {', '.join(missing)}"
            findings.append(Finding(f"{role.name} settings", False, seen, "Set it, or leave all of them out."))
        else:
            where = f"{_where(endpoints.database_url)}, Kafka {settings.kafka_bootstrap_servers or 'nowhere'}"
            findings.append(Finding(f"{role.name} settings", True, where))
        is_provisioned = _is_provisioned(settings, endpoints)
        findings += checkup.check_role(role, endpoints, coming=False, is_provisioned=is_provisioned)
    return findings


def _is_provisioned(settings: Settings, endpoints: Endpoints) -> Callable[[], bool | None]:
    """Return what asks, by the admin's login where the settings have it, whether a role's login is made."""

    def ask() -> bool | None:
        if settings.admin_database_url is None:
            return None
        parts = conninfo_to_dict(endpoints.database_url)
        try:
            with libpq.dial(settings.admin_database_url.get_secret_value()) as admin:
                row = admin.execute(_LOGIN_SQL, [parts.get("user")]).fetchone()
        except psycopg.Error:
            return None
        return bool(row and row[0])

    return ask


def _embedded(settings: Settings) -> list[Finding]:
    findings = [Finding("servers", True, f"embedded, data in {settings.home}")]
    try:
        status = embedded.status(settings.home, asks=True)
    except StackError as error:
        return [*findings, Finding("embedded stack", False, error.message, error.hint)]
    if not status.running:
        try:
            check_installed()
        except StackError as error:
            return [*findings, Finding("embedded stack", False, error.message, error.hint)]
        return [*findings, Finding("embedded stack", True, "does not run; the first command starts it")]
    for name, server in status.servers.items():
        well = server["state"] in ("ready", "coming") and not server["trouble"]
        seen = server["trouble"] or server["notice"] or server["state"]
        if server["memory"]:
            seen = f"{seen}, the in-memory broker stands in for Apache Kafka: {MEMORY_BROKER}. {server['why']}"
        findings.append(Finding(f"embedded {name}", well, seen, server["hint"]))
    servers = embedded_of(settings)
    if not servers.is_noted:
        findings.append(
            Finding("embedded stack", False, f"there is no room left in {settings.home}", "Make room there.")
        )
    try:
        for role in roles():
            findings += guarded(f"{role.name} servers", partial(_at_embedded, role, servers))
    finally:
        servers.leave()
    return findings


def _at_embedded(role: Role, servers: EmbeddedStack) -> list[Finding]:
    return checkup.check_role(role, servers.endpoints(role.name))


def _where(url: str) -> str:
    """Return where a database URL leads, without its password."""
    parts = conninfo_to_dict(url) if url else {}
    hosts, ports = str(parts.get("host") or "socket").split(","), str(parts.get("port") or "").split(",")
    ports = ports if len(ports) == len(hosts) else ports * len(hosts)
    places = [f"{host}:{port}" if port else host for host, port in zip(hosts, ports, strict=False)]
    return (
        f"PostgreSQL {parts.get('user', '')}@{' or '.join(places)}/{parts.get('dbname', '')}"
        if parts
        else "no PostgreSQL"
    )


_LABEL, _CELL = 10, 32
_FACTS = ("says", "by", "revision", "amount", "due date", "cause", "time", "seen")


def side_by_side(locked: LockedRequest) -> Iterator[str]:
    """Yield why a request is locked, then its versions, two beside each other, a fact a line."""
    since = f", since {moment_text(locked.since)}" if locked.since else ""
    yield f"  {clean(locked.name)} is locked{since}"
    for why in locked.why:
        yield clean(f"    {why}.", WHOLE)
    for first in range(0, len(locked.contradicting), 2):
        yield from _beside(locked.contradicting[first : first + 2])


def _beside(versions: tuple[Version, ...]) -> Iterator[str]:
    facts = [_facts(version) for version in versions]
    for name in _FACTS:
        cells = [fact[name] for fact in facts]
        if any(cells):
            columns = [[part for text in cell for part in _wrap(clean(text, WHOLE))] for cell in cells]
            for place, parts in enumerate(zip_longest(*columns, fillvalue="")):
                label = fitted(name if place == 0 else "", _LABEL)
                yield f"    {label}{'  '.join(padded(part, _CELL) for part in parts)}".rstrip()


def _wrap(text: str) -> list[str]:
    """Return text in lines that fit into a cell, wide characters counted as two."""
    lines = [line.strip() for line in wrapped(text, _CELL, 0).split("\n")]
    return [part for line in lines for part in _chopped(line)]


def _chopped(word: str) -> list[str]:
    """Return a word that is longer than a cell in parts, which end behind a ``/`` or a dot where there is one.

    A number at the end of a place on a topic so stays whole.
    """
    parts, rest = [], word
    while cell_len(rest) > _CELL:
        most = chop_cells(rest, _CELL)[0]
        end = max(most.rfind("/"), most.rfind(".")) + 1 or len(most)
        parts.append(rest[:end])
        rest = rest[end:]
    return [*parts, rest]


def _facts(version: Version) -> dict[str, list[str]]:
    document = version.document()
    money = version.register.terms.money if version.register.terms else None
    facts = {
        "says": document["says"],
        "by": document["by"],
        "revision": document["revision"],
        "amount": money,
        "due date": document["due_date"] or ("none" if money else None),
        "cause": document["cause"],
        "time": moment_text(version.at),
    }
    written = {name: [str(value)] if value is not None else [] for name, value in facts.items()}
    return written | {"seen": list(version.seen)}
