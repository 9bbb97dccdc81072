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
from tests.e2e.house import House, sentences
from tests.pace import scaled
from tests.stack.conftest import NewHouse

SERVERS = ("PostgreSQL", "Kafka", "Redis")
NEEDS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make such a folder")


def refused(house: House, code: int, *says: str) -> None:
    """Hold a command, for people and for programs, to one sentence, a hint and this exit code."""
    done = house.run("contractor", "request", "1", "EUR", "x", check=False)
    assert (done.returncode, done.stdout) == (code, "") and sentences(done.stderr).count("\n") == 1, done
    assert all(words in done.stderr for words in says) and "Traceback" not in done.stderr, done.stderr
    done = house.run("contractor", "request", "1", "EUR", "x", "--json", check=False)
    error = json.loads(sentences(done.stderr))["error"]
    assert done.returncode == code and error["message"] and error["hint"], error
    assert all(words in f"{error['message']} {error['hint']}" for words in says)


def desk_refused(house: House, code: int, says: str) -> None:
    """Hold a desk to the same: it ends in order, with the sentence."""
    desk = house.desk("contractor", columns=160, rows=30)
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
def test_a_disk_without_room_for_the_database(new_house: NewHouse, small_disk: Path) -> None:
    house = new_house(PAYDESK_BROKER="memory", PAYDESK_HOME=str(small_disk / "stack"))
    refused(house, 7, "There is no room left in", "Make room there")
    desk_refused(house, 7, "There is no room left in")
    house.run("stack", "down", check=False)


@NEEDS_ROOT
@pytest.mark.long
def test_a_disk_that_is_full(new_house: NewHouse, small_disk: Path) -> None:
    fill(small_disk / "filler")
    house = new_house(PAYDESK_BROKER="memory", PAYDESK_HOME=str(small_disk / "stack"))
    refused(house, 7, "no space left on device", "Make room there")
    desk_refused(house, 7, "no space left on device")


@NEEDS_ROOT
@pytest.mark.long
@pytest.mark.fault(
    kind="Reading goes on while the disk of the embedded stack is full, and doctor checks the rest.",
    mended="stack/home.py",
)
def test_reading_goes_on_though_the_disk_is_full(new_house: NewHouse, ample_disk: Path) -> None:
    house = new_house(PAYDESK_BROKER="memory", PAYDESK_HOME=str(ample_disk / "stack"))
    number = house.json("contractor", "request", "1", "EUR", "x")["number"]
    filler = ample_disk / "filler"
    fill(filler)
    assert [row["number"] for row in house.rows("contractor")] == [number]
    assert number in house.run("contractor", "show", number).stdout
    done = house.run("doctor", check=False)
    assert done.returncode == 7 and "there is no room left in" in done.stdout and "Traceback" not in done.stderr
    assert all(f"{role} {server}" in done.stdout for role in ("contractor", "manager") for server in SERVERS), done
    filler.unlink()
    assert house.json("contractor", "request", "2", "EUR", "y")["delivery"] == "sent"
    assert house.run("doctor").returncode == 0
    house.run("stack", "down")


@NEEDS_ROOT
@pytest.mark.long
def test_a_folder_of_another_login(new_house: NewHouse) -> None:
    house = new_house(PAYDESK_BROKER="memory")
    house.home.mkdir()
    os.chown(house.home, 65534, 65534)
    refused(house, 7, "belongs to another login", "PAYDESK_HOME")
    desk_refused(house, 7, "belongs to another login")
    os.chown(house.home, 0, 0)


@pytest.mark.long
def test_a_file_in_its_place(new_house: NewHouse) -> None:
    house = new_house(PAYDESK_BROKER="memory")
    house.home.write_text("")
    refused(house, 7, "cannot be used: file exists", "PAYDESK_HOME")
    house.home.unlink()


@pytest.mark.long
def test_a_second_supervisor_of_one_folder_leaves_at_once(new_house: NewHouse) -> None:
    house = new_house(PAYDESK_BROKER="memory")
    house.run("stack", "up")
    before = house.folder.read("state.json")["supervisor"]
    command = [sys.executable, "-m", "paydesk.stack.supervisor", str(house.home), "600"]
    done = subprocess.run(command, env=house.env, timeout=scaled(60), check=False)
    assert done.returncode == 0 and house.folder.read("state.json")["supervisor"] == before
    assert house.json("contractor", "request", "1", "EUR", "x")["delivery"] == "sent"


