"""One side, open: reads its schema, runs its worker, receives its hints; behind a desk's screen or behind a command."""

import gc
import logging
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

import psycopg
from psycopg.rows import TupleRow

from paydesk.domain.copy import RequestCopy, RequestDetail, StatusTotal
from paydesk.domain.duplicates import Alike, Asking
from paydesk.domain.errors import PaydeskError
from paydesk.domain.insights import Insights
from paydesk.infra.core.awaited import Awaited
from paydesk.infra.core.clock import DatabaseClock, moment_of
from paydesk.infra.core.errors import OutcomeUnknown, ServerDown
from paydesk.infra.core.failpoints import reach
from paydesk.infra.core.health import Anew, Health, Part, PartState
from paydesk.infra.core.origin import CopiedSchema
from paydesk.infra.core.query import News, Page, PageQuery, Result
from paydesk.infra.core.role import Role
from paydesk.infra.migrations import prepare
from paydesk.infra.postgres.connection import connect, is_transient, unreachable, without_transaction
from paydesk.infra.postgres.read import queries, request_list
from paydesk.infra.postgres.read.duplicates import alike_of
from paydesk.infra.postgres.read.insights import insights
from paydesk.infra.postgres.read.timeline import detail
from paydesk.settings import Servers

if TYPE_CHECKING:
    from paydesk.infra.core.command_key import CommandResult
    from paydesk.infra.postgres.storage import CommitWatch, Store
    from paydesk.infra.redis.hints import HintListener, HintSender
    from paydesk.infra.worker.worker import Worker

_LOOK_S = 0.02

log = logging.getLogger("paydesk.desk")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Access:
    """How a side is used: a desk keeps it open for hours, a command for seconds."""

    brief: bool = False
    """For one command: reading, writing and the worker share two connections."""
    reads: bool = False
    """Nothing is written by it, so nothing is sent by it either, and a copied schema will do."""
    word: str = ""
    """The key that a person gives to run the same command again."""
    watch: "CommitWatch | None" = None
    """Is told of each commit."""


_OF_A_DESK = Access()


def _collect() -> None:
    """Look for garbage from now on, and never through what was imported so far."""
    gc.freeze()
    gc.enable()


