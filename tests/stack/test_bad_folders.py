"""Folders that cannot be used, programs too old, settings that are wrong: one sentence, what to do, the right code."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from paydesk.stack.embedded import EmbeddedStack, environment
from tests.e2e.site import Site, sentences
from tests.pace import scaled
from tests.stack.conftest import NewSite

SERVERS = ("PostgreSQL", "Kafka", "Redis")
NEEDS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make such a folder")


def refused(site: Site, code: int, *says: str) -> None:
    """Hold a command, for people and for programs, to one sentence, a hint and this exit code."""
    done = site.run("contractor", "request", "1", "EUR", "x", check=False)
    assert (done.returncode, done.stdout) == (code, "") and sentences(done.stderr).count("\n") == 1, done
    assert all(words in done.stderr for words in says) and "Traceback" not in done.stderr, done.stderr
    done = site.run("contractor", "request", "1", "EUR", "x", "--json", check=False)
    error = json.loads(sentences(done.stderr))["error"]
    assert done.returncode == code and error["message"] and error["hint"], error
    assert all(words in f"{error['message']} {error['hint']}" for words in says)


def desk_refused(site: Site, code: int, says: str) -> None:
    """Hold a desk to the same: it ends in order, with the sentence."""
    desk = site.desk("contractor", columns=160, rows=30)
    assert desk.wait() == code and says.encode() in desk.raw and b"Traceback" not in desk.raw


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """Return a folder on a file system of its own with 12 MB, less than a new database needs."""
    with mounted("12m") as folder:
        yield folder


@pytest.fixture
def ample_disk() -> Iterator[Path]:
    """Return a folder on a file system of its own with room for a stack."""
    with mounted("400m") as folder:
        yield folder


@contextmanager
def mounted(size: str) -> Iterator[Path]:
    """Mount a file system of this size."""
    folder = Path(tempfile.mkdtemp(prefix="pd-"))
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        folder.rmdir()
        pytest.skip("no small file system can be mounted here")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)
    folder.rmdir()


def fill(filler: Path) -> None:
    """Leave no room on the disk of this file, not for one byte."""
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 10, 1):
            with pytest.raises(OSError, match="No space"):
                while True:
                    file.write(b"x" * size)


@pytest.mark.long
@NEEDS_ROOT
def test_a_disk_without_room_for_the_database(new_site: NewSite, small_disk: Path) -> None:
    site = new_site(PAYDESK_BROKER="memory", PAYDESK_HOME=str(small_disk / "stack"))
    refused(site, 7, "There is no room left in", "Make room there")
    desk_refused(site, 7, "There is no room left in")
    site.run("stack", "down", check=False)


@NEEDS_ROOT
@pytest.mark.long
def test_a_disk_that_is_full(new_site: NewSite, small_disk: Path) -> None:
    fill(small_disk / "filler")
    site = new_site(PAYDESK_BROKER="memory", PAYDESK_HOME=str(small_disk / "stack"))
    refused(site, 7, "no space left on device", "Make room there")
    desk_refused(site, 7, "no space left on device")


@NEEDS_ROOT
@pytest.mark.long
@pytest.mark.fault(
    kind="Reading goes on while the disk of the embedded stack is full, and doctor checks the rest.",
    mended="stack/home.py",
)
def test_reading_goes_on_though_the_disk_is_full(new_site: NewSite, ample_disk: Path) -> None:
    site = new_site(PAYDESK_BROKER="memory", PAYDESK_HOME=str(ample_disk / "stack"))
    number = site.json("contractor", "request", "1", "EUR", "x")["number"]
    filler = ample_disk / "filler"
    fill(filler)
    assert [row["number"] for row in site.rows("contractor")] == [number]
    assert number in site.run("contractor", "show", number).stdout
    done = site.run("doctor", check=False)
    assert done.returncode == 7 and "there is no room left in" in done.stdout and "Traceback" not in done.stderr
    assert all(f"{role} {server}" in done.stdout for role in ("contractor", "manager") for server in SERVERS), done
    filler.unlink()
    assert site.json("contractor", "request", "2", "EUR", "y")["delivery"] == "sent"
    assert site.run("doctor").returncode == 0
    site.run("stack", "down")


@NEEDS_ROOT
@pytest.mark.long
def test_a_folder_of_another_login(new_site: NewSite) -> None:
    site = new_site(PAYDESK_BROKER="memory")
    site.home.mkdir()
    os.chown(site.home, 65534, 65534)
    refused(site, 7, "belongs to another login", "PAYDESK_HOME")
    desk_refused(site, 7, "belongs to another login")
    os.chown(site.home, 0, 0)


@pytest.mark.long
def test_a_file_in_its_place(new_site: NewSite) -> None:
    site = new_site(PAYDESK_BROKER="memory")
    site.home.write_text("")
    refused(site, 7, "cannot be used: file exists", "PAYDESK_HOME")
    site.home.unlink()


@pytest.mark.long
def test_a_second_supervisor_of_one_folder_leaves_at_once(new_site: NewSite) -> None:
    site = new_site(PAYDESK_BROKER="memory")
    site.run("stack", "up")
    before = site.folder.read("state.json")["supervisor"]
    command = [sys.executable, "-m", "paydesk.stack.supervisor", str(site.home), "600"]
    done = subprocess.run(command, env=site.env, timeout=scaled(60), check=False)
    assert done.returncode == 0 and site.folder.read("state.json")["supervisor"] == before
    assert site.json("contractor", "request", "1", "EUR", "x")["delivery"] == "sent"


@pytest.mark.long
def test_a_schema_newer_than_the_program(new_site: NewSite) -> None:
    site = new_site(PAYDESK_BROKER="memory")
    site.run("contractor", "list")
    with psycopg.connect(environment(site.home, "contractor")["DATABASE_URL"]) as connection:
        connection.execute("UPDATE contractor.alembic_version SET version_num = '9999'")
    refused(site, 7, "was written by a newer paydesk (revision 9999)", "Update this program")
    done = site.run("doctor", check=False)
    assert done.returncode == 7 and "newer than this program" in done.stdout
    desk_refused(site, 7, "was written by a newer paydesk")


@pytest.mark.long
def test_data_of_another_postgres(new_site: NewSite) -> None:
    site = new_site(PAYDESK_BROKER="memory")
    site.folder.secrets()
    data = site.home / "postgres"
    data.mkdir()
    (data / "PG_VERSION").write_text("17\n")
    refused(site, 7, "is of PostgreSQL 17", "Move it away")


@pytest.mark.long
def test_a_log_says_why_a_server_does_not_start(new_site: NewSite) -> None:
    site = new_site(PAYDESK_BROKER="memory")
    site.run("contractor", "list")
    site.run("stack", "down")
    (site.home / "postgres" / "global" / "pg_control").unlink()
    refused(site, 7, "postgres did not start", "postgres.log says why")
    assert "pg_control" in (site.home / "log" / "postgres.log").read_text()


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("PAYDESK_HOLD_SECONDS", "99", "PAYDESK_HOLD_SECONDS cannot be taken"),
        ("PAYDESK_BROKR", "memory", "Did you mean PAYDESK_BROKER?"),
        ("PAYDESK_CONFIG", "/nowhere/paydesk.toml", "cannot be read"),
        ("PAYDESK_KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:9", "PAYDESK_CONTRACTOR_DATABASE_URL"),
    ],
)
def test_settings_that_are_wrong(new_site: NewSite, name: str, value: str, says: str) -> None:
    site = new_site(**{name: value})
    refused(site, 2, says)
    assert not site.home.exists()


@pytest.mark.long
def test_a_desk_says_what_is_wrong_with_the_settings(new_site: NewSite) -> None:
    site = new_site(PAYDESK_BROKR="memory")
    desk_refused(site, 2, "Did you mean PAYDESK_BROKER?")
    assert not site.home.exists()


@NEEDS_ROOT
def test_an_ordinary_login_needs_no_root(new_site: NewSite) -> None:
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        pytest.skip("no program here starts another as an ordinary login")
    site = new_site(PAYDESK_BROKER="memory")
    os.chown(site.root, 65534, 65534)
    command = [setpriv, "--reuid=65534", "--regid=65534", "--clear-groups", sys.executable, "-m", "paydesk"]
    probe = [*command[: command.index("-m")], "-c", "import sys, paydesk; print(sys.version)"]
    answer = subprocess.run(probe, env=site.env, cwd="/", capture_output=True, text=True, check=False)
    if answer.stdout.strip() != sys.version:
        pytest.skip("this checkout or its Python cannot be read by an ordinary login")
    asked = [*command, "contractor", "request", "1", "EUR", "x", "--as", "ada", "--json"]
    done = subprocess.run(
        asked, env=site.env, cwd="/", capture_output=True, text=True, timeout=scaled(120), check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["delivery"] == "sent"
    assert site.home.stat().st_uid == 65534
    down = subprocess.run([*command, "stack", "down"], env=site.env, cwd="/", capture_output=True, check=False)
    assert down.returncode == 0


@pytest.mark.long
def test_no_secret_is_shown(stack: EmbeddedStack) -> None:
    site = Site(stack.folder.home.parent, {"PAYDESK_HOME": str(stack.folder.home)})
    secrets = [value for name, value in stack.folder.secrets().items() if name != "kafka_cluster"]
    shown = "".join(
        site.run(*arguments, check=False).stdout
        for arguments in (("doctor",), ("doctor", "--json"), ("stack", "status"), ("stack", "status", "--json"))
    )
    logs = [file.read_text() for file in (stack.folder.home / "log").iterdir()]
    arguments = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert "embedded kafka" in shown
    assert not [secret for secret in secrets if secret in "".join([shown, arguments, *logs])]
