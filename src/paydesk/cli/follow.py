"""``list --follow``: what is there, then a line for each change; live by hints, and by a poll where none come."""

import errno
import json
import os
import queue
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from uuid import UUID

import click
import psycopg

from paydesk.cli import streams
from paydesk.cli.output import document
from paydesk.cli.session import Session
from paydesk.domain.copy import Delivery, RequestCopy
from paydesk.domain.duplicates import Alike
from paydesk.domain.filters import Asker
from paydesk.infra.core.clock import moment_of
from paydesk.infra.core.errors import ServerDown
from paydesk.infra.core.health import PartState
from paydesk.infra.core.query import PageQuery
from paydesk.infra.postgres.connection import connect, is_transient
from paydesk.infra.postgres.read import changes, queries, request_list
from paydesk.infra.postgres.read.duplicates import with_alike
from paydesk.infra.postgres.read.queries import Connection
from paydesk.infra.redis.hints import HintListener

POLL_S = 5.0
POLL_NOT_LIVE_S = 2.0
REMEMBERED = 20_000
"""Of so many requests is known what was printed last, so that a hint without a change prints nothing."""
_ON_ITS_WAY = (Delivery.QUEUED, Delivery.HELD)


class Follower:
    """Prints the rows of a query, then each that changes and fits it, or fitted it when it was printed last.

    Args:
        session: The session of the command line.
        query: Which requests are printed.
        printer: Prints one request, with the requests that it looks like.
        also: Called after each look, for what there is to say besides.
    """

    def __init__(
        self,
        session: Session,
        query: PageQuery,
        printer: Callable[[RequestCopy, Sequence[Alike]], None],
        also: Callable[[], object] = lambda: None,
    ) -> None:
        self._session = session
        self._query = query
        self._printer = printer
        self._also = also
        self._last: OrderedDict[UUID, int] = OrderedDict()
        self._on_its_way: set[UUID] = set()
        self._hints: queue.SimpleQueue[frozenset[UUID] | None] = queue.SimpleQueue()
        self._place: changes.Place | None = None
        self._away = False

    def run(self) -> None:
        """Follow until ^c or SIGTERM, while the database is away too.

        Raises ``BrokenPipeError`` where nobody reads any more, also while there is nothing to tell.
        """
        if not self._session.copied:
            self._session.work(brief=False)
        listener = HintListener(self._session.role, self._session.servers, self._hints.put)
        listener.start()
        try:
            while True:
                try:
                    with connect(self._session.url, self._session.role.name, autocommit=True) as connection:
                        self._follow(connection, listener)
                except (ServerDown, psycopg.Error) as error:
                    if not is_transient(error):
                        raise
                    if not self._away:
                        click.echo("PostgreSQL does not answer; what changes meanwhile is told later.", err=True)
                    self._away = True
                    time.sleep(POLL_NOT_LIVE_S)
        except KeyboardInterrupt:
            return
        finally:
            listener.stop()

    def _follow(self, connection: Connection, listener: HintListener) -> None:
        if self._place is None:
            place = changes.newest(connection)
            for copy, alike in with_alike(connection, request_list.stream(connection, self._query)):
                self._print(copy, alike)
            self._place = place
        self._away = False
        while True:
            if streams.nobody_reads():
                raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))
            live = listener.part.state is PartState.OK
            ids = self._wait_for_hints(POLL_S if live else POLL_NOT_LIVE_S)
            if ids is None:
                place = changes.newest(connection)
                ids = changes.changed_since(connection, self._place) | self._on_its_way
                self._place = place
            self._look(connection, with_alike(connection, queries.some(connection, sorted(ids))))
            self._also()

    def _wait_for_hints(self, wait_s: float) -> set[UUID] | None:
        """Wait for hints; returns what they are about, or None when anything may have changed."""
        try:
            hints = [self._hints.get(timeout=wait_s)]
        except queue.Empty:
            return None
        while not self._hints.empty():
            hints.append(self._hints.get())
        changed: set[UUID] = set()
        for ids in hints:
            if ids is None:
                return None
            changed |= ids
        return changed

    def _look(self, connection: Connection, copies: Iterable[tuple[RequestCopy, Sequence[Alike]]]) -> None:
        asker = Asker(self._query.person, moment_of(connection))
        for copy, alike in copies:
            fits = self._query.filter.matches(copy, asker)
            if fits or copy.id in self._last:
                self._print(copy, alike)
            if not fits:
                self._last.pop(copy.id, None)

    def _print(self, copy: RequestCopy, alike: Sequence[Alike]) -> None:
        content = hash(json.dumps(document(copy)))
        if self._last.get(copy.id) != content:
            self._printer(copy, alike)
        self._last[copy.id] = content
        self._last.move_to_end(copy.id)
        if len(self._last) > REMEMBERED:
            self._last.popitem(last=False)
        if copy.delivery in _ON_ITS_WAY:
            self._on_its_way.add(copy.id)
        else:
            self._on_its_way.discard(copy.id)
