"""The servers of the embedded stack: how each is prepared, started, found ready, and provisioned."""

import os
import shutil
import signal
import socket
import stat
import subprocess
from abc import ABC, abstractmethod
from pathlib import Path
from threading import Event
from urllib.parse import quote

from paydesk import libpq
from paydesk.role_names import ROLES
from paydesk.stack import binaries, provision
from paydesk.stack.errors import StackError
from paydesk.stack.home import LOGINS, Folder
from paydesk.stack.process import Process
from paydesk.stack.provision import Login

_END_S = 10.0
_VALKEY_S = 2.0
"""How long it may take to answer."""


class Server(ABC):
    """One member of the stack. ``prepare`` may take long; ``command`` starts it; ``provision`` makes logins."""

    name: str
    stop_signal = signal.SIGTERM
    stop_within_s = 10.0
    """How long it may take to end before it is killed."""
    memory = False
    """Whether it is the in-memory broker; ``why`` says what it stands in for."""
    why = ""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self.secrets = folder.secrets()
        self.notice = ""
        self.ending = Event()
        """Set when the stack ends: what takes long is given up."""

    @abstractmethod
    def prepare(self) -> None:
        """Make what the server needs before its start; safe to repeat."""

    @abstractmethod
    def command(self) -> list[str]:
        """Return the command that runs the server in the foreground."""

    @abstractmethod
    def ready(self) -> bool:
        """Whether it answers."""

    @abstractmethod
    def provision(self) -> None:
        """Make logins, rights and topics; safe to repeat."""

    def environment(self) -> dict[str, str]:
        """Return what its configuration file asks of the environment."""
        return {}

    def there(self) -> bool:
        """Whether its socket is where clients look for it; a cleaner of temporary folders may have removed it."""
        return True

    def stand_in(self, _trouble: StackError) -> "Server | None":
        """Return the server to use instead, where this one cannot be had; None when there is none."""
        return None

    def stopped(self) -> None:
        """Tidy up after it was stopped."""
        return

    def logins(self) -> list[Login]:
        """Return the roles' logins."""
        return [Login(role, role, self.secrets[role]) for role in ROLES]

    @property
    @abstractmethod
    def address(self) -> str:
        """Where it listens."""

    def run(self, command: list[str], label: str) -> None:
        """Run a helper program to its end, its output in the log. Raises ``StackError``."""
        with self.folder.log(self.name).open("ab") as log:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=binaries.server_environment() | self.environment(),
                cwd=self.folder.home,
                check=False,
            )
        if done.returncode != 0:
            raise self.folder.failed(f"{label} failed.", self.folder.log(self.name))


