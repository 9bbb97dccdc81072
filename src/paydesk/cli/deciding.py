"""Deciding by command line, one request or many: an own transaction, an own key and an own result each."""

import contextlib
import sys
from collections.abc import Callable, Mapping, Sequence
from shlex import quote
from uuid import UUID

from paydesk.cli.errand import Errand, errand
from paydesk.cli.report import SomeFailed, refused, report
from paydesk.domain.copy import RequestCopy
from paydesk.domain.errors import InvalidInput, PaydeskError
from paydesk.infra import queries
from paydesk.infra.command import Said
from paydesk.infra.errors import ServerDown
from paydesk.infra.queries import Connection
from paydesk.infra.role import Role

Decide = Callable[[Errand, UUID, UUID, int, str, dict[str, object]], Said]

AT_ONCE = 50
"""So many are decided before they are sent and told: one by one, each would wait for the broker alone."""


def decide_each(
    role: Role,
    decide: Decide,
    asked: Mapping[str, object],
    typed: Sequence[str],
    revision: int | None,
    person: str | None,
    key: str | None,
    *,
    as_json: bool,
) -> None:
    """Decide each request as it was in the copy before catching up; a change meanwhile is a conflict.

    Raises ``SomeFailed`` when one of several was not decided; of one alone, what kept it from being decided.
    """
    names = _requests_in(typed)
    with errand(role, person, key) as here:
        before = here.read(lambda connection: _seen(connection, names, revision))
        here.catch_up()
        if len(names) > 1:
            here.claim({**asked, "requests": names, "revision": revision})

        def act(item: str) -> Said:
            name, wanted = _split(item, revision)
            copy = before.get(item) or here.find(name)
            # A revision that was named may have come with the catching up; one that was not is the one seen before it.
            register = here.get(copy.id).request if wanted else copy.request
            at = wanted or (register.revision if register else 0)
            digest = register.terms.hash if register and register.revision == at else ""
            command_key = here.key(str(copy.id)) if len(names) > 1 else here.key()
            return decide(here, command_key, copy.id, at, digest, {"revision": wanted})

        if len(names) == 1:
            said = act(names[0])
            report(here.deliver(said), said.changed, as_json=as_json)
            return
        several = _Several(here, act, as_json=as_json)
        for at in range(0, len(names), AT_ONCE):
            several.decide(names[at : at + AT_ONCE])
        if several.failed:
            raise SomeFailed(
                f"{several.failed} of {len(names)} failed.",
                f"The lines above say which and why. The same again with --key {quote(here.word)} tries those alone,"
                " as they are then; NUMBER@2 means exactly revision 2.",
            )


def _requests_in(typed: Sequence[str]) -> list[str]:
    """Return what was named; ``-`` is what stands on standard input, divided by blanks or lines."""
    names: list[str] = []
    for item in typed:
        names += sys.stdin.read().split() if item == "-" else [item]
    if not names:
        raise InvalidInput.of("request", "Standard input named no request; write one a line, such as PR-1042@2.")
    return names


def _seen(connection: Connection, names: Sequence[str], revision: int | None) -> dict[str, RequestCopy]:
    found = {}
    for name in names:
        with contextlib.suppress(PaydeskError):  # It may arrive while catching up; if not, the act says what is wrong.
            found[name] = queries.find(connection, _split(name, revision)[0])
    return found


class _Several:
    """Several decisions: each is made whatever became of the others, and each is told."""

    def __init__(self, here: Errand, act: Callable[[str], Said], *, as_json: bool) -> None:
        self._here = here
        self._act = act
        self._as_json = as_json
        self._away = False
        self.failed = 0

    def decide(self, names: Sequence[str]) -> None:
        """Decide some, then have them sent and tell each; where it is interrupted, what was decided is told too."""
        results: list[tuple[str, Said | PaydeskError]] = []
        try:
            for name in names:
                results.append((name, self._attempt(name)))
        finally:
            self._tell(results)

    def _attempt(self, name: str) -> Said | PaydeskError:
        if self._away:
            return ServerDown("Not tried, as the database was away.", "Nothing was written.")
        try:
            return self._act(name)
        except PaydeskError as error:
            self._away = isinstance(error, ServerDown)
            return error

    def _tell(self, results: Sequence[tuple[str, Said | PaydeskError]]) -> None:
        said = [result for _, result in results if isinstance(result, Said)]
        try:
            copies: dict[UUID, RequestCopy] = {copy.id: copy for copy in self._here.deliver_all(said)}
        except PaydeskError as error:
            results = [(name, error if isinstance(result, Said) else result) for name, result in results]
        for name, result in results:
            if isinstance(result, Said):
                report(copies[result.request_id], result.changed, as_json=self._as_json)
            else:
                self.failed += 1
                refused(name, result, self._as_json, "request")


def _split(item: str, revision: int | None) -> tuple[str, int | None]:
    """Return what is named and which revision of it."""
    name, at, number = item.rpartition("@")
    if not at:
        return item, revision
    if not (number.isascii() and number.isdigit()) or int(number) < 1:
        raise InvalidInput.of("revision", f"Write the revision as a number, such as {name or 'PR-1042'}@2.")
    return name, int(number)
