"""A disk that runs full under a server: a small file system of its own, filled to the last byte, then freed."""

import contextlib
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.faults.bench import Bench
from tests.faults.look import ROLES, until
from tests.faults.rows import Row
from tests.faults.strikes import Striker

SIZES = {"kafka": "64m", "postgres": "192m"}
FULL_S = 5.0
_UNSHARE = ["unshare", "--user", "--map-root-user", "--mount"]


class SmallDiskBench(Bench):
    """A bench whose broker and database have a small disk each, seen by the servers alone."""

    def start_servers(self) -> None:
        """Prepare the servers' folders, then start them again where these are on disks of their own."""
        self.site.run("stack", "up", within_s=300)
        self.site.run("stack", "down")
        home = self.site.home
        lines = []
        for name, size in SIZES.items():
            disk, folder = shlex.quote(str(home / f"{name}.disk")), shlex.quote(str(home / name))
            lines += [f"mkdir {disk}", f"mount -t tmpfs -o size={size},mode=700 none {disk}"]
            lines += [f"cp -a {folder} {disk}/data", f"mount --bind {disk}/data {folder}"]
        start = f"exec {shlex.quote(sys.executable)} -m paydesk.stack.supervisor {shlex.quote(str(home))} 600"
        script = "set -e\n" + "\n".join([*lines, start])
        self.supervisor = subprocess.Popen(
            [*_UNSHARE, "sh", "-c", script], env=self.site.env, cwd=self.root, start_new_session=True
        )
        until(lambda: all(self.server_ready(name) for name in (*SIZES, "valkey")), "servers on small disks", 90)

    def filler(self, name: str) -> Path:
        """Return the file that takes the room on a server's disk, as it is reached from outside."""
        pid = self.site.folder.read("state.json")["supervisor"]["pid"]
        return Path(f"/proc/{pid}/root{self.site.home / f'{name}.disk'}/filler")

    def close(self) -> None:
        """End everything."""
        super().close()
        self.supervisor.wait(30)


def disk_full(server: str) -> Callable[[Striker, Row, int], None]:
    """Return what fills the disk of a server while people work, and makes room again."""

    def strike(striker: Striker, row: Row, rounds: int) -> None:
        bench, row.recovers = striker.bench, "end"
        assert isinstance(bench, SmallDiskBench)
        for _ in range(rounds):
            filler = bench.filler(server)
            bench.pace()
            _fill(filler)
            until(lambda: not bench.server_ready(server) or _refused(bench), "the disk's end felt", 60)
            time.sleep(FULL_S)
            if server == "kafka":
                row.in_flight.append(sum(bench.look.unsent(role) for role in ROLES))
            filler.unlink()
            ended = time.monotonic()
            until(lambda: bench.server_ready(server), f"{server} ready", 90)
            row.runs += 1
            until(lambda: bench.look.calm("SELECT 1"), "the database answers", 60)
            row.recovery_s.append(striker.arrival(ended))

    return strike


def _fill(file: Path) -> None:
    block = bytes(1 << 16)
    with contextlib.suppress(OSError), file.open("wb", buffering=0) as full:
        while True:
            full.write(block)
    with contextlib.suppress(OSError), file.open("ab", buffering=0) as full:
        while True:
            full.write(b"\0")


def _refused(bench: Bench) -> bool:
    """Whether a person was told that the database has no room, or is away."""
    journals = [path for role in ROLES for path in bench.journals(role)]
    return any(b'"unknown"' in path.read_bytes()[-400:] for path in journals)


def possible() -> bool:
    """Whether this system lets a login have file systems of its own."""
    mount = [*_UNSHARE, "sh", "-c", "mount -t tmpfs none /tmp"]
    return os.uname().sysname == "Linux" and subprocess.run(mount, capture_output=True, check=False).returncode == 0
