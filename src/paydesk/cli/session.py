"""One command of one role: its servers, its person, and a worker for as long as it takes."""

import json
import logging
import re
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from shlex import quote
from typing import TYPE_CHECKING, TypeVar
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

import click
import psycopg
from psycopg.rows import TupleRow

from paydesk.cli.ending import raised
from paydesk.cli.saved import current
from paydesk.cli.servers import person_of, servers_of
from paydesk.cli.streams import say_aside
from paydesk.domain.commands import Several
from paydesk.domain.copy import Delivery, RequestCopy
from paydesk.domain.errors import PaydeskError, UnknownRequest
from paydesk.domain.text import clean
from paydesk.infra.core.command_key import CommandKey, CommandResult
from paydesk.infra.core.errors import ServerDown
from paydesk.infra.core.health import KAFKA_AWAY, Anew, PartState
from paydesk.infra.core.origin import CopiedSchema
from paydesk.infra.core.role import Role
from paydesk.infra.postgres import catching_up
from paydesk.infra.postgres.read import queries
from paydesk.infra.service import Access, DeskService
from paydesk.settings_file import read_settings
from paydesk.waiting import said_by, waiting_for

if TYPE_CHECKING:
    from paydesk.infra.postgres.storage import Store
    from paydesk.infra.worker.worker import Worker

log = logging.getLogger("paydesk.session")
T = TypeVar("T")
Look = Callable[[psycopg.Connection[TupleRow]], tuple[bool, bool]]
"""Returns whether a worker is at work, and whether what is awaited is done."""
CATCH_UP_S = 3.0
DELIVER_S = 3.0
CHECK_S = 10.0
ANOTHER_S = 1.0
"""So long a command leaves to the worker of another process what that one does in a tenth of it, as a rule."""
_POLL_S = 0.01
_WITH_REVISION = re.compile(r"([!-~…]{1,64})@[0-9]+")
_DELIVERY = "Kafka to take what is saved"


