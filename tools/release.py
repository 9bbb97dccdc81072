"""``make release``: builds the source archive and the wheel, and checks both before anybody uploads them.

The wheel is built twice, from the checkout and from the source archive alone: both have to hold the same files.
"""

import hashlib
import re
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from email.parser import Parser
from pathlib import Path
from zipfile import ZipFile

CHECKOUT = Path(__file__).parents[1]
NEEDED = ("paydesk/py.typed", "paydesk/tui/paydesk.tcss", "paydesk/deploy/postgres/postgresql.conf")
"""What a program from a wheel needs beside its modules, a file of each kind."""


def build(source: Path, into: Path, kind: str) -> Path:
    """Build a ``wheel`` or ``sdist`` of a source tree; returns its file. Raises ``CalledProcessError``."""
    command = [sys.executable, "-m", "hatchling", "build", "--directory", str(into), "--target", kind]
    subprocess.run(command, cwd=source, check=True, stdout=subprocess.DEVNULL)
    (built,) = into.glob("*.whl" if kind == "wheel" else "*.tar.gz")
    return built


def contents(wheel: Path) -> dict[str, str]:
    """Return the SHA-256 of each file of a wheel by its path, in hexadecimal."""
    with ZipFile(wheel) as archive:
        return {name: hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()}


def faults_of_version(version: str, changelog: str) -> list[str]:
    """Return what is wrong where this version is to be released: its heading, and what stands above it."""
    heading = re.search(rf"^## \[{re.escape(version)}\] - \d{{4}}-\d{{2}}-\d{{2}}$", changelog, re.MULTILINE)
    if heading is None:
        return [f"CHANGELOG.md has no heading `## [{version}] - YYYY-MM-DD`"]
    unreleased = changelog[: heading.start()].partition("## [Unreleased]")[2].strip()
    return ["CHANGELOG.md has entries above this version, under [Unreleased]"] if unreleased else []


def faults_of_wheel(wheel: Path, again: Path, version: str) -> list[str]:
    """Return what is wrong with a wheel; ``again`` was built from the source archive."""
    files, others = contents(wheel), contents(again)
    differ = [name for name in sorted(files | others) if files.get(name) != others.get(name)]
    faults = [f"the source archive gives another {name}" for name in differ]
    faults += [f"the wheel lacks {name}" for name in NEEDED if name not in files]
    with ZipFile(wheel) as archive:
        (metadata,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        fields = Parser().parsestr(archive.read(metadata).decode())
    if fields["Version"] != version:
        faults.append(f"the wheel is of version {fields['Version']}, not {version}")
    return faults


def built_and_checked(out: Path, version: str) -> list[str]:
    """Build both files into an empty folder; returns what is wrong with them."""
    archive, wheel = build(CHECKOUT, out, "sdist"), build(CHECKOUT, out, "wheel")
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(archive) as opened:
            opened.extractall(folder, filter="data")
        (unpacked,) = Path(folder).iterdir()
        return faults_of_wheel(wheel, build(unpacked, Path(folder), "wheel"), version)


def version_here() -> str:
    """Return the version that pyproject.toml names."""
    named: str = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    return named


def main() -> int:
    """Build into ``dist/`` and check; returns the exit code: 1 with what is wrong, one line each."""
    version, out = version_here(), CHECKOUT / "dist"
    for old in out.glob("paydesk-*"):
        old.unlink()
    faults = faults_of_version(version, (CHECKOUT / "CHANGELOG.md").read_text(encoding="utf-8"))
    faults += built_and_checked(out, version)
    for fault in faults:
        sys.stderr.write(f"{fault}\n")
    if not faults:
        sys.stdout.write(f"paydesk {version}: source archive and wheel are in dist/, and checked.\n")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
