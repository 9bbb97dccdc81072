"""Deciding by command line, one request or many: an own transaction, an own key and an own result each."""

import contextlib
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from paydesk.cli import asking, streams
from paydesk.cli.options import Call
from paydesk.cli.report import conclude, in_words, refused, report
from paydesk.cli.revision import REQUEST, SAY_ONE, request_and_revision
from paydesk.cli.session import Session, open_session
from paydesk.domain.commands import Approve, Decide, Named, Reject
from paydesk.domain.copy import RequestCopy
from paydesk.domain.decision import Cause
from paydesk.domain.duplicates import Alike, Asking
from paydesk.domain.errors import Conflict, InvalidInput, LooksAlike, PaydeskError
from paydesk.domain.payment_request import RequestRegister
from paydesk.domain.status import DECIDABLE
from paydesk.domain.text import clean, same_person
from paydesk.infra.core.command_key import CommandResult
from paydesk.infra.core.errors import ServerDown
from paydesk.infra.postgres.read import queries
from paydesk.infra.postgres.read.duplicates import alike_of
from paydesk.infra.postgres.read.queries import Connection
from paydesk.manager.commands import execute

AT_ONCE = 50
"""So many are decided before they are sent and told: one by one, each would wait for the broker alone."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be decided, as a person named it."""

    typed: Sequence[str]
    revision: int | None
    cause: Cause | None = None
    """Why what is named is rejected; None: it is approved."""
    warns: bool = False
    """What looks like another request is asked about, or refused."""

    @property
    def line(self) -> Mapping[str, object]:
        """The command word and what belongs to it: by this a repeated command line is told from a reused key."""
        return {"word": "approve"} if self.cause is None else {"word": "reject", "cause": self.cause}


@dataclass(frozen=True, slots=True)
class _Item:
    """One request as it was named, found: which revision was asked for, if any, and which one that means."""

    copy: RequestCopy
    wanted: int | None
    at: int

    def decision(self, actor: str, request: RequestRegister | None, cause: Cause | None) -> Decide:
        """Return the decision on this revision, as a side has it now."""
        terms_hash = request.terms.hash if request is not None and request.revision == self.at else ""
        named = Named.REVISION if self.wanted else Named.REQUEST
        if cause is None:
            return Approve(self.copy.id, actor, self.at, terms_hash, named)
        return Reject(self.copy.id, actor, self.at, terms_hash, cause, named)


def decide_each(call: Call, wish: Wish) -> None:
    """Decide each request as it was in the copy before catching up; a change meanwhile is a conflict.

    Raises ``SomeFailed`` when one of several was not decided; of one alone, what kept it from being decided.
    """
    names = _requests_in(wish.typed)
    with open_session(call.role, call.person, call.key) as session:
        before = session.read(lambda connection: _seen(connection, names, wish.revision))
        session.catch_up()
        if len(names) > 1:
            session.claim({**wish.line, "requests": names, "revision": wish.revision})
        items = _items(session, names, wish, before)

        def act(name: str) -> CommandResult:
            item = items[name]
            if isinstance(item, PaydeskError):
                raise item
            # A revision that was named may have come with the catching up; one that was not is the one seen before it.
            register = session.get(item.copy.id).request if item.wanted else item.copy.request
            command_key = session.key(str(item.copy.id)) if len(names) > 1 else session.key()
            return execute(session.store, command_key, item.decision(session.person, register, wish.cause))

        if len(names) == 1:
            result = act(names[0])
            report(session, session.deliver(result), result.changed, as_json=call.as_json)
            return
        several = _DecisionsInTurn(session, act, items, as_json=call.as_json)
        for at in range(0, len(names), AT_ONCE):
            several.decide(names[at : at + AT_ONCE])
        conclude(session, several.failures, len(names), ", as they are then; NUMBER@2 means exactly revision 2")


def _requests_in(typed: Sequence[str]) -> list[str]:
    """Return what was named; ``-`` is what stands on standard input, divided by blanks or lines."""
    names: list[str] = []
    for item in typed:
        names += _on_standard_input() if item == "-" else [item.strip(_MARKS)]
    if not names:
        raise InvalidInput.of("request", "Standard input named no request; write one a line, such as PR-1042@2.")
    return names


_MARKS = "\ufeff"
"""What editors put before a text to say how it is encoded."""


def _on_standard_input() -> list[str]:
    try:
        text = streams.read_all()
    except OSError as error:
        raise InvalidInput.of("request", f"Standard input cannot be read: {error.strerror}.") from error
    if text is None:
        raise InvalidInput.of("request", "Standard input is closed; name the requests, or pipe them in.")
    return [name for line in text.split("\n") for name in _requests_on(line)]


def _requests_on(line: str) -> list[str]:
    """Return the requests on a line, or the line as one name that fits none, where anything else stands on it.

    A row of a list holds words of other people, and a number among these must not be decided.
    """
    words = [name for word in line.split() if (name := word.strip(_MARKS))]
    return words if len(words) < 2 or all(map(REQUEST.fullmatch, words)) else [" ".join(words)]


def _seen(connection: Connection, names: Sequence[str], revision: int | None) -> dict[str, RequestCopy]:
    copies = {}
    for name in names:
        with contextlib.suppress(PaydeskError):  # It may arrive while catching up; if not, the act says what is wrong.
            copies[name] = queries.named(connection, request_and_revision(name, revision)[0])
    return copies