class DeskService:
    """Everything that both roles, and screens and commands, share.

    A desk reads through one psycopg connection under a lock, made anew when it was lost. Its worker and its store come
    with ``start``, so that the first rows stand before SQLModel, confluent-kafka and redis are imported: that is
    done here alone, in ``_new_store``, ``_new_worker``, ``_new_listener`` and ``_new_sender``.

    Args:
        role: The role of the desk.
        servers: The addresses of its servers.
        person: Who sits at it.
        access: Whether it is open for a desk or for one command, and whether it writes.
    """

    def __init__(self, role: Role, servers: Servers, person: str, access: Access = _OF_A_DESK) -> None:
        self._role = role
        self.role = role.name
        self.person = person
        self.stack = ""
        self.servers = servers
        self.access = access
        self.copied = False
        """Whether the schema is a copy of another one, and so only reads."""
        self.clock = DatabaseClock()
        self._reading = threading.Lock()
        self._awaited = Awaited()
        self._connection: psycopg.Connection[TupleRow] | None = None
        self._started = threading.Event()
        self._lost = ""
        self._whole = not access.brief
        self._worker: Worker | None = None
        self._listener: HintListener | None = None
        self._store: Store | None = None

    def open(self) -> None:
        """Bring the schema up to date and connect.

        Raises:
            ServerDown: PostgreSQL cannot be reached.
            SchemaTooNew: A newer program wrote the schema.
            CopiedSchema: The schema is a copy of another, and is to be written.
            PaydeskError: The servers have no address, such as ``StackError`` of the embedded stack.
        """
        self.copied = prepare(self.servers, self.role)
        if self.copied and not self.access.reads:
            raise CopiedSchema.of(self.role)
        if not self.access.brief:
            self._whole = self._read(queries.was_read_whole)
        self.stack = self.servers.endpoints(self.role).label
        if self.access.reads:
            _collect()

    def start(self, post: Callable[[News], None]) -> None:
        """Start worker and hint listener, and make writing possible; for a desk.

        Args:
            post: Called with what changed, in any thread; must not block.
        """
        self._store = self._new_store()
        self._worker = self._new_worker(lambda ids: post(News(ids)), brief=False)
        health_state = self._worker.context.health_state
        for awaited in (self._awaited, self._store.awaited):
            health_state.watch(awaited)
        self._listener = self._new_listener(lambda ids: self._on_hint(post, ids))
        # Until the worker has looked itself.
        health_state.tell(anew=None if self._whole else Anew())
        self._worker.start()
        self._listener.start()
        self._started.set()

    def work(self, *, brief: bool = True) -> "Worker":
        """Return the worker of a command, started; it stands by where another is at work.

        Args:
            brief: Whether it works for the command alone, on its connections.
        """
        if self._worker is None:
            self._drop()
            self._worker = self._new_worker(None, brief=brief)
            self._worker.start()
            if not brief:
                # A command beside it commits and publishes a hint: what it said leaves now.
                self._listener = self._new_listener(lambda _: self.nudge())
                self._listener.start()
        return self._worker

    def rest(self) -> None:
        """Stop the worker and close the connections; the next call that needs one starts another."""
        self._drop()
        if self._listener is not None:
            self._listener.stop()
            self._listener = None
        if self._worker is not None:
            self._worker.stop()
            self._worker = None
        if self._store is not None:
            self._store.close()

    def _new_store(self) -> "Store":
        from paydesk.infra.postgres.storage import Store

        _collect()
        access = self.access
        return Store(self.url, self._role, word=access.word, watch=access.watch, few=access.brief)

    def _new_worker(self, changed: Callable[[frozenset[UUID]], None] | None, *, brief: bool) -> "Worker":
        from paydesk.infra.worker.context import Use
        from paydesk.infra.worker.worker import Worker

        _collect()
        use = Use(brief, not self.access.reads, self.store() if brief else None)
        return Worker(self._role, self.servers, changed, use)

    def _new_listener(self, on_hint: Callable[[frozenset[UUID] | None], None]) -> "HintListener":
        from paydesk.infra.redis.hints import HintListener

        return HintListener(self._role, self.servers, on_hint)

    def _new_sender(self) -> "HintSender":
        from paydesk.infra.redis.hints import HintSender

        return HintSender(self._role, self.servers)

    def _on_hint(self, post: Callable[[News], None], ids: frozenset[UUID] | None) -> None:
        """Tell the screen; and look into the outbox, as the hint may be of a command line that has no lease."""
        self.nudge()
        post(News(ids))

    def store(self) -> "Store":
        """Return the writing store; a desk waits until ``start`` has made it."""
        if not self.access.brief:
            self._started.wait()
        if self._store is None:
            self._store = self._new_store()
        return self._store

    def result(self, result: "CommandResult") -> Result:
        """Notify the other desks of what a command did, and read it back.

        Returns:
            The request after the command, and whether it changed something.

        Raises:
            OutcomeUnknown: It is saved, and cannot be read back.
        """
        reach("W3")
        self.nudge()
        self.hint({result.request_id})
        copy = self._read_back(lambda connection: queries.get(connection, result.request_id))
        return Result(copy, result.changed)

    def spread(self, ids: Sequence[UUID]) -> Sequence[RequestCopy]:
        """Notify the other desks that commands changed these requests, and read them back.

        Returns:
            The requests as they are now.

        Raises:
            OutcomeUnknown: They are saved, and cannot be read back.
        """
        self.nudge()
        self.hint(set(ids))
        return self._read_back(lambda connection: queries.some(connection, ids))

    def _read_back(self, read: Callable[[psycopg.Connection[TupleRow]], T]) -> T:
        """Read what a command has saved. Raises ``OutcomeUnknown`` where that fails, as nothing of it is undone."""
        try:
            return self._read(read)
        except Exception as error:
            log.exception("saved, and not read back")
            why = getattr(error, "message", f"{type(error).__name__}.")
            message = f"It is saved, and cannot be read back yet: {why}"
            raise OutcomeUnknown(message, "The list shows it as soon as it can be read.") from error

    def hint(self, ids: Collection[UUID] | None) -> None:
        """Notify the other desks of this role that rows changed; best effort, they read by themselves soon.

        Args:
            ids: The requests; None: any of them.
        """
        sender = self._new_sender()
        try:
            sender.send(ids)
        finally:
            sender.close()

    def nudge(self) -> None:
        """Have the outbox relayed now, where a worker runs."""
        if self._worker is not None:
            self._worker.nudge()

    def worker_health(self) -> Health | None:
        """Return how the worker is; None while none runs."""
        return self._worker.health() if self._worker is not None else None

    def anew(self) -> Anew | None:
        """Return how far the first reading of this schema is, where there may be more than is in it; else None.

        Ask before the rows are read: what comes in between is shown then, and not the other way round.
        """
        if self.copied or self._whole:
            return None
        self._whole = self.read(queries.was_read_whole)
        health = self.worker_health()
        anew = health.anew or Anew() if health is not None else Anew()
        return None if self._whole or not anew.incomplete else anew

    def page(self, query: PageQuery) -> Page:
        """Return the rows of a query.

        Raises:
            ServerDown: The database is away.
        """
        return self._read(lambda connection: request_list.page(connection, query, self.clock.now()))

    def totals(self, query: PageQuery) -> tuple[StatusTotal, ...]:
        """Return what all rows of a query come to.

        Raises:
            ServerDown: The database is away.
        """
        return self._count(lambda connection: request_list.totals(connection, query, self.clock.now()))

    def insights(self, query: PageQuery) -> Insights:
        """Return the figures of all rows of a query.

        Raises:
            ServerDown: The database is away.
        """
        return self._count(lambda connection: insights(connection, query, self.clock.now()))

    def _count(self, read: Callable[[psycopg.Connection[TupleRow]], T]) -> T:
        """Read on a connection of its own what may take long: pages do not wait for it."""
        try:
            with connect(self.url, self.role) as connection:
                return read(connection)
        except psycopg.OperationalError as error:
            raise unreachable(error) from error

    def detail(self, request_id: UUID) -> RequestDetail:
        """Return a request with its timeline.

        Raises:
            UnknownRequest: There is no such request here.
            ServerDown: The database is away.
        """
        return self._read(lambda connection: detail(connection, request_id))

    def alike(self, asked: Sequence[Asking]) -> Mapping[UUID, tuple[Alike, ...]]:
        """Return, for each of these that looks like other requests, those others and why.

        Raises:
            ServerDown: The database is away.
        """
        return self._read(lambda connection: alike_of(connection, asked))

    def health(self) -> Health:
        """Return the last reading of all parts."""
        opening = Health(anew=None if self._whole else Anew())
        worker = self.worker_health() or opening
        redis = self._listener.part if self._listener is not None else Part()
        postgres = Part(PartState.DOWN, self._lost) if self._lost else worker.postgres
        if postgres.state is PartState.COMING and self._connection is not None:
            postgres = Part(PartState.OK)
        return replace(worker, redis=redis, postgres=postgres, notice=self.servers.notice())

    def delivered(self, within_s: float) -> bool:
        """Wait until everything that was published has left the outbox.

        Args:
            within_s: The seconds to wait at most.

        Returns:
            False where something is left.

        Raises:
            ServerDown: The database is away.
        """
        until = time.monotonic() + within_s
        while self._read(queries.counts).unsent:
            if time.monotonic() > until:
                return False
            time.sleep(_LOOK_S)
        return True

    def close(self, *, quits: bool = True) -> str:
        """Stop both threads, close every client, and leave the servers.

        Args:
            quits: Whether a person asked for it, so that what is held leaves now; else it stays held until its time.

        Returns:
            Sentences about what is held and about the servers, or an empty string.
        """
        notice = ""
        if self._started.is_set():
            notice = self.release_held() if quits else self._stays_held()
        if self._listener is not None:
            self._listener.stop()
        if self._worker is not None:
            self._worker.stop()
        if self._store is not None:
            self._store.close()
        if self._connection is not None:
            self._connection.close()
        return " ".join(line for line in (notice, self.servers.leave()) if line)

    def release_held(self) -> str:
        """Release what is held, and say what became of it; most sides hold nothing."""
        return ""

    def _stays_held(self) -> str:
        with suppress(PaydeskError):
            if held := self._read(queries.counts).held:
                stay = "decisions stay" if held > 1 else "decision stays"
                return f"{held} {stay} held; another desk of this role, or the next start, sends it in time."
        return ""

    @property
    def url(self) -> str:
        """Where the own schema is."""
        return self.servers.endpoints(self.role).database_url

    @property
    def works(self) -> bool:
        """Whether this side has a worker of its own, at work or standing by."""
        return self._worker is not None

    def reading(self) -> AbstractContextManager[psycopg.Connection[TupleRow]]:
        """Return a connection to read by, for a command: one of the few that it and its worker share.

        A command that only reads and has no worker has but this one, and imports nothing that writes.
        """
        if self.access.reads and not self.works:
            return self._sole()
        return self.store().lend(unhurried=True)

    @contextmanager
    def _sole(self) -> Iterator[psycopg.Connection[TupleRow]]:
        """Lend the one connection of a command that reads, as a store lends its own."""
        if self._connection is None or self._connection.closed:
            self._connection = connect(self.url, self.role)
        try:
            yield self._connection
            self._connection.commit()
            self._connection.isolation_level = None
        except BaseException:
            self._drop()  # A cursor or a transaction may still be open in it.
            raise

    def read(self, read: Callable[[psycopg.Connection[TupleRow]], T]) -> T:
        """Read the own schema.

        Args:
            read: Called with a connection to read by; what it returns is returned.

        Raises:
            ServerDown: The database is away.
        """
        if not self.access.brief:
            return self._read(read)
        try:
            with self.reading() as connection:
                return read(connection)
        except psycopg.Error as error:
            if is_transient(error):
                raise unreachable(error) from error
            raise

    def glance(self, look: Callable[[psycopg.Connection[TupleRow]], T]) -> T:
        """Look at the own schema, for a command that looks again and again: no transaction is begun and ended for it.

        Args:
            look: Called with a connection to read by; what it returns is returned.

        Raises:
            ServerDown: The database is away.
        """

        def read(connection: psycopg.Connection[TupleRow]) -> T:
            with without_transaction(connection):
                return look(connection)

        return self.read(read)

    def _read(self, read: Callable[[psycopg.Connection[TupleRow]], T]) -> T:
        with self._reading, self._awaited.waiting():
            try:
                if self._connection is None or self._connection.closed:
                    self._connection = connect(self.url, self.role)
                with self._connection.transaction(force_rollback=True):
                    self._lost = ""
                    self.clock.ask(partial(moment_of, self._connection))
                    return read(self._connection)
            except ServerDown as error:
                self._lost = error.message
                raise
            except psycopg.Error as error:
                self._drop()
                if not is_transient(error):
                    raise
                down = unreachable(error)
                self._lost = down.message
                raise down from error

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
