"""One side, open: reads its schema, runs its worker, hears its hints. The room behind a desk's screen."""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

import psycopg

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
from paydesk.infra.core.query import News, Page, PageQuery
from paydesk.infra.core.role import Role
from paydesk.infra.migrations import prepare
from paydesk.infra.postgres.connection import connect, is_transient, unreachable
from paydesk.infra.postgres.read import queries, request_list
from paydesk.settings import Servers

_LOOK_S = 0.02

log = logging.getLogger("paydesk.desk")
T = TypeVar("T")


class LiveSide:
    """Everything a desk shares with the other role's; ``person`` is who sits at it.

    Reading goes through one psycopg connection under a lock, made anew when it was lost. The worker and the writing
    store come with ``start``, so that the first rows stand before SQLModel and confluent-kafka are imported.
    """

    def __init__(self, role: Role, servers: Servers, person: str) -> None:
        self._card = role
        self.role = role.name
        self.person = person
        self.stack = ""
        self.servers = servers
        self.clock = DatabaseClock()
        self._reading = threading.Lock()
        self._awaited = Awaited()
        self._connection: psycopg.Connection[Any] | None = None
        self._started = threading.Event()
        self._lost = ""
        self._whole = True
        self._worker: Any = None
        self._listener: Any = None
        self._store: Any = None
        self._hints: Any = None

    def open(self) -> None:
        """Bring the schema up to date and connect.

        Raises ``ServerDown``, ``SchemaTooNew``, ``CopiedSchema`` or the stack's errors.
        """
        if prepare(self.servers, self.role):
            raise CopiedSchema.of(self.role)
        self._whole = self._read(queries.was_read_whole)
        self.stack = self.servers.endpoints(self.role).label

    def start(self, post: Callable[[News], None]) -> None:
        """Start worker and hint listener, and make writing possible."""
        from paydesk.infra.postgres.storage import Store
        from paydesk.infra.redis.hints import HintListener, HintSender
        from paydesk.infra.worker.worker import Worker

        self._store = Store(self._url(), self._card)
        self._worker = Worker(self._card, self.servers, lambda ids: post(News(ids)))
        health_state = self._worker.context.health_state
        for awaited in (self._awaited, self._store.awaited):
            health_state.watch(awaited)
        self._listener = HintListener(self._card, self.servers, lambda ids: self._heard(post, ids))
        self._hints = HintSender
        # Until the worker has looked itself.
        health_state.tell(anew=None if self._whole else Anew())
        self._worker.start()
        self._listener.start()
        self._started.set()

    def _heard(self, post: Callable[[News], None], ids: frozenset[UUID] | None) -> None:
        """Tell the screen; and look into the outbox, as the hint may be of a command line that has no lease."""
        self._worker.nudge()
        post(News(ids))

    def store(self) -> Any:
        """Return the writing store; waits until ``start`` has made it."""
        self._started.wait()
        return self._store

    def said(self, request_id: UUID) -> RequestCopy:
        """Tell everyone that a command changed this request, and return the copy after it."""
        reach("W3")
        self._worker.nudge()
        self.hint({request_id})
        return self.read_back(lambda connection: queries.get(connection, request_id))

    def read_back(self, read: Callable[[psycopg.Connection[Any]], T]) -> T:
        """Read what a command has saved. Raises ``OutcomeUnknown`` where that fails, as nothing of it is undone."""
        try:
            return self._read(read)
        except Exception as error:
            log.exception("saved, and not read back")
            why = getattr(error, "message", f"{type(error).__name__}.")
            told = f"It is saved, and cannot be read back yet: {why}"
            raise OutcomeUnknown(told, "The list shows it as soon as it can be read.") from error

    def hint(self, ids: set[UUID] | None) -> None:
        """Tell the other desks of this role that rows changed; best effort."""
        sender = self._hints(self._card, self.servers)
        try:
            sender.send(ids)
        finally:
            sender.close()

    def nudge(self) -> None:
        """Have the outbox relayed now."""
        self._worker.nudge()

    def page(self, query: PageQuery) -> Page:
        """Return the rows of a query."""
        return self._read(lambda connection: request_list.page(connection, query, self.clock.now()))

    def totals(self, query: PageQuery) -> tuple[StatusTotal, ...]:
        """Return what all rows of a query come to."""
        return self._count(lambda connection: request_list.totals(connection, query, self.clock.now()))

    def insights(self, query: PageQuery) -> Insights:
        """Return what there is to know of all rows of a query."""
        from paydesk.infra.postgres.read.insights import insights

        return self._count(lambda connection: insights(connection, query, self.clock.now()))

    def _count(self, read: Callable[[psycopg.Connection[Any]], T]) -> T:
        """Read on a connection of its own what may take long: pages do not wait for it."""
        try:
            with connect(self._url(), self.role) as connection:
                return read(connection)
        except psycopg.OperationalError as error:
            raise unreachable(error) from error

    def detail(self, request_id: UUID) -> RequestDetail:
        """Return a request with its timeline."""
        from paydesk.infra.postgres.read.timeline import detail

        return self._read(lambda connection: detail(connection, request_id))

    def alike(self, asked: Sequence[Asking]) -> Mapping[UUID, tuple[Alike, ...]]:
        """Return, for each of these that looks like other requests, which and why."""
        from paydesk.infra.postgres.read.duplicates import alike_of

        return self._read(lambda connection: alike_of(connection, asked))

    def health(self) -> Health:
        """Return the last reading of all parts."""
        from dataclasses import replace

        opening = Health(anew=None if self._whole else Anew())
        found: Health = self._worker.health() if self._worker is not None else opening
        redis = self._listener.part if self._listener is not None else Part()
        postgres = Part(PartState.DOWN, self._lost) if self._lost else found.postgres
        if postgres.state is PartState.COMING and self._connection is not None:
            postgres = Part(PartState.OK)
        return replace(found, redis=redis, postgres=postgres, notice=self.servers.notice())

    def delivered(self, within_s: float) -> bool:
        """Wait until everything that was said has left; returns False when it has not in time."""
        until = time.monotonic() + within_s
        while self._read(queries.counts).unsent:
            if time.monotonic() > until:
                return False
            time.sleep(_LOOK_S)
        return True

    def close(self, *, quits: bool = True) -> str:
        """Stop both threads, close every client, leave the servers; says what becomes of what is held.

        ``quits``: a person asked for it, so what is held leaves now; else it stays held until its time.
        """
        said = ""
        if self._started.is_set():
            said = self.release_held() if quits else self._stays_held()
        if self._listener is not None:
            self._listener.stop()
        if self._worker is not None:
            self._worker.stop()
        if self._store is not None:
            self._store.close()
        if self._connection is not None:
            self._connection.close()
        return " ".join(line for line in (said, self.servers.leave()) if line)

    def release_held(self) -> str:
        """Release what is held, and say what became of it; most sides hold nothing."""
        return ""

    def _stays_held(self) -> str:
        with suppress(PaydeskError):
            if held := self._read(queries.counts).held:
                stay = "decisions stay" if held > 1 else "decision stays"
                return f"{held} {stay} held; another desk of this role, or the next start, sends it in time."
        return ""

    def _url(self) -> str:
        return self.servers.endpoints(self.role).database_url

    def _read(self, read: Callable[[psycopg.Connection[Any]], T]) -> T:
        with self._reading, self._awaited.waiting():
            try:
                if self._connection is None or self._connection.closed:
                    self._connection = connect(self._url(), self.role)
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