def _items(
    session: Session, names: Sequence[str], wish: Wish, before: Mapping[str, RequestCopy]
) -> dict[str, _Item | PaydeskError]:
    """Return for each name what it means, or why it cannot be decided; before anything is."""
    by_name: dict[str, _Item | PaydeskError] = {}
    for name in dict.fromkeys(names):
        try:
            by_name[name] = _item(session, name, wish.revision, before.get(name))
        except ServerDown:
            raise
        except PaydeskError as error:
            by_name[name] = error
    items = [item for item in by_name.values() if isinstance(item, _Item)]
    refusals = _contradictions(items)
    if wish.warns:
        refusals = {**_doubts(session, wish, items, refusals), **refusals}
    return {
        name: refusals.get(item.copy.id, item) if isinstance(item, _Item) else item for name, item in by_name.items()
    }


def _item(session: Session, name: str, revision: int | None, seen: RequestCopy | None) -> _Item:
    typed, wanted = request_and_revision(name, revision)
    copy = seen or session.target(typed, revised=True)
    session.saved.called(copy.id, copy.number)
    return _Item(copy, wanted, wanted or (copy.request.revision if copy.request else 0))


def _contradictions(items: Sequence[_Item]) -> dict[UUID, PaydeskError]:
    """Return which requests were named with several revisions: none of them is what the person means for sure."""
    revisions: dict[UUID, dict[int, RequestCopy]] = {}
    for item in items:
        revisions.setdefault(item.copy.id, {})[item.at] = item.copy
    return {
        request_id: Conflict(
            f"{next(iter(named.values())).number} is named with revisions {_and(sorted(named))} at once.",
            SAY_ONE,
        )
        for request_id, named in revisions.items()
        if len(named) > 1
    }


def _and(numbers: Sequence[int]) -> str:
    return " and ".join(map(str, numbers))


def _doubts(
    session: Session, wish: Wish, items: Sequence[_Item], refused_already: Mapping[UUID, PaydeskError]
) -> dict[UUID, PaydeskError]:
    """Return which requests look like others and are not to be decided for that; on a terminal the person is asked."""
    means = {item.copy.id: item.at for item in items if item.copy.id not in refused_already}

    def decidable(copy: RequestCopy) -> bool:
        """Whether nothing else stands in the way, which is told first."""
        own = same_person(copy.contractor, session.person)
        return copy.status in DECIDABLE and copy.revision == means[copy.id] and not own

    def look(connection: Connection) -> tuple[dict[UUID, RequestCopy], Mapping[UUID, tuple[Alike, ...]]]:
        copies = {copy.id: copy for copy in queries.some(connection, list(means)) if decidable(copy)}
        asked = [asking for copy in copies.values() if (asking := Asking.of(copy)) is not None]
        return copies, alike_of(connection, asked)

    copies, alike = session.read(look)
    asks = "-" not in wish.typed and sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()
    doubts: dict[UUID, PaydeskError] = {}
    for request_id, others in alike.items():
        more = f" and {len(others) - 1} more" if len(others) > 1 else ""
        warning = f"{copies[request_id].number} looks like {others[0]}{more}"
        question = clean(f"{warning}. Approve it all the same?", 600)
        if not (asks and asking.yes(question, without="--allow-duplicate")):
            doubts[request_id] = LooksAlike(f"{warning}.", "Look at both; --allow-duplicate approves it all the same.")
    return doubts


class _DecisionsInTurn:
    """Several decisions: each is made whatever became of the others, and each is told."""

    def __init__(
        self,
        session: Session,
        act: Callable[[str], CommandResult],
        items: Mapping[str, _Item | PaydeskError],
        *,
        as_json: bool,
    ) -> None:
        self._session = session
        self._act = act
        self._items = items
        self._as_json = as_json
        self._away = False
        self._results: dict[UUID, CommandResult | PaydeskError] = {}
        """What became of each request: named twice, it is decided once."""
        self.failures: list[PaydeskError] = []

    def decide(self, names: Sequence[str]) -> None:
        """Decide some, then have them sent and tell each; where it is interrupted, what was decided is told too."""
        results: list[tuple[str, CommandResult | PaydeskError]] = []
        try:
            for name in names:
                results.append((name, self._once(name)))
        finally:
            self._tell(results)

    def _once(self, name: str) -> CommandResult | PaydeskError:
        item = self._items[name]
        if isinstance(item, PaydeskError):
            return item
        if item.copy.id not in self._results:
            self._results[item.copy.id] = self._attempt(name, item.copy.id)
        return self._results[item.copy.id]

    def _attempt(self, name: str, request_id: UUID) -> CommandResult | PaydeskError:
        if self._away:
            return ServerDown("Not tried, as the database was away.", "Nothing was written.")
        try:
            return self._act(name)
        except Exception as error:
            self._away = isinstance(error, ServerDown)
            return in_words(self._session, error, request_id)

    def _tell(self, results: Sequence[tuple[str, CommandResult | PaydeskError]]) -> None:
        done = {result.request_id: result for _, result in results if isinstance(result, CommandResult)}
        failure: Exception = KeyError("not read back")
        copies: dict[UUID, RequestCopy] = {}
        try:
            copies = {copy.id: copy for copy in self._session.deliver_all(list(done.values()))}
        except Exception as error:
            failure = error
        for name, result in results:
            if isinstance(result, CommandResult) and result.request_id in copies:
                report(self._session, copies[result.request_id], result.changed, as_json=self._as_json)
                continue
            why = in_words(self._session, failure, result.request_id) if isinstance(result, CommandResult) else result
            self.failures.append(why)
            refused(name, why, self._as_json, "request")
            if isinstance(item := self._items[name], _Item):
                self._session.saved.mark_reported(item.copy.id)
