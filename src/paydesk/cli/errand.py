"""One errand of one role: its servers, its person, and a worker for as long as the errand takes."""

import getpass
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from shlex import quote
from typing import Any, TypeVar
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

import psycopg

from paydesk.cli.servers import servers_of
from paydesk.domain.asked import Asked
from paydesk.domain.copy import Delivery, RequestCopy
from paydesk.domain.names import typed_name
from paydesk.infra import queries
from paydesk.infra.command import Said, run
from paydesk.infra.errors import OutcomeUnknown, ServerDown
from paydesk.infra.health import PartState
from paydesk.infra.hints import HintSender
from paydesk.infra.migrations import migrate
from paydesk.infra.postgres import connect, is_transient, unreachable
from paydesk.infra.role import Role
from paydesk.infra.store import Store
from paydesk.infra.worker import Worker
from paydesk.settings_file import Settings, read_settings

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])
CATCH_UP_S = 3.0
DELIVER_S = 3.0
CHECK_S = 10.0
_LOOK_S = 0.01


def person_of(settings: Settings, role_name: str, given: str | None) -> str:
    """Return who acts: as said, as set, or by the login; the manager's desk is somebody else's by default."""
    named = given or settings.person
    if named:
        return typed_name(named)
    login = getpass.getuser()
    return login if role_name == "contractor" else f"{login}-{role_name}"


class Errand:
    """A role's side, brought up to date once and told to the other side before it ends."""

    def __init__(self, role: Role, person: str | None = None, key: str | None = None) -> None:
        self.role = role
        self.settings = read_settings()
        self.person = person_of(self.settings, role.name, person)
        self.servers = servers_of(self.settings)
        self.word = uuid4().hex if key is None else key
        self.url = self.servers.endpoints(role.name).database_url
        migrate(self.url, role.name)
        self._store: Store | None = None
        self._worker: Worker | None = None
        self._gave_up = False

    @property
    def store(self) -> Store:
        """The own schema, for writing."""
        if self._store is None:
            self._store = Store(self.url, self.role, word=self.word)
        return self._store

    def key(self, about: str = "") -> UUID:
        """Return the command's id, made of the person's key or of one made up: run again with it, it has one effect.

        ``about`` tells apart the commands of one command line.
        """
        mine = uuid5(NAMESPACE_URL, f"paydesk:{self.role.name}:{self.word}")
        return uuid5(mine, about) if about else mine

    def claim(self, asked: Mapping[str, object]) -> None:
        """Keep what a command line of several commands said, so that its key is refused for another one."""
        key = self.key()
        run(self.store, key, Asked("several", key, self.person, asked, new=True), lambda *_: False)

    def read(self, look: Callable[[psycopg.Connection[Any]], T]) -> T:
        """Read the own schema. Raises ``ServerDown``."""
        try:
            with connect(self.url, self.role.name) as connection:
                return look(connection)
        except psycopg.Error as error:
            if is_transient(error):
                raise unreachable(error) from error
            raise

    def find(self, typed: str) -> RequestCopy:
        """Return the request that a person means. Raises ``UnknownRequest``."""
        return self.read(lambda connection: queries.find(connection, typed))

    def get(self, request_id: UUID) -> RequestCopy:
        """Return a request by its id."""
        return self.read(lambda connection: queries.get(connection, request_id))

    def work(self, *, brief: bool = True) -> Worker:
        """Return this errand's worker, started; it stands by where another is at work. ``brief``: for one command."""
        if self._worker is None:
            self._worker = Worker(self.role, self.servers, brief=brief)
            self._worker.start()
        return self._worker

    def rest(self) -> None:
        """Stop this errand's worker; the next call that needs one starts another."""
        if self._worker is not None:
            self._worker.stop()
            self._worker = None

    def catch_up(self, timeout_s: float = CATCH_UP_S) -> None:
        """Apply what the other side has said so far, as long as the broker is there to be asked.

        Where another worker holds the lease, this waits until that one has applied it.
        """
        if self._has_broker():
            self._until(lambda: self.work().caught_up, timeout_s)

    def checked(self, timeout_s: float = CHECK_S) -> None:
        """Wait until this side's own topic was read by whoever holds the lease, as long as the broker is there."""

        def done() -> bool:
            with self.store.transaction() as transaction:
                return transaction.checked()

        if self._has_broker():
            self.work()
            self._until(done, timeout_s)

    def spread(self, ids: Collection[UUID]) -> None:
        """Tell the open desks that rows changed, and have relayed what was said by it."""
        if ids:
            self._hint(ids)
            if self._has_broker():
                self.work().nudge()
                self._until(lambda: not self.read(queries.counts).unsent, DELIVER_S)

    def deliver(self, said: Said, timeout_s: float = DELIVER_S) -> RequestCopy:
        """Tell the open desks, and relay what was said while there is a broker; returns the copy after it."""
        return self.deliver_all([said], timeout_s)[0]

    def deliver_all(self, said: Sequence[Said], timeout_s: float = DELIVER_S) -> list[RequestCopy]:
        """Do as ``deliver`` does for what several commands said; what they said is saved, whatever happens here."""
        ids = [each.request_id for each in said]
        self._hint(set(ids))
        try:
            if self._queued(ids) and self._has_broker():
                self.work().nudge()
                self._until(lambda: not self._queued(ids), timeout_s)
            return self._copies(ids)
        except ServerDown as error:
            again = f"Run the same command again with --key {quote(self.word)}: it has one effect."
            raise OutcomeUnknown("It was saved, and then the database went away.", again, key=self.word) from error

    def _copies(self, ids: Sequence[UUID]) -> list[RequestCopy]:
        return self.read(lambda connection: queries.some(connection, ids))

    def _queued(self, ids: Sequence[UUID]) -> bool:
        return any(copy.delivery is Delivery.QUEUED for copy in self._copies(ids))

    def _hint(self, ids: Collection[UUID]) -> None:
        hints = HintSender(self.role, self.servers)
        hints.send(ids)
        hints.close()

    def _has_broker(self) -> bool:
        return self.servers.endpoints(self.role.name).kafka is not None

    def _until(self, seen: Callable[[], bool], timeout_s: float) -> None:
        """Look until it is seen, or the broker is known to be away, or time is up; then nothing is waited for again."""
        until = time.monotonic() + timeout_s
        while not self._gave_up and not seen():
            self._gave_up = time.monotonic() > until or self.work().health().kafka.state is PartState.DOWN
            time.sleep(_LOOK_S)

    def close(self) -> str:
        """Stop the worker, leave the servers; returns their parting sentence."""
        self.rest()
        if self._store is not None:
            self._store.close()
        return self.servers.leave()


@contextmanager
def errand(role: Role, person: str | None = None, key: str | None = None) -> Iterator[Errand]:
    """Open an errand and close it whatever happens."""
    opened = Errand(role, person, key)
    try:
        yield opened
    finally:
        opened.close()