class Session:
    """A role's side, brought up to date once and told to the other side before it ends.

    Args:
        role: The role of the session.
        person: Who acts, by name; None: as it is set, or by the login.
        key: The key with which a retry has one effect; None: a new one.
        reads: Whether nothing is written; then nothing is sent either, and a copied schema will do.

    Raises:
        SettingsError: The settings are wrong, or nobody is named.
        StackError: The embedded stack cannot run.
        CopiedSchema: The session writes, and the schema is a copy.
        ServerDown: PostgreSQL cannot be reached.
        SchemaTooNew: A newer program wrote the schema.
    """

    def __init__(self, role: Role, person: str | None = None, key: str | None = None, *, reads: bool = False) -> None:
        self.role = role
        self.settings = read_settings()
        self.person = person_of(self.settings, role.name, person)
        self.as_person = f" --as {quote(person)}" if person else ""
        """What a command that is proposed needs, so that it is the same person's."""
        self.servers = servers_of(self.settings)
        self.word = uuid4().hex if key is None else key
        self._named = key is not None
        self.saved = current()
        self.saved.key = self.word
        self.reads = reads
        access = Access(brief=True, reads=reads, word=self.word, watch=self.saved)
        self.service = DeskService(role, self.servers, self.person, access)
        self.url = self.service.url
        try:
            with waiting_for(f"PostgreSQL and the {role.name}'s schema"):
                self.service.open()
        except CopiedSchema:
            self.servers.leave()
            raise
        self._gave_up = False
        self._anew: Anew | None = None

    @property
    def copied(self) -> bool:
        """Whether the schema is a copy of another one."""
        return self.service.copied

    @property
    def store(self) -> "Store":
        """The own schema, for writing."""
        return self.service.store()

    def key(self, about: str = "") -> CommandKey:
        """Return the command's id, made of the person and the key: run again with it, it has one effect.

        A key is its person's, by the exact name; with it comes the id that the version before made of the key alone.
        ``about`` tells apart the commands of one command line.
        """
        mine = uuid5(NAMESPACE_URL, f"paydesk:{json.dumps([self.role.name, self.person, self.word])}")
        before = uuid5(NAMESPACE_URL, f"paydesk:{self.role.name}:{self.word}")
        if about:
            mine, before = uuid5(mine, about), uuid5(before, about)
        return CommandKey(mine, before if self._named else None)

    def claim(self, asked: Mapping[str, object]) -> None:
        """Keep what a command line of several commands said, so that its key is refused for another one."""
        from paydesk.infra.core.execute import executing  # What only reads needs nothing of it.

        key = self.key()
        with self.saved.paused(), executing(self.store, key, Several(key.id, self.person, asked)):
            pass

    def read(self, read: Callable[[psycopg.Connection[TupleRow]], T]) -> T:
        """Read the own schema. Raises ``ServerDown``."""
        return self.service.read(read)

    def reading(self) -> AbstractContextManager[psycopg.Connection[TupleRow]]:
        """Return a connection to read by: one of the few that this session and its worker share."""
        return self.service.reading()

    def find(self, typed: str) -> RequestCopy:
        """Return the request that a person wants to see, also by a part of its name, which is said then.

        Raises ``UnknownRequest``.
        """
        copy = self._look_up(queries.find, typed)
        if not queries.is_whole(typed, copy):
            say_aside(clean(f"{typed} is part of a name: this is {copy.number}, id {copy.id}."))
        return copy

    def target(self, typed: str, *, revised: bool = False) -> RequestCopy:
        """Return the request that a person wants something done to, by its whole name. Raises ``UnknownRequest``.

        ``revised``: the command takes a revision, which stands in ``typed`` no more.
        """
        copy = self._look_up(queries.named, typed, revised=revised)
        self.saved.called(copy.id, copy.number)
        return copy

    def _look_up(
        self, look: Callable[[psycopg.Connection[TupleRow], str], RequestCopy], typed: str, *, revised: bool = False
    ) -> RequestCopy:
        """Look a request up; that it is not there is not said without that it may still come."""
        anew = self.service.anew()
        try:
            return self.read(lambda connection: look(connection, typed))
        except UnknownRequest as error:
            if not revised and (with_revision := _WITH_REVISION.fullmatch(typed.strip())):
                command = click.get_current_context().info_name
                raise UnknownRequest(f"`{command}` takes no revision; write {with_revision[1]}.") from error
            if anew is None:
                raise
            raise UnknownRequest(f"{error.message} It may still come: {anew.progress}.", error.hint) from error

    def tell_anew(self, *, as_json: bool) -> bool:
        """Say on standard error how far the first reading is, and its end, each once; returns whether it goes on."""
        anew = self.service.anew()
        if anew != self._anew:
            self._anew = anew
            if as_json:
                counts = {"read": anew.read, "of": anew.of} if anew else None
                say_aside(json.dumps({"reading_anew": counts}))
            else:
                say_aside(f"{anew.progress[0].upper()}{anew.progress[1:]}." if anew else "All is read now.")
        return anew is not None

    def get(self, request_id: UUID) -> RequestCopy:
        """Return a request by its id."""
        return self.read(lambda connection: queries.get(connection, request_id))

    def work(self, *, brief: bool = True) -> "Worker":
        """Return this session's worker, started; it stands by where another is at work. ``brief``: for one command."""
        return self.service.work(brief=brief)

    def rest(self) -> None:
        """Stop this session's worker and close its connections; the next call that needs one starts another."""
        self.service.rest()

    def catch_up(self, timeout_s: float = CATCH_UP_S) -> None:
        """Apply what the other side has said so far, as long as the broker is there to be asked.

        A copied schema stays as it was copied: the person is told so.
        Where another worker holds the lease, this waits until that one has applied it.
        """
        if self.copied:
            say_aside(CopiedSchema.of(self.role.name).message)
        elif self._has_broker() and not self._caught_up_by_another():
            awaited = "what the other side sent"
            if not self._until(lambda: self.work().caught_up, timeout_s, awaited) and self.kafka_answers:
                say_aside(f"Gave up waiting for {awaited}: this is what is known so far.")

    def checked(self, timeout_s: float = CHECK_S) -> None:
        """Wait until this side's own topic was read by whoever holds the lease, as long as the broker is there."""

        def done() -> bool:
            with self.store.transaction() as transaction:
                return transaction.schema.checked()

        if self._has_broker() and not self._left_to_another(_beside(lambda _: done())):
            self.work()
            self._until(done, timeout_s, f"the {self.role.name}'s own topic to be read")

    def spread(self, ids: Collection[UUID]) -> None:
        """Tell the open desks that rows changed, and have relayed what was said by it."""
        try:
            if ids:
                self.service.hint(ids)
            if ids and self._has_broker() and not self._left_to_another(_beside(_all_sent)):
                self.work().nudge()
                self._until(lambda: self.read(_all_sent), DELIVER_S, _DELIVERY)
        except Exception:
            log.exception("saved, and not told to the others yet: the next worker of this role does that")

    def deliver(self, result: CommandResult, timeout_s: float = DELIVER_S) -> RequestCopy:
        """Tell the open desks, and relay what was said while there is a broker; returns the copy after it."""
        return self.deliver_all([result], timeout_s)[0]

    def deliver_all(self, results: Sequence[CommandResult], timeout_s: float = DELIVER_S) -> list[RequestCopy]:
        """Do as ``deliver`` does for what several commands said; what they said is saved, whatever happens here.

        Raises ``OutcomeUnknown``, with what is saved, where nothing can be read back.
        """
        ids = [result.request_id for result in results]
        try:
            try:
                self.service.hint(set(ids))
                self._relay(ids, timeout_s)
            except ServerDown:
                raise
            except Exception:
                log.exception("saved, and not delivered yet: the next worker of this role does that")
            copies = self._copies(ids)
        except Exception as error:
            raise self.saved.truth(error) or error from error
        for copy in copies:
            self.saved.called(copy.id, copy.number)
        return copies

    def name_what_is_saved(self, error: BaseException) -> None:
        """Look up the number of what was saved before it had one, if that can still be read after this error."""
        if not isinstance(error, ServerDown) and (ids := self.saved.nameless):
            with suppress(Exception):
                for copy in self._copies(ids):
                    self.saved.called(copy.id, copy.number)

    def _relay(self, ids: Sequence[UUID], timeout_s: float) -> None:
        def sent(connection: psycopg.Connection[TupleRow]) -> bool:
            return all(copy.delivery is not Delivery.QUEUED for copy in queries.some(connection, ids))

        if not self.read(sent) and self._has_broker() and not self._left_to_another(_beside(sent)):
            self.work().nudge()
            if self._numberless(ids):
                # Whoever reads what is printed needs the number, which waits for the first check: however short of time
                # this machine was until now.
                self._gave_up = False
                self._until(lambda: not self._numberless(ids), CHECK_S, f"the {self.role.name}'s own topic to be read")
            self._until(lambda: self.read(sent), timeout_s, _DELIVERY)

    @property
    def kafka_answers(self) -> bool:
        """Whether Kafka is not known to be away, as far as this session has met it."""
        health = self.service.worker_health()
        return health is not None and health.kafka.state is not PartState.DOWN

    @property
    def kafka_trouble(self) -> str:
        """What keeps events from Kafka other than that it does not answer, as a sentence; waiting does not mend it."""
        health = self.service.worker_health()
        error = health.kafka.error if health is not None else ""
        return "" if error == KAFKA_AWAY else error

    def _copies(self, ids: Sequence[UUID]) -> list[RequestCopy]:
        return self.read(lambda connection: queries.some(connection, ids))

    def _numberless(self, ids: Sequence[UUID]) -> bool:
        copies = self._copies(ids)
        return any(copy.request is not None and copy.request.number is None for copy in copies)

    def _caught_up_by_another(self) -> bool:
        """Whether another process's worker has applied what the other side sent; it is asked where one is at work."""
        if self.service.works or self.service.anew() is not None or not self.read(catching_up.at_work):
            return False
        try:
            question = self.read(catching_up.ask)
        except (psycopg.Error, PaydeskError):
            return False  # A standby takes no question; its worker looks by itself.
        try:
            return self._left_to_another(partial(catching_up.answered, question=question))
        finally:
            with suppress(psycopg.Error, PaydeskError):
                self.read(partial(catching_up.forget, question=question))

    def _left_to_another(self, look: Look) -> bool:
        """Wait a moment for the worker that is at work in another process; returns whether it did what is awaited.

        Where none is at work, or it takes longer, one of this session's own stands by and knows what is in the way.
        """
        until = time.monotonic() + ANOTHER_S
        while not self.service.works and time.monotonic() < until:
            at_work, done = self.service.glance(look)
            if done or not at_work:
                return done
            time.sleep(_POLL_S)
        return False

    def _has_broker(self) -> bool:
        return self.servers.endpoints(self.role.name).kafka is not None

    def _until(self, seen: Callable[[], bool], timeout_s: float, awaited: str) -> bool:
        """Look until it is seen, or the broker is known to be away, or time is up; then nothing is waited for again.

        Returns whether it was seen. ``awaited`` is said when it takes long.
        """
        until = time.monotonic() + timeout_s
        with waiting_for(awaited):
            while not self._gave_up and not seen():
                self._gave_up = time.monotonic() > until or self.work().health().kafka.state is PartState.DOWN
                time.sleep(_POLL_S)
        return not self._gave_up

    def close(self) -> str:
        """Stop the worker, leave the servers; returns their parting sentence. Raises nothing: the work is done."""
        left = ""
        try:
            self.rest()
        except Exception:
            log.exception("closing")
        try:
            left = self.servers.leave()
        except Exception:
            log.exception("leaving")
        return left


def _beside(done: Callable[[psycopg.Connection[TupleRow]], bool]) -> Look:
    """Return the look at whether something is done, and whether a worker is at work."""
    return lambda connection: (catching_up.at_work(connection), done(connection))


def _all_sent(connection: psycopg.Connection[TupleRow]) -> bool:
    return not queries.counts(connection).unsent


@contextmanager
def open_session(
    role: Role, person: str | None = None, key: str | None = None, *, reads: bool = False
) -> Iterator[Session]:
    """Open a session, and close it whatever happens, SIGTERM and SIGHUP among it.

    Args:
        role: The role of the session.
        person: Who acts, as ``Session`` takes it.
        key: The key of the command, as ``Session`` takes it.
        reads: Whether nothing is written, as ``Session`` takes it.

    Yields:
        The session.

    Raises:
        PaydeskError: What ``Session`` raises.
    """
    with raised(), said_by(say_aside):
        opened = Session(role, person, key, reads=reads)
        try:
            yield opened
            opened.saved.finished = True
        except BaseException as error:
            opened.name_what_is_saved(error)
            raise
        finally:
            opened.close()
