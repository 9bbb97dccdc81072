"""The same few commands and a desk on machines that are not as ours: locales, logins, folders, modes, clocks."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from paydesk.stack.embedded import EmbeddedStack
from tests.conftest import until
from tests.e2e.site import PAYDESK, Site, sentences
from tests.machine import in_a_namespace
from tests.stack.conftest import NewSite

LOCALES = {"latin1": ("de_DE", "ISO-8859-1"), "turkish": ("tr_TR", "UTF-8"), "azeri": ("az_AZ", "UTF-8")}

locales = pytest.mark.fault(kind="Servers are reached whatever the locale folds or writes.", mended="__main__.py")
logins = pytest.mark.fault(
    kind="A login without a name or a folder is helped, and asked for what is missing.", mended="cli/servers.py"
)
address = pytest.mark.fault(
    kind="A path with any letter in it leads all three servers and their clients to the same place.",
    mended="stack/servers.py",
)


@pytest.fixture(scope="module")
def locale_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of locales that this machine may not have."""
    folder = tmp_path_factory.mktemp("locales")
    if shutil.which("localedef") is None:
        pytest.skip("no program here makes locales")
    for name, (source, charset) in LOCALES.items():
        made = ["localedef", "-i", source, "-f", charset, str(folder / name)]
        done = subprocess.run(made, capture_output=True, check=False)
        if not (folder / name).exists():
            pytest.skip(f"the locale {source} cannot be made here: {done.stderr.decode()[:80]}")
    return folder


@dataclass
class Machine:
    """How one machine differs: its environment, what is replaced in it, and shell ahead of each command."""

    env: dict[str, str] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    mounts: dict[Path, Path] = field(default_factory=dict)
    shell: str = ""
    nameless: bool = False

    def run(self, site: Site, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command line there."""
        env = {name: value for name, value in (site.env | self.env).items() if name not in self.without}
        command = [*PAYDESK, *arguments]
        if self.shell:
            command = ["sh", "-c", f'{self.shell}\nexec "$@"', "sh", *command]
        return in_a_namespace(command, self.mounts, env, nameless=self.nameless, check=False)


@pytest.fixture
def site(stack: EmbeddedStack, tmp_path: Path) -> Iterator[Site]:
    """Return a site whose people use the run's stack."""
    site = Site(tmp_path, {"PAYDESK_HOME": str(stack.folder.home)})
    yield site
    for terminal in site.terminals:
        terminal.close()


def hold(site: Site, machine: Machine) -> None:
    """Hold a machine to help, a request that is sent, a list that shows it, and a doctor who finds Kafka."""
    helped = machine.run(site, "--help")
    assert (helped.returncode, helped.stderr) == (0, "") and "contractor" in helped.stdout
    asked = machine.run(site, "contractor", "request", "12", "EUR", "Street 9", "--as", "ada", "--json")
    assert asked.returncode == 0, asked.stderr
    document = json.loads(asked.stdout)
    until(lambda: site.json("contractor", "show", document["id"])["delivery"] == "sent")
    listed = machine.run(site, "manager", "list", "--as", "bo")
    assert listed.returncode == 0 and document["number"] in listed.stdout, listed
    doctor = machine.run(site, "doctor")
    assert "Traceback" not in doctor.stdout + doctor.stderr
    lines = [line for line in doctor.stdout.splitlines() if line[2:].startswith(("contractor Kafka", "manager Kafka"))]
    assert len(lines) == 2 and all("answers in" in line for line in lines), doctor.stdout


@pytest.mark.long
@locales
@pytest.mark.parametrize("name", [*LOCALES, "C", "POSIX"])
def test_every_locale(stack: EmbeddedStack, site: Site, locale_folder: Path, name: str) -> None:
    variables = {"LC_ALL": name, "LANG": name, "LOCPATH": str(locale_folder), "PYTHONCOERCECLOCALE": "0"}
    hold(site, Machine(variables))
    desk = site.desk("contractor", "--as", "ada", columns=100, rows=30, **variables)
    desk.see("✓ live" if name not in ("latin1",) else "live")
    desk.press("q")
    assert desk.wait() == 0


@pytest.mark.long
@logins
def test_a_login_without_a_name(stack: EmbeddedStack, site: Site, tmp_path: Path) -> None:
    nameless = Machine(nameless=True, without=("LOGNAME", "USER"))
    hold(site, nameless)
    asked = nameless.run(site, "contractor", "list", "from:me")
    printed = sentences(asked.stderr)
    assert asked.returncode == 2 and "--as NAME" in printed and printed.count("\n") == 1, asked
    homeless = Machine(nameless=True, without=("LOGNAME", "USER", "HOME", *XDG))
    hold(site, homeless)
    assert not [path for path in (tmp_path / "~", Path("~")) if path.exists()]
    lost = Machine(nameless=True, without=("LOGNAME", "USER", "HOME", "PAYDESK_HOME", *XDG))
    refused = lost.run(site, "contractor", "list", "--as", "ada")
    assert refused.returncode == 7 and "has no home folder" in refused.stderr and "PAYDESK_HOME" in refused.stderr


XDG = ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")


@pytest.mark.long
@pytest.mark.parametrize(
    "shell",
    ["umask 000\nunset HOME", f"umask 077\nexec 0<&-\nexport TMPDIR=/{'t' * 90}"],
    ids=["open-homeless", "closed-no-input-no-folder"],
)
@pytest.mark.fault(kind="A command works whatever its surroundings were left like.", mended="cli/main.py")
def test_surroundings(stack: EmbeddedStack, site: Site, shell: str) -> None:
    hold(site, Machine(shell=shell))


@pytest.mark.long
@address
def test_a_home_with_odd_letters(new_site: NewSite) -> None:
    site, name = new_site(), 'a b&c%41?#\'é "x", 1'
    site.extra["PAYDESK_HOME"] = str(site.root / name)
    site.extra["TMPDIR"] = str(site.root)
    site.run("stack", "up", within_s=240)
    site.extra["TMPDIR"] = "/tmp"
    asked = site.json("contractor", "request", "1", "EUR", "x", "--as", "ada")
    until(lambda: site.json("contractor", "show", asked["id"])["delivery"] == "sent")
    assert site.run("doctor").returncode == 0
    site.run("stack", "reset", "--yes")
    assert not (site.root / name).exists()
