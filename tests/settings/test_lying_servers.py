"""A server that is not ours: it asks for the password in a way that shows it, is too old, or knows no such login."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from paydesk.contractor.role import ROLE
from paydesk.infra.core.errors import ServerDown
from paydesk.infra.diagnostics.checkup import check_role
from paydesk.infra.diagnostics.finding import Finding, guarded
from paydesk.infra.postgres.connection import connect
from paydesk.settings import Endpoints

PASSWORD = "hush-Wq7zz"
CLEAR = struct.pack("!cii", b"R", 8, 3)
MD5 = struct.pack("!cii4s", b"R", 12, 5, b"salt")
TAKEN = struct.pack("!cii", b"R", 8, 0)
READY = struct.pack("!cic", b"Z", 5, b"I")
DONE = b"C" + struct.pack("!i", 8) + b"SET\0"
_ENCRYPTED = (80877103, 80877104)
"""What a client sends first to ask for TLS or GSSAPI; this server has neither."""


def parameter(name: str, value: str) -> bytes:
    """Return the message by which a server tells a parameter of itself."""
    body = f"{name}\0{value}\0".encode()
    return b"S" + struct.pack("!i", len(body) + 4) + body


def refusal(state: str, words: str) -> bytes:
    """Return the message by which a server refuses."""
    body = f"SFATAL\0VFATAL\0C{state}\0M{words}\0\0".encode()
    return b"E" + struct.pack("!i", len(body) + 4) + body


class Fake:
    """A server on loopback that answers a startup with ``asks``, each later message with ``answers``, and notes all."""

    def __init__(self, asks: bytes, answers: bytes = b"") -> None:
        self._asks = asks
        self._answers = answers
        self.received = b""
        """All that came after the startup."""
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            with client:
                client.settimeout(10)
                self._talk(client)

    def _talk(self, client: socket.socket) -> None:
        try:
            while True:
                size, code = struct.unpack("!ii", client.recv(8, socket.MSG_WAITALL))
                if code not in _ENCRYPTED:
                    break
                client.sendall(b"N")
            client.recv(size - 8, socket.MSG_WAITALL)
            client.sendall(self._asks)
            while chunk := client.recv(65536):
                self.received += chunk
                if self._answers:
                    client.sendall(self._answers)
        except (OSError, struct.error):
            return

    def close(self) -> None:
        """End it; everything that was sent to it is in ``received`` then."""
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(10)


@contextmanager
def fake(asks: bytes, answers: bytes = b"") -> Iterator[Fake]:
    """Run such a server."""
    server = Fake(asks, answers)
    try:
        yield server
    finally:
        server.close()


@pytest.mark.fault(
    kind="Over TCP without a verified certificate no server gets to see the password.", mended="libpq.py"
)
@pytest.mark.parametrize(
    "place",
    [
        "@127.0.0.1:{port}/paydesk",
        "@localhost:{port}/paydesk",
        "@127.0.0.1:{port}/paydesk?sslmode=disable",
        "@127.0.0.1:{port}/paydesk?sslmode=allow",
        "@127.0.0.1:{port}/paydesk?sslmode=prefer",
        "@127.0.0.1:{port}/paydesk?gssencmode=prefer",
        "@/paydesk?host=127.0.0.1&port={port}",
        "@nowhere.invalid:{port}/paydesk?hostaddr=127.0.0.1",
        "@127.0.0.1:{port},127.0.0.1:{port}/paydesk",
    ],
)
@pytest.mark.parametrize("asks", [CLEAR, MD5], ids=["clear", "md5"])
def test_a_password_is_not_shown_to_a_server_that_asks_for_it_unverified(asks: bytes, place: str) -> None:
    with fake(asks) as server:
        url = f"postgresql://contractor:{PASSWORD}{place.format(port=server.port)}"
        with pytest.raises(ServerDown) as raised:
            connect(url, "contractor")
    assert server.received == b""
    assert "asks for another way of logging in" in raised.value.message and "require_auth" in raised.value.hint
    assert PASSWORD not in f"{raised.value.message} {raised.value.hint}"


@pytest.mark.fault(
    kind="Over TCP without a verified certificate no server gets to see the password.", mended="libpq.py"
)
@pytest.mark.parametrize(("asks", "method"), [(CLEAR, "password"), (MD5, "md5")])
def test_the_url_may_allow_it_by_name(asks: bytes, method: str) -> None:
    with fake(asks, refusal("28P01", "password authentication failed")) as server:
        url = f"postgresql://contractor:{PASSWORD}@127.0.0.1:{server.port}/paydesk?require_auth={method}"
        with pytest.raises(ServerDown, match="refused the password"):
            connect(url, "contractor")
    assert server.received.startswith(b"p") and (PASSWORD.encode() in server.received) is (method == "password")


@pytest.mark.fault(
    kind="A server that is older than what paydesk needs is named by doctor, with its version.",
    mended="infra/diagnostics/probes.py",
)
@pytest.mark.parametrize("version", ["15.8", "14.0", "9.6.24", "15.8 (Debian 15.8-1.pgdg120+1)", "15beta1"])
def test_a_server_that_is_too_old_is_named_with_its_version(version: str) -> None:
    asks = TAKEN + parameter("server_version", version) + parameter("client_encoding", "UTF8") + READY
    with fake(asks, DONE + READY) as server:
        url = f"postgresql://contractor:x@127.0.0.1:{server.port}/paydesk?require_auth=none"
        lines = check_role(ROLE, Endpoints("own", url, None, None), coming=False)
    major = version.split(".")[0].removesuffix("beta1")
    assert [(line.ok, line.seen) for line in lines] == [
        (False, f"is PostgreSQL {major}, paydesk needs 16 or newer")
    ] and "Upgrade the server" in lines[0].todo


@pytest.mark.fault(
    kind="A login or a database that was not provisioned yet is told as that, with what makes it.",
    mended="infra/diagnostics/checkup.py",
)
@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("28P01", 'password authentication failed for user "contractor"'),
        ("28000", 'role "contractor" does not exist'),
        ("3D000", 'database "paydesk" does not exist'),
        ("42501", 'permission denied for database "paydesk"'),
    ],
)
@pytest.mark.parametrize("made", [False, None, True])
def test_a_login_that_was_never_made_is_told_as_not_provisioned(state: str, words: str, made: bool | None) -> None:
    with fake(refusal(state, words)) as server:
        url = f"postgresql://contractor:{PASSWORD}@127.0.0.1:{server.port}/paydesk"
        endpoints = Endpoints("own", url, None, None)
        [line] = check_role(ROLE, endpoints, coming=False, is_provisioned=lambda: made)
    assert not line.ok and PASSWORD not in f"{line.seen} {line.todo}"
    if made is False:
        assert line.seen == "not provisioned yet: run `paydesk stack provision`."
    else:
        assert ("Not provisioned yet? run `paydesk stack provision`." in line.todo) is (made is None)


@pytest.mark.fault(
    kind="What doctor says to do about a server names a setting or a place to look at, and never doctor itself.",
    mended="infra/diagnostics/checkup.py",
)
@pytest.mark.parametrize(
    ("where", "coming", "look_at"),
    [
        ("127.0.0.1:1/paydesk", False, "PAYDESK_CONTRACTOR_DATABASE_URL"),
        ("/paydesk?host=/nowhere/at/all", False, "PAYDESK_CONTRACTOR_DATABASE_URL"),
        ("nowhere.invalid/paydesk", False, "PAYDESK_CONTRACTOR_DATABASE_URL"),
        ("127.0.0.1:1/paydesk", True, "log/postgres.log"),
    ],
)
def test_doctor_says_where_to_look_when_postgresql_does_not_answer(where: str, coming: bool, look_at: str) -> None:
    endpoints = Endpoints("own", f"postgresql://contractor:{PASSWORD}@{where}", None, None)
    line = check_role(ROLE, endpoints, coming=coming)[0]
    assert not line.ok and "does not answer" in line.seen
    assert look_at in line.todo and "doctor" not in line.todo and "Nothing was written" not in line.todo


@pytest.mark.fault(
    kind="A check of doctor that PostgreSQL refuses is told in the words that a command has for it.",
    mended="infra/diagnostics/finding.py",
)
@pytest.mark.parametrize(
    ("error", "seen", "todo"),
    [
        (
            psycopg.errors.InsufficientPrivilege("permission denied for table outbox"),
            "a right that it needs",
            "provision",
        ),
        (psycopg.errors.DiskFull("could not extend file"), "disk is full", "Make room"),
        (psycopg.errors.TooManyConnections("sorry, too many clients already"), "no free connection", "Close a desk"),
        (psycopg.errors.AdminShutdown("terminating connection"), "does not answer", "The log tells more."),
        (psycopg.errors.UndefinedTable("relation is not there"), "could not be checked: UndefinedTable", "The log"),
    ],
)
def test_a_check_that_postgresql_refuses_is_told_in_the_words_of_commands(
    error: Exception, seen: str, todo: str, caplog: pytest.LogCaptureFixture
) -> None:
    def look() -> list[Finding]:
        raise error

    (finding,) = guarded("contractor PostgreSQL", look)
    assert not finding.ok and seen in finding.seen and todo in finding.todo
    assert ("The log tells more." in finding.todo) == bool(caplog.records)