class Postgres(Server):
    """PostgreSQL on a unix socket in the private folder."""

    name = "postgres"
    stop_signal = signal.SIGINT  # SIGTERM would wait for every client to leave.

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.folder.home / "postgres"

    @property
    def address(self) -> str:
        """The folder of the socket."""
        return str(self.folder.run)

    def url(self, login: str, database: str = "paydesk") -> str:
        """Return the libpq URL of a login."""
        user = "paydesk" if login == "stack" else login
        host = quote(str(self.folder.run), safe="/")
        return f"postgresql://{user}:{self.secrets[login]}@/{quote(database, safe='')}?host={host}&port=5432"

    def prepare(self) -> None:
        """Make the cluster once, in a folder that is renamed when it is whole; clear what a killed server left."""
        if not (self.data / "PG_VERSION").exists():
            fresh = self.folder.home / "postgres.new"
            shutil.rmtree(fresh, ignore_errors=True)
            password = self.folder.home / "initdb.secret"
            password.touch(mode=0o600)
            password.write_text(self.secrets["stack"])
            program = str(binaries.postgres() / "initdb")
            locale = ["-E", "UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
            auth = ["-A", "scram-sha-256", f"--pwfile={password}"]
            try:
                command = [program, "-D", str(fresh), "-U", "paydesk", *auth, *locale]
                self.run(binaries.unprivileged(command), "Making the database")
            finally:
                password.unlink()
            fresh.rename(self.data)
        self._make_private()
        major = (self.data / "PG_VERSION").read_text().strip()
        if major != "18":
            raise StackError(f"The data in {self.data} is of PostgreSQL {major}.", "Move it away, or use that version.")
        self._end_left_behind()

    def _make_private(self) -> None:
        """Shut everyone else out of the data, as after a copy was put back; PostgreSQL starts on no other."""
        status = self.data.stat()
        if status.st_uid != os.geteuid():
            raise StackError(f"The data in {self.data} belongs to another login.", "Give it to yours with chown.")
        if stat.S_IMODE(status.st_mode) & 0o077 or status.st_mode & 0o700 != 0o700:
            self.data.chmod(0o700)

    def _end_left_behind(self) -> None:
        """End a server that still runs on this data, and clear the lock files that name a process of another kind.

        Where the process they name is gone, PostgreSQL clears them itself, and waits for what that one left running.
        """
        import psutil  # The supervisor alone looks.

        for lock in (self.data / "postmaster.pid", self.folder.run / ".s.PGSQL.5432.lock"):
            try:
                process = psutil.Process(int(lock.read_text().split()[0]))
                server = Process.of(process.pid)
                mine = str(self.data) in process.cmdline()
            except (OSError, ValueError, IndexError, psutil.Error):
                continue
            if mine:
                server.end(self.stop_signal, _END_S)
            else:
                lock.unlink(missing_ok=True)

    def command(self) -> list[str]:
        """Run on the socket alone."""
        settings = {
            "config_file": str(binaries.deploy("postgres/postgresql.conf")),
            "listen_addresses": "",
            "unix_socket_directories": str(self.folder.run),
            "unix_socket_permissions": "0700",
            "shared_buffers": "64MB",
        }
        flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return binaries.unprivileged([str(binaries.postgres() / "postgres"), "-D", str(self.data), *flags])

    def ready(self) -> bool:
        """Whether a connection is answered."""
        import psycopg

        try:
            libpq.dial(self.url("stack", "postgres"), connect_timeout=2).close()
        except psycopg.Error:
            return False
        return True

    def there(self) -> bool:
        """Whether the socket is still there."""
        return (self.folder.run / ".s.PGSQL.5432").exists()

    def provision(self) -> None:
        """Make the database, a login per role and the schema that the login alone can reach."""
        provision.postgres(self.url("stack", "postgres"), "paydesk", self.logins())

    def provision_database(self, database: str) -> None:
        """Make the schemas of another database and shut everyone else out of them."""
        provision.postgres_schemas(self.url("stack", "postgres"), database, self.logins())


class Valkey(Server):
    """Valkey on a unix socket; it keeps nothing."""

    name = "valkey"

    @property
    def address(self) -> str:
        """The socket."""
        return str(self.folder.run / "valkey.sock")

    def url(self, login: str) -> str:
        """Return the URL of a login."""
        return f"unix://{login}:{self.secrets[login]}@{quote(self.address, safe='/')}?db=0"

    def prepare(self) -> None:
        """Write the users' file."""
        file = self.folder.home / "valkey.acl"
        file.touch(mode=0o600)
        file.write_text(provision.valkey_users({login: self.secrets[login] for login in LOGINS}))
        Path(self.address).unlink(missing_ok=True)

    def command(self) -> list[str]:
        """Run on the socket alone, without a file of data."""
        settings = {
            "port": "0",
            "unixsocket": self.address,
            "unixsocketperm": "700",
            "aclfile": str(self.folder.home / "valkey.acl"),
            "dir": str(self.folder.home),
        }
        flags = [part for name, value in settings.items() for part in (f"--{name}", value)]
        return [str(binaries.valkey()), str(binaries.deploy("valkey/valkey.conf")), *flags]

    def ready(self) -> bool:
        """Whether a question is answered: a frozen server still takes connections."""
        try:
            with socket.socket(socket.AF_UNIX) as probe:
                probe.settimeout(_VALKEY_S)
                probe.connect(self.address)
                probe.sendall(b"PING\r\n")
                return bool(probe.recv(1))  # Whether it wants a login first or not.
        except OSError:
            return False

    def there(self) -> bool:
        """Whether the socket is still there."""
        return Path(self.address).exists()

    def provision(self) -> None:
        """Nothing: the users' file did it."""
