"""The folder of a stack: what is made at random there fits the programs that get it."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from psycopg.conninfo import conninfo_to_dict

from paydesk.stack.errors import StackError
from paydesk.stack.home import Folder
from paydesk.stack.kafka_server import Kafka
from paydesk.stack.servers import Postgres, Valkey


def test_the_brokers_cluster_id_is_never_taken_for_an_option(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One random id in 64 begins with a dash, and the storage tool refuses it for ever."""
    made = iter(["-0_ISwG6QBu3wjBv1fG2sA", "-1_ISwG6QBu3wjBv1fG2sA", "x0_ISwG6QBu3wjBv1fG2sA"])
    monkeypatch.setattr(secrets, "token_urlsafe", lambda _: next(made))
    assert Folder(tmp_path / "stack").secrets()["kafka_cluster"] == "x0_ISwG6QBu3wjBv1fG2sA"


stuck = pytest.mark.fault(
    kind="What waits says what it waits for after two seconds, and gives up with a sentence.", mended="stack/home.py"
)
address = pytest.mark.fault(
    kind="A path with any letter in it leads all three servers and their clients to the same place.",
    mended="stack/servers.py",
)


@stuck
def test_a_lock_that_is_never_given_back_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("paydesk.stack.home._LOCK_S", 0.1)
    folder = Folder(tmp_path / "stack")
    with (
        folder.lock("start"),
        pytest.raises(StackError, match=r"start\.lock and does not go on"),
        folder.lock("start"),
    ):
        pass
    with folder.lock("start", wait=False) as mine, folder.lock("start", wait=False) as again:
        assert mine and not again


@pytest.fixture
def short() -> Iterator[Path]:
    """Return a folder whose path leaves room for a socket's address."""
    made = Path(tempfile.mkdtemp(prefix="pd-", dir="/tmp"))
    yield made
    shutil.rmtree(made)


@address
@pytest.mark.parametrize(
    "name", ["a b", "a&b", "50%41", "who?", "#1", "it's", "ünï", "a+b=c;d", "{x}", "$HOME", "`id`"]
)
def test_an_address_leads_to_the_socket_whatever_the_folder_is_called(short: Path, name: str) -> None:
    folder = Folder(short / name)
    folder.secrets()
    assert folder.run == folder.home / "run"
    parts = conninfo_to_dict(Postgres(folder).url("contractor", "pay desk?"))
    assert (parts["host"], parts["dbname"]) == (str(folder.home / "run"), "pay desk?")
    client = redis.Redis.from_url(Valkey(folder).url("contractor"))
    assert client.connection_pool.connection_kwargs["path"] == str(folder.home / "run" / "valkey.sock")
    assert "," not in Kafka(folder).environment()["BROKER_DATA"]


@address
@pytest.mark.parametrize("name", ["a,b", 'say "x"', "back\\slash", "x" * 90, "tab\there", os.fsdecode(b"\xff")])
def test_sockets_are_elsewhere_where_the_folder_cannot_be_their_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    folder = Folder(tmp_path / name)
    run = folder.run
    try:
        assert not run.is_relative_to(folder.home) and run.stat().st_mode & 0o777 == 0o700
        (tmp_path / "t").mkdir()
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "t"))
        assert Folder(folder.home).run == run, "one place for all, whatever each has for TMPDIR"
    finally:
        folder.delete()
    assert not run.exists()


@address
def test_a_temporary_folder_that_is_gone_or_cannot_be_an_address_is_not_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Folder(tmp_path / ("x" * 90))
    place = tmp_path / "t"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    first = folder.run
    assert first.parent == place or first.parent == Path("/tmp")
    shutil.rmtree(place)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / ("t" * 90)))
    second = folder.run
    assert second.parent == Path("/tmp") and second.is_dir()
    folder.delete()


full = pytest.mark.fault(kind="What is full is named, and not what has room.", mended="stack/home.py")


@full
@pytest.mark.parametrize(
    ("last", "says"),
    [
        (
            'FATAL:  could not resize shared memory segment "/PostgreSQL.1" to 1 bytes: No space left on device',
            "/dev/shm",
        ),
        ("FATAL:  could not write lock file: No space left on device", "{home}"),
        ("dynamic shared memory: posix\ncould not write: No space left on device", "{home}"),
        ("FATAL:  something else", "did not start"),
    ],
)
def test_what_is_full_is_named(tmp_path: Path, last: str, says: str) -> None:
    folder = Folder(tmp_path / "stack")
    folder.log("postgres").write_text(f"before\n{last}\n")
    error = folder.failed("postgres did not start.", folder.log("postgres"))
    assert says.format(home=folder.home) in error.message


@pytest.mark.fault(kind="A mode that a server refuses is mended.", mended="stack/servers.py")
@pytest.mark.parametrize("mode", [0o755, 0o777, 0o750, 0o500])
def test_the_modes_of_a_folder_that_was_put_back_from_a_copy_are_mended(tmp_path: Path, mode: int) -> None:
    folder = Folder(tmp_path / "stack")
    folder.secrets()
    server = Postgres(folder)
    server.data.mkdir()
    (server.data / "PG_VERSION").write_text("18\n")
    server.data.chmod(mode)
    folder.run.chmod(0o755)
    server.prepare()
    assert server.data.stat().st_mode & 0o777 == 0o700 and folder.run.stat().st_mode & 0o777 == 0o700
