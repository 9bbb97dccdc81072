"""The network between the crew and its servers: slow, broken, or a hole that swallows everything."""

import os
import subprocess
import sys
import time
from collections.abc import Callable

from paydesk.stack.servers import Postgres, Valkey
from tests.architecture.files import CHECKOUT
from tests.faults.bench import Bench
from tests.faults.look import ROLES, until
from tests.faults.proxy import Proxy
from tests.faults.rows import Row
from tests.faults.strikes import Striker
from tests.faults.supervised import BEHIND

SERVERS = ("kafka", "postgres", "valkey")
LATENCY_S = 0.1
HOLE_S = 5.0


class ProxiedBench(Bench):
    """A bench whose crew reaches each server through a proxy."""

    def start_servers(self) -> None:
        """Start the servers, and the proxies before them."""
        self.site.root.mkdir(exist_ok=True)
        environment = self.site.env | {"PYTHONPATH": str(CHECKOUT)}
        command = [sys.executable, "-m", "tests.faults.supervised", str(self.site.home)]
        self.supervisor = subprocess.Popen(command, env=environment, cwd=self.root, start_new_session=True)
        ports = until(lambda: self.site.folder.read("ports.json"), "the broker's port", 120)
        folder, place = self.site.folder, self.root / "proxies"
        place.mkdir()
        pg, valkey = folder.run / ".s.PGSQL.5432", Valkey(folder).address
        self.proxies = {
            "kafka": Proxy(("127.0.0.1", ports["kafka"]), (BEHIND, ports["kafka"])),
            "postgres": Proxy(str(place / pg.name), str(pg)),
            "valkey": Proxy(str(place / "valkey.sock"), valkey),
        }
        self.site.run("stack", "up", within_s=300)

    def addresses(self) -> dict[str, str]:
        """Return the settings that name the proxies."""
        settings, folder, place = super().addresses(), self.site.folder, self.root / "proxies"
        for role in ROLES:
            url = Postgres(folder).url(role)
            settings[f"PAYDESK_{role.upper()}_DATABASE_URL"] = url.replace(str(folder.run), str(place))
            url = Valkey(folder).url(role)
            settings[f"PAYDESK_{role.upper()}_REDIS_URL"] = url.replace(str(folder.run), str(place))
        return settings

    def close(self) -> None:
        """End everything, the proxies last."""
        super().close()
        self.supervisor.wait(30)
        for proxy in self.proxies.values():
            proxy.close()


def _proxies(striker: Striker) -> dict[str, Proxy]:
    assert isinstance(striker.bench, ProxiedBench)
    return striker.bench.proxies


def slow(server: str) -> Callable[[Striker, Row, int], None]:
    """Return what makes every answer of a server late for some seconds."""

    def strike(striker: Striker, row: Row, rounds: int) -> None:
        row.recovers = "end"
        for _ in range(rounds):
            proxy = _proxies(striker)[server]
            proxy.latency_s = LATENCY_S
            time.sleep(HOLE_S)
            proxy.latency_s = 0.0
            row.runs += 1
            row.recovery_s.append(striker.arrival(time.monotonic()))

    return strike


def broken(server: str) -> Callable[[Striker, Row, int], None]:
    """Return what breaks every connection to a server, amid work."""

    def strike(striker: Striker, row: Row, rounds: int) -> None:
        row.recovers = "end"
        for _ in range(rounds):
            striker.bench.pace(0)
            time.sleep(striker.random.uniform(0.1, 0.4))
            assert _proxies(striker)[server].reset(), "nothing was connected"
            ended = time.monotonic()
            striker.bench.pace()
            row.runs += 1
            row.recovery_s.append(striker.arrival(ended))

    return strike


def hole(server: str) -> Callable[[Striker, Row, int], None]:
    """Return what lets nothing through to a server and back for some seconds, and tells nobody."""

    def strike(striker: Striker, row: Row, rounds: int) -> None:
        row.recovers = "end"
        for _ in range(rounds):
            proxy = _proxies(striker)[server]
            proxy.black_hole = True
            time.sleep(HOLE_S)
            row.in_flight.append(sum(striker.bench.look.unsent(role) for role in ROLES))
            proxy.black_hole = False
            row.runs += 1
            row.recovery_s.append(striker.arrival(time.monotonic()))

    return strike


def possible() -> bool:
    """Whether this system has loopback addresses besides the usual one."""
    return os.uname().sysname == "Linux"