@pytest.mark.long
def test_a_schema_newer_than_the_program(new_house: NewHouse) -> None:
    house = new_house(PAYDESK_BROKER="memory")
    house.run("contractor", "list")
    with psycopg.connect(environment(house.home, "contractor")["DATABASE_URL"]) as connection:
        connection.execute("UPDATE contractor.alembic_version SET version_num = '9999'")
    refused(house, 7, "was written by a newer paydesk (revision 9999)", "Update this program")
    done = house.run("doctor", check=False)
    assert done.returncode == 7 and "newer than this program" in done.stdout
    desk_refused(house, 7, "was written by a newer paydesk")


@pytest.mark.long
def test_data_of_another_postgres(new_house: NewHouse) -> None:
    house = new_house(PAYDESK_BROKER="memory")
    house.folder.secrets()
    data = house.home / "postgres"
    data.mkdir()
    (data / "PG_VERSION").write_text("17\n")
    refused(house, 7, "is of PostgreSQL 17", "Move it away")


@pytest.mark.long
def test_a_log_says_why_a_server_does_not_start(new_house: NewHouse) -> None:
    house = new_house(PAYDESK_BROKER="memory")
    house.run("contractor", "list")
    house.run("stack", "down")
    (house.home / "postgres" / "global" / "pg_control").unlink()
    refused(house, 7, "postgres did not start", "postgres.log says why")
    assert "pg_control" in (house.home / "log" / "postgres.log").read_text()


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
def test_settings_that_are_wrong(new_house: NewHouse, name: str, value: str, says: str) -> None:
    house = new_house(**{name: value})
    refused(house, 2, says)
    assert not house.home.exists()


@pytest.mark.long
def test_a_desk_says_what_is_wrong_with_the_settings(new_house: NewHouse) -> None:
    house = new_house(PAYDESK_BROKR="memory")
    desk_refused(house, 2, "Did you mean PAYDESK_BROKER?")
    assert not house.home.exists()


@NEEDS_ROOT
def test_an_ordinary_login_needs_no_root(new_house: NewHouse) -> None:
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        pytest.skip("no program here starts another as an ordinary login")
    house = new_house(PAYDESK_BROKER="memory")
    os.chown(house.root, 65534, 65534)
    command = [setpriv, "--reuid=65534", "--regid=65534", "--clear-groups", sys.executable, "-m", "paydesk"]
    probe = [*command[: command.index("-m")], "-c", "import sys, paydesk; print(sys.version)"]
    found = subprocess.run(probe, env=house.env, cwd="/", capture_output=True, text=True, check=False)
    if found.stdout.strip() != sys.version:
        pytest.skip("this checkout or its Python cannot be read by an ordinary login")
    asked = [*command, "contractor", "request", "1", "EUR", "x", "--as", "ada", "--json"]
    done = subprocess.run(
        asked, env=house.env, cwd="/", capture_output=True, text=True, timeout=scaled(120), check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["delivery"] == "sent"
    assert house.home.stat().st_uid == 65534
    down = subprocess.run([*command, "stack", "down"], env=house.env, cwd="/", capture_output=True, check=False)
    assert down.returncode == 0


def test_no_secret_is_shown(stack: EmbeddedStack) -> None:
    house = House(stack.folder.home.parent, {"PAYDESK_HOME": str(stack.folder.home)})
    secrets = [value for name, value in stack.folder.secrets().items() if name != "kafka_cluster"]
    shown = "".join(
        house.run(*arguments, check=False).stdout
        for arguments in (("doctor",), ("doctor", "--json"), ("stack", "status"), ("stack", "status", "--json"))
    )
    logs = [file.read_text() for file in (stack.folder.home / "log").iterdir()]
    arguments = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert "embedded kafka" in shown
    assert not [secret for secret in secrets if secret in "".join([shown, arguments, *logs])]
