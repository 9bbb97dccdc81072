"""Looking at one role's three servers from outside, for ``doctor``: what answers, and what is wrong in words."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from paydesk.infra.core.errors import ServerDown
from paydesk.infra.core.origin import CopiedSchema, in_another_database
from paydesk.infra.core.role import Role
from paydesk.infra.diagnostics import probes
from paydesk.infra.diagnostics.doubts import doubts
from paydesk.infra.diagnostics.finding import Finding, guarded
from paydesk.infra.migrations import HEAD, current_revision
from paydesk.infra.postgres.connection import ASK_DOCTOR, connect
from paydesk.infra.postgres.read import queries
from paydesk.infra.postgres.read.conflicts import locked_requests
from paydesk.infra.postgres.schema import HOLDERS
from paydesk.settings import Endpoints

_LEASE = f"""
SELECT a.pid, a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid)
WHERE {HOLDERS} LIMIT 1
"""


_PROVISION = "run `paydesk stack provision`."
_NOT_MADE = ("refused the password", "does not exist", "a right that it needs", "permission denied")
"""What PostgreSQL says of a login or a database that was never made."""


def check_role(
    role: Role,
    endpoints: Endpoints,
    *,
    coming: bool = True,
    is_provisioned: Callable[[], bool | None] = lambda: None,
) -> list[Finding]:
    """Return what this role's login finds at its servers; a check that fails is a finding, and the others go on.

    Args:
        role: The role.
        endpoints: The addresses of its servers.
        coming: Whether a server without an address is still starting; else it is left out.
        is_provisioned: Called where the login is refused; returns whether it was made, None where nobody can know.
    """
    findings = list[Finding]()
    if endpoints.database_url:
        findings += guarded(
            f"{role.name} PostgreSQL", lambda: _postgres(role, endpoints, is_provisioned, coming=coming)
        )
    if endpoints.kafka is not None or coming:
        findings += guarded(f"{role.name} Kafka", lambda: _kafka(role, endpoints), _broker(coming=coming))
    if endpoints.redis_url is not None or coming:
        findings += guarded(f"{role.name} Redis", lambda: _redis(role, endpoints, coming=coming))
    return findings


def _postgres(
    role: Role, endpoints: Endpoints, is_provisioned: Callable[[], bool | None], coming: bool
) -> list[Finding]:
    name = f"{role.name} PostgreSQL"
    started = time.monotonic()
    try:
        opened = connect(endpoints.database_url, role.name)
    except ServerDown as error:
        if not any(words in error.message for words in _NOT_MADE):
            hint = _where_to_look(role, coming=coming) if error.hint == ASK_DOCTOR else error.hint
            return [Finding(name, False, error.message, hint)]
        made = is_provisioned()
        if made is False:
            return [Finding(name, False, f"not provisioned yet: {_PROVISION}")]
        hint = error.hint if made else f"{error.hint} Not provisioned yet? {_PROVISION}"
        return [Finding(name, False, error.message, hint)]
    with opened as connection:
        answers = f"answers in {(time.monotonic() - started) * 1000:.0f} ms"
        of_session = probes.session_findings(role, endpoints.database_url, connection)
        if any(not finding.ok for finding in of_session):
            return of_session
        revision = current_revision(connection)
        if revision is None or revision < HEAD:
            change = "made" if revision is None else f"brought from revision {revision} to {HEAD}"
            return [Finding(name, True, f"{answers}; the schema is {change} by the first command"), *of_session]
        if revision > HEAD:
            sentence = f"the schema is at revision {revision}, newer than this program"
            return [Finding(name, False, sentence, "Update it.")]
        return [*_schema(role, connection, f"{answers}, schema {revision}"), *of_session]


def _where_to_look(role: Role, *, coming: bool) -> str:
    """Return what to do where PostgreSQL does not answer; ``coming`` is true of the embedded one."""
    if coming:
        return "Look at log/postgres.log in the folder that `paydesk stack status` names."
    return f"Look at PAYDESK_{role.name.upper()}_DATABASE_URL, and whether that server runs and lets this machine in."


def _broker(*, coming: bool) -> str:
    """Return what to do where Kafka does not answer; ``coming`` is true of the embedded one."""
    if coming:
        return "Look at log/kafka.log in the folder that `paydesk stack status` names; `paydesk stack down` ends it."
    return (
        "Look at PAYDESK_KAFKA_BOOTSTRAP_SERVERS, at security.protocol in the file of Kafka's settings, and at the"
        " broker's log."
    )


def _schema(role: Role, connection: queries.Connection, answers: str) -> list[Finding]:
    """Return what is in a schema that needs a person, and how much waits to be sent."""
    counts = queries.counts(connection)
    holder = connection.execute(_LEASE).fetchone()
    lost = queries.lost(connection)
    searched = connection.execute("SELECT to_regclass('payment_request_text') IS NOT NULL").fetchone()
    overdue = [row.number for row in queries.overdue(connection)] if counts.held else []
    locked = locked_requests(connection, role) if counts.locked else []
    lines = [Finding(f"{role.name} PostgreSQL", True, f"{answers}, {_work(holder)}")]
    if in_another_database(connection):
        copied = CopiedSchema.of(role.name)
        lines.append(Finding(f"{role.name} origin", False, copied.message, copied.hint))
    lines.append(Finding(f"{role.name} outbox", True, f"{counts.unsent} unsent, {counts.held} held"))
    if counts.unsent and counts.oldest_unsent_s > 30:
        sentence = f"{counts.unsent} unsent, the oldest for {counts.oldest_unsent_s:.0f} s"
        lines[-1] = Finding(f"{role.name} outbox", False, sentence, _who_sends(role, at_work=holder is not None))
    if searched == (False,):
        sentence = "words are looked for row by row, as the extension pg_trgm is not there"
        lines.append(Finding(f"{role.name} search", True, sentence, "`paydesk stack provision` makes it."))
    if counts.brought_back:
        lines.append(Finding(f"{role.name} own topic", True, counts.brought_back.sentences))
    if lost:
        sentence = f"{', '.join(lost)}: said and lost, as another version had been published, which stands"
        lines.append(Finding(f"{role.name} lost", False, sentence, "Look at each, and say it again if need be."))
    if overdue:
        sentence = f"{', '.join(overdue)}: decided and never sent, the hold ran out before the schema was restored"
        todo = "Who decided sends it with S on its row or by saying it again here, or takes it back with undo."
        lines.append(Finding(f"{role.name} held", False, sentence, todo))
    if counts.quarantined or counts.parked:
        sentence = f"{counts.quarantined} quarantined, {counts.parked} parked"
        lines.append(
            Finding(f"{role.name} inbox", False, sentence, f"`paydesk {role.name} quarantine list` tells why.")
        )
    if locked:
        names = ", ".join(request.name for request in locked[:5]) + (" …" if len(locked) > 5 else "")
        sentence = f"{counts.locked} request{'' if counts.locked == 1 else 's'}, for a person to settle: {names}"
        todo = f"Agree with the other side, then `paydesk {role.name} settle REQUEST --note TEXT` notes how."
        lines.append(Finding(f"{role.name} locked", False, sentence, todo, tuple(locked)))
    lines += doubts(role, connection)
    if counts.unexplained:
        lines.append(
            Finding(f"{role.name} own topic", False, counts.unexplained, "Was the schema restored from a copy?")
        )
    return lines


def _who_sends(role: Role, *, at_work: bool) -> str:
    """Return what to do about events that stay in the outbox."""
    if at_work:
        return "They go out by the worker that is at work as soon as Kafka takes them; nothing is lost meanwhile."
    return f"Open a desk, or run `paydesk {role.name} worker`."


def _work(holder: Any) -> str:
    return f"a worker is at work (backend {holder[0]})" if holder else "no worker is at work"


def _kafka(role: Role, endpoints: Endpoints) -> list[Finding]:
    name = f"{role.name} Kafka"
    if endpoints.kafka is None:
        return [Finding(name, False, "has no address yet", "It is still starting; requests are kept meanwhile.")]
    lines = probes.kafka_findings(role, endpoints)
    if endpoints.memory_broker:
        sentence = "the in-memory broker stands in: it forgets when it ends; the outbox sends everything again"
        lines.append(Finding(f"{role.name} broker", True, sentence))
    return lines


_VALKEY = "Look at log/valkey.log in the folder that `paydesk stack status` names; desks read every 2 s meanwhile."


def _redis(role: Role, endpoints: Endpoints, *, coming: bool) -> list[Finding]:
    """Return what is found at Redis; ``coming`` is true of the embedded one, whose URL nobody wrote."""
    if endpoints.redis_url is None:
        sentence = "It is still starting; desks read every 2 s meanwhile."
        return [Finding(f"{role.name} Redis", False, "has no address yet", sentence)]
    findings = probes.redis_findings(role, endpoints.redis_url)
    return [finding if finding.ok or not coming else replace(finding, todo=_VALKEY) for finding in findings]
