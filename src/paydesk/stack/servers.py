"""The servers of the embedded stack: how each is prepared, started, found ready, and provisioned."""

import os
import shutil
import signal
import socket
import subprocess
from abc import ABC, abstractmethod
from pathlib import Path
from threading import Event

from paydesk.stack import binaries
from paydesk.stack.errors import StackError
from paydesk.stack.folder import Folder

REQUESTS, DECISIONS = "paydesk.contractor.requests.v1", "paydesk.manager.decisions.v1"


class Server(ABC):
    """One member of the stack. ``prepare`` may take long; ``command`` starts it; ``provision`` makes logins."""

    name: str
    stop_signal = signal.SIGTERM

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

    def stopped(self) -> None:
        """Tidy up after it was stopped."""
        return

    @property
    @abstractmethod
    def address(self) -> str:
        """Where it listens."""

    def run(self, command: list[str], what: str) -> None:
        """Run a helper program to its end, its output in the log. Raises ``StackError``."""
        with self.folder.log(self.name).open("ab") as log:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=binaries.server_environment(),
                check=False,
            )
        if done.returncode != 0:
            raise StackError(f"{what} failed.", f"The log {self.folder.log(self.name)} says why.")


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
        return f"postgresql://{user}:{self.secrets[login]}@/{database}?host={self.folder.run}&port=5432"

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
        major = (self.data / "PG_VERSION").read_text().strip()
        if major != "18":
            raise StackError(f"The data in {self.data} is of PostgreSQL {major}.", "Move it away, or use that version.")
        shutil.copyfile(binaries.deploy("postgres/postgresql.conf"), self.data / "postgresql.auto.paydesk.conf")
        for left in (self.data / "postmaster.pid", self.folder.run / ".s.PGSQL.5432.lock"):
            left.unlink(missing_ok=True)

    def command(self) -> list[str]:
        """Run on the socket alone."""
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.folder.run),
            "unix_socket_permissions": "0700",
            "shared_buffers": "64MB",
        }
        for line in binaries.deploy("postgres/postgresql.conf").read_text().splitlines():
            name, sign, value = line.partition("=")
            if sign and not name.startswith("#"):
                settings[name.strip()] = value.strip().strip("'")
        flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return binaries.unprivileged([str(binaries.postgres() / "postgres"), "-D", str(self.data), *flags])

    def ready(self) -> bool:
        """Whether a connection is answered."""
        import psycopg

        try:
            psycopg.connect(self.url("stack", "postgres"), connect_timeout=2).close()
        except psycopg.Error:
            return False
        return True

    def provision(self) -> None:
        """Make the database, a login per role and the schema that the login alone can reach."""
        import psycopg
        from psycopg import sql

        with psycopg.connect(self.url("stack", "postgres"), autocommit=True) as admin:
            if not admin.execute("SELECT 1 FROM pg_database WHERE datname = 'paydesk'").fetchone():
                admin.execute("CREATE DATABASE paydesk")
            for role in ("contractor", "manager"):
                name, password = sql.Identifier(role), sql.Literal(self.secrets[role])
                if not admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
                    admin.execute(sql.SQL("CREATE ROLE {} LOGIN CONNECTION LIMIT 25").format(name))
                admin.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(name, password))
        self.provision_database("paydesk")

    def provision_database(self, database: str) -> None:
        """Make the schemas of a database and shut everyone else out of them."""
        import psycopg
        from psycopg import sql

        with psycopg.connect(self.url("stack", database), autocommit=True) as admin:
            name = sql.Identifier(database)
            admin.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
            admin.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
            for role in map(sql.Identifier, ("contractor", "manager")):
                admin.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(name, role))
                admin.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {} AUTHORIZATION {}").format(role, role))


class Valkey(Server):
    """Valkey on a unix socket; it keeps nothing."""

    name = "valkey"

    @property
    def address(self) -> str:
        """The socket."""
        return str(self.folder.run / "valkey.sock")

    def url(self, login: str) -> str:
        """Return the URL of a login."""
        return f"unix://{login}:{self.secrets[login]}@{self.address}?db=0"

    def prepare(self) -> None:
        """Write the users' file."""
        users = binaries.deploy("valkey/users.acl").read_text()
        for login in ("stack", "contractor", "manager"):
            users = users.replace(f"{{{login}_password}}", self.secrets[login])
        file = self.folder.home / "valkey.acl"
        file.touch(mode=0o600)
        file.write_text(users)
        Path(self.address).unlink(missing_ok=True)

    def command(self) -> list[str]:
        """Run on the socket alone, without a file of data."""
        settings = {
            "port": "0",
            "unixsocket": self.address,
            "unixsocketperm": "700",
            "save": "",
            "appendonly": "no",
            "daemonize": "no",
            "aclfile": str(self.folder.home / "valkey.acl"),
            "dir": str(self.folder.home),
        }
        flags = [part for name, value in settings.items() for part in (f"--{name}", value)]
        return [str(binaries.valkey()), *flags]

    def ready(self) -> bool:
        """Whether the socket takes a connection."""
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(1)
            return probe.connect_ex(self.address) == 0

    def provision(self) -> None:
        """Nothing: the users' file did it."""


def clear_environment() -> None:
    """Forget what of the person's settings would steer libpq in this process."""
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]
