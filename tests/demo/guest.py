"""A login for tests of the demo, in which everything that the demo leaves is found."""

import contextlib
import subprocess
from pathlib import Path

import psutil

from tests.e2e.site import PAYDESK, Site


class Guest:
    """A login whose temporary files are all in one folder; whose settings name servers that are not there."""

    def __init__(self, root: Path) -> None:
        self.tmp = root / "tmp"
        self.tmp.mkdir()
        nowhere = "postgresql://nobody@127.0.0.1:1/nothing"
        self.site = Site(
            root,
            {
                "TMPDIR": str(self.tmp),
                "PGHOST": "nowhere",
                "PGSSLMODE": "require",
                "PAYDESK_CONTRACTOR_DATABASE_URL": nowhere,
                "PAYDESK_MANAGER_DATABASE_URL": nowhere,
            },
        )

    def start(self) -> subprocess.Popen[str]:
        """Start the demo, both of its outputs in one pipe."""
        return subprocess.Popen(
            [*PAYDESK, "demo"],
            env=self.site.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def processes(self, word: str = "") -> list[psutil.Process]:
        """Return the living processes of the demo, known by where their temporary files go."""
        processes = []
        for process in psutil.process_iter(["cmdline", "status"]):
            if process.info["status"] != psutil.STATUS_ZOMBIE and word in " ".join(process.info["cmdline"] or []):
                with contextlib.suppress(psutil.Error):
                    if process.environ().get("TMPDIR") == str(self.tmp):
                        processes.append(process)
        return processes

    def left(self) -> list[object]:
        """Return everything that remains: processes, folders, sockets."""
        return [*self.processes(), *self.tmp.iterdir(), *([self.site.home] if self.site.home.exists() else [])]
