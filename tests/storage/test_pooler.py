"""A pooler with few connections between paydesk and PostgreSQL: what one person's command needs of it."""

import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import pytest

from paydesk.cli import session as errands
from paydesk.cli.session import Session
from paydesk.contractor import commands as asks
from paydesk.domain.commands import Approve, RequestPayment
from paydesk.domain.copy import Delivery
from paydesk.domain.payment_request import checked_terms
from paydesk.domain.status import Status
from paydesk.infra.core.errors import ServerDown
from paydesk.infra.core.query import PageQuery
from paydesk.infra.postgres.read import request_list
from paydesk.infra.postgres.read.insights import insights
from paydesk.libpq import CONNECT_TIMEOUT_S
from paydesk.manager import commands as decides
from paydesk.settings import Endpoints
from paydesk.stack.servers import Postgres
from tests.conftest import Sides, until

TERMS = checked_terms("1200", "EUR", "August retainer")
GIVES_UP_S = CONNECT_TIMEOUT_S - 1
_ENCRYPTED = (80877103, 80877104)
_CANCEL = 80877102


class Pooler:
    """Pools by session before a server's socket: refuses startup options, lets so many through and the others wait."""

    def __init__(self, server: str, size: int) -> None:
        self._server = server
        self._places = threading.Semaphore(size)
        self.longest_s = 0.0
        """How long a client waited for a connection, at most."""
        self.closing = False
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError, struct.error):
            while True:
                head = client.recv(8, socket.MSG_WAITALL)
                size, code = struct.unpack("!ii", head)
                if code not in _ENCRYPTED:
                    break
                client.sendall(b"N")
            body = client.recv(size - 8, socket.MSG_WAITALL)
            if code == _CANCEL:
                return
            if b"options\0" in body:
                refusal = b"SFATAL\0C08P01\0Munsupported startup parameter: options\0\0"
                client.sendall(b"E" + struct.pack("!i", len(refusal) + 4) + refusal)
                return
            with self._place(), socket.socket(socket.AF_UNIX) as server:
                server.connect(self._server)
                server.sendall(head + body)
                back = threading.Thread(target=_copy, args=(server, client), daemon=True)
                back.start()
                _copy(client, server)
                back.join(5)

    @contextmanager
    def _place(self) -> Iterator[None]:
        began = time.monotonic()
        while not self._places.acquire(timeout=0.1):
            if self.closing:
                raise OSError
        self.longest_s = max(self.longest_s, time.monotonic() - began)
        try:
            yield
        finally:
            self._places.release()

    def close(self) -> None:
        """End it."""
        self.closing = True
        self._listening.close()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


@dataclass(frozen=True)
class Pooled(Sides):
    """The same sides, whose database is reached through a pooler."""

    port: int = 0

    def endpoints(self, role: str) -> Endpoints:
        """Return the addresses, PostgreSQL's by way of the pooler."""
        endpoints = super().endpoints(role)
        parts = urlsplit(endpoints.database_url)
        login, _, _ = parts.netloc.rpartition("@")
        return replace(
            endpoints, database_url=urlunsplit(parts._replace(netloc=f"{login}@127.0.0.1:{self.port}", query=""))
        )


@contextmanager
def pooled(sides: Sides, size: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Pooled, Pooler]]:
    """Put a pooler between errands and this test's database."""
    pooler = Pooler(f"{Postgres(sides.stack.folder).address}/.s.PGSQL.5432", size)
    through = Pooled(sides.stack, sides.database, sides.contractor, sides.manager, pooler.port)
    monkeypatch.setattr(errands, "servers_of", lambda _: through)
    try:
        yield through, pooler
    finally:
        pooler.close()


@pytest.mark.fault(
    kind="A command of one person works through a pooler that gives it three connections, and waits for none for ever.",
    mended="infra/postgres/storage.py",
)
def test_commands_need_three_connections_at_most(sides: Sides, monkeypatch: pytest.MonkeyPatch) -> None:
    request_id = uuid4()
    with pooled(sides, 3, monkeypatch) as (through, pooler):
        session = Session(through.contractor, "ada")
        session.catch_up()
        requested = asks.execute(session.store, uuid4(), RequestPayment(request_id, session.person, TERMS))
        assert session.deliver(requested).delivery is Delivery.SENT
        session.close()
        session = Session(through.manager, "bo")
        session.catch_up()
        until(lambda: session.read(lambda connection: [*request_list.stream(connection, PageQuery())]))
        decided = decides.execute(session.store, uuid4(), Approve(request_id, session.person, 1, TERMS.hash))
        assert session.deliver(decided).delivery is Delivery.SENT
        session.close()
        session = Session(through.contractor, "ada", reads=True)
        session.catch_up()
        with session.reading() as connection:
            assert insights(connection, PageQuery())
        with session.reading() as connection:
            assert [row.id for row in request_list.stream(connection, PageQuery())] == [request_id]
        with pytest.raises(BrokenPipeError), session.reading() as connection:
            for _ in request_list.stream(connection, PageQuery()):
                raise BrokenPipeError
        until(lambda: session.get(request_id).status is Status.ACCEPTED)
        session.close()
    assert pooler.longest_s < GIVES_UP_S


@pytest.mark.long
@pytest.mark.fault(
    kind="A command of one person works through a pooler that gives it three connections, and waits for none for ever.",
    mended="infra/postgres/storage.py",
)
def test_nobody_waits_without_limit_for_a_pooler_that_gives_no_connection(
    sides: Sides, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pooled(sides, 0, monkeypatch):
        monkeypatch.setattr(Sides, "mend", lambda _: False)
        began = time.monotonic()
        with pytest.raises(ServerDown):
            Session(sides.contractor, "ada")
        assert time.monotonic() - began < 30
