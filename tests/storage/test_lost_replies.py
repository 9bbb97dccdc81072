"""A commit whose reply is lost: the outcome is unknown, and the same key settles it with one effect (W2)."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import pytest

from paydesk.contractor import commands as asks
from paydesk.domain.commands import RequestPayment
from paydesk.domain.payment_request import checked_terms
from paydesk.infra.core.command_key import CommandResult
from paydesk.infra.core.errors import OutcomeUnknown
from paydesk.infra.postgres.connection import connect
from paydesk.infra.postgres.storage import Store
from tests.conftest import Sides

TERMS = checked_terms("5", "EUR", "once")


class Proxy(threading.Thread):
    """Passes bytes on and back. ``cut`` loses the next commit ``before`` it arrives, or its reply ``after``."""

    def __init__(self, server: str, place: Path) -> None:
        super().__init__(daemon=True)
        self.server = server
        self.cut = ""
        self._dropping = False
        self._replied = threading.Event()
        self.listening = socket.socket(socket.AF_UNIX)
        self.listening.bind(str(place))
        self.listening.listen()

    def run(self) -> None:
        """Serve clients until the socket is closed."""
        with suppress(OSError):
            while True:
                client, _ = self.listening.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError), socket.socket(socket.AF_UNIX) as server:
            server.connect(self.server)
            threading.Thread(target=self._back, args=(server, client), daemon=True).start()
            while got := client.recv(65536):
                if self.cut and b"COMMIT" in got:
                    self._lose(got, server)
                    client.shutdown(socket.SHUT_RDWR)
                    break
                server.sendall(got)
            server.shutdown(socket.SHUT_RDWR)

    def _lose(self, commit: bytes, server: socket.socket) -> None:
        if self.cut == "after":
            self._dropping = True
            server.sendall(commit)
            assert self._replied.wait(10)
        self.cut, self._dropping = "", False

    def _back(self, server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while got := server.recv(65536):
                if self._dropping:
                    self._replied.set()
                else:
                    client.sendall(got)


@pytest.fixture
def proxy(sides: Sides, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Proxy, str]]:
    """A proxy before the stack's PostgreSQL, and the contractor's URL through it."""
    folder = tmp_path_factory.mktemp("p")
    made = Proxy(str(sides.stack.folder.run / ".s.PGSQL.5432"), folder / ".s.PGSQL.5432")
    made.start()
    yield made, sides.url(sides.contractor).replace(str(sides.stack.folder.run), str(folder))
    made.listening.close()


@pytest.mark.parametrize(("cut", "written"), [("after", 1), ("before", 0)])
def test_the_same_key_settles_an_unknown_outcome(
    sides: Sides, proxy: tuple[Proxy, str], cut: str, written: int
) -> None:
    between, url = proxy
    store = Store(url, sides.contractor, word="k 1")
    key, request_id = uuid4(), uuid4()
    with store.transaction():
        pass  # The connection stands before the reply is lost.
    between.cut = cut
    with pytest.raises(OutcomeUnknown) as unknown:
        asks.execute(store, key, RequestPayment(request_id, "ada", TERMS))
    assert "--key 'k 1'" in unknown.value.hint
    with connect(sides.url(sides.contractor), "contractor") as connection:
        assert connection.execute("SELECT count(*) FROM outbox").fetchone() == (written,)
    assert asks.execute(store, key, RequestPayment(request_id, "ada", TERMS)) == CommandResult(request_id, True)
    with connect(sides.url(sides.contractor), "contractor") as connection:
        for table in ("outbox", "payment_request", "command"):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (1,)
    between.listening.close()
    store.close()
