"""Whose folder the home of a stack is: paydesk's own, or one in which nothing is made, changed or deleted."""

import os
import shutil
from pathlib import Path

import pytest

from paydesk.stack.embedded import down, reset, running_database, status
from paydesk.stack.errors import NotOurs, StackError, StillOpen
from paydesk.stack.home import Folder
from paydesk.stack.ownership import MARKER
from paydesk.stack.process import Process

ours = pytest.mark.fault(kind="A folder that paydesk did not make stays as it is.", mended="stack/ownership.py")
still_open = pytest.mark.fault(
    kind="Data is not deleted while a desk or worker uses it, and the processes are named.", mended="stack/embedded.py"
)


def tree(root: Path) -> dict[str, tuple[int, str]]:
    """Return everything below a folder, with its mode and content."""
    files = {"": (root.stat().st_mode, "")}
    for path in root.rglob("*"):
        files[str(path.relative_to(root))] = (path.lstat().st_mode, path.read_text() if path.is_file() else "")
    return files


def others(root: Path, *names: str) -> Path:
    """Return a folder of a person's with files in it."""
    root.mkdir(mode=0o755, exist_ok=True)
    for name in names or ("thesis.txt",):
        (root / name).parent.mkdir(exist_ok=True, parents=True)
        (root / name).write_text("years of work")
    return root


@ours
@pytest.mark.parametrize(
    "names",
    [
        ("thesis.txt",),
        (".hidden",),
        ("log/build.log", "users/ada.txt"),
        ("log/postgres.log", "users/ada.txt"),
        ("log/postgres.log",),
        ("postgres/notes.txt", "kafka/notes.txt"),
        ("secrets.json", "state.json"),
    ],
)
@pytest.mark.parametrize("act", [Folder, status, reset, lambda home: running_database(home, "manager")])
def test_a_folder_of_somebodys_files_is_neither_changed_nor_deleted(
    tmp_path: Path, names: tuple[str, ...], act
) -> None:  # type: ignore[no-untyped-def]
    home = others(tmp_path / "work", *names)
    before = tree(home)
    with pytest.raises(NotOurs) as refused:
        act(home)
    assert tree(home) == before
    assert str(home) in refused.value.message and "PAYDESK_HOME" in refused.value.hint


@ours
def test_a_link_is_what_it_points_to(tmp_path: Path) -> None:
    target = others(tmp_path / "work")
    (tmp_path / "link").symlink_to(target)
    before = tree(target)
    with pytest.raises(NotOurs):
        Folder(tmp_path / "link")
    with pytest.raises(NotOurs):
        reset(tmp_path / "link")
    assert tree(target) == before
    (tmp_path / "mine").mkdir()
    (tmp_path / "second").symlink_to(tmp_path / "mine")
    Folder(tmp_path / "second")
    assert reset(tmp_path / "second") == [] and list((tmp_path / "mine").iterdir()) == []
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone")
    with pytest.raises(StackError, match="cannot be used"):
        Folder(tmp_path / "nowhere")


@ours
def test_a_file_in_its_place_stays(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for act in (Folder, status, reset):
        with pytest.raises(StackError, match="cannot be used"):
            act(tmp_path / "file")
    assert (tmp_path / "file").read_text() == "x"


@ours
@pytest.mark.parametrize("above", [False, True])
def test_a_persons_own_folder_is_refused_even_when_it_is_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, above: bool
) -> None:
    own = tmp_path / "people" / "ada"
    own.mkdir(parents=True)
    (tmp_path / "link").symlink_to(own)
    monkeypatch.setenv("HOME", str(own))
    for home in (own.parent if above else own, tmp_path / "link", Path("~"), Path("/")):
        for act in (Folder, status, reset):
            with pytest.raises(NotOurs):
                act(home)
    assert list(own.iterdir()) == []
    Folder(own / "stack")


@ours
def test_a_folder_of_its_own_is_marked_and_goes_with_all_that_was_made(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for home in (tmp_path / "empty", tmp_path / "a" / "b"):
        folder = Folder(home)
        folder.secrets()
        assert (home / MARKER).exists() and Folder(home).home == home
        assert reset(home) == [] and not home.exists()
        assert reset(home) == [] and not status(home).running


@ours
def test_looking_at_a_stack_that_there_is_not_makes_nothing(tmp_path: Path) -> None:
    assert not status(tmp_path / "stack").running and running_database(tmp_path / "stack", "manager") is None
    assert list(tmp_path.iterdir()) == []


@ours
def test_what_others_put_beside_the_data_stays(tmp_path: Path) -> None:
    home = tmp_path / "stack"
    folder = Folder(home)
    folder.secrets()
    (home / "postgres").mkdir()
    (home / "postgres" / "PG_VERSION").write_text("18")
    others(home, "notes.txt", "backup/postgres/PG_VERSION")
    (home / "kafka").symlink_to(others(tmp_path / "disk"))
    assert reset(home) == ["backup", "notes.txt"]
    assert sorted(file.name for file in home.iterdir()) == ["backup", "notes.txt"]
    assert (tmp_path / "disk" / "thesis.txt").exists()


@ours
def test_a_folder_that_was_made_before_there_were_markers_is_known_by_what_is_in_it(tmp_path: Path) -> None:
    home = tmp_path / "stack"
    folder = Folder(home)
    folder.secrets()
    folder.port("kafka")
    folder.log("postgres").write_text("")
    folder.log("supervisor").with_suffix(".log.1").write_text("")
    entry = folder.enter()
    (home / "postgres").mkdir()
    (home / MARKER).unlink()
    assert status(home).users == [os.getpid()] and (home / MARKER).exists()
    entry.unlink()
    (home / MARKER).unlink()
    assert reset(home) == [] and not home.exists()


@ours
@pytest.mark.parametrize("content", ["", "my own notes\n"])
def test_a_file_that_is_only_called_like_the_marker_marks_nothing(tmp_path: Path, content: str) -> None:
    home = others(tmp_path / "work")
    (home / MARKER).write_text(content)
    with pytest.raises(NotOurs):
        reset(home)
    assert (home / "thesis.txt").exists()


@pytest.mark.fault(kind="A disk that was full leaves nothing that is refused later.", mended="stack/ownership.py")
@pytest.mark.parametrize("written", ["", "Made by", "Made by paydesk. `pay"])
def test_a_marker_that_was_cut_off_is_written_anew(tmp_path: Path, written: str) -> None:
    home = tmp_path / "stack"
    home.mkdir()
    (home / MARKER).write_text(written)
    assert not status(home).running
    Folder(home).secrets()
    assert (home / MARKER).read_text().startswith("Made by paydesk. `paydesk stack reset`")
    assert reset(home) == [] and not home.exists()


@still_open
def test_data_is_not_deleted_while_a_process_uses_it(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "stack")
    first, second = folder.enter(), folder.enter()
    before = tree(folder.home)
    with pytest.raises(StillOpen, match=f"2 desks or workers are still open .processes {os.getpid()}, {os.getpid()}"):
        reset(folder.home)
    assert tree(folder.home) == before
    second.unlink()
    with pytest.raises(StillOpen, match=rf"A desk or worker is still open \(process {os.getpid()}\)"):
        reset(folder.home)
    first.unlink()
    assert reset(folder.home) == []


@still_open
def test_data_without_its_passwords_is_told_as_that(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "stack")
    kept = folder.secrets()
    (folder.home / "postgres").mkdir()
    assert folder.secrets() == kept
    (folder.home / "secrets.json").unlink()
    with pytest.raises(StackError, match=r"passwords of the data in .* are gone"):
        folder.secrets()


def test_a_role_that_came_after_the_folder_gets_a_password_and_the_others_keep_theirs(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "stack")
    kept = folder.secrets()
    folder.write("secrets.json", {login: password for login, password in kept.items() if login != "manager"})
    secrets = folder.secrets()
    assert secrets == folder.secrets() and secrets.keys() == kept.keys()
    assert {login for login in kept if secrets[login] != kept[login]} == {"manager"}


@pytest.mark.fault(
    kind="A copy of a stack's folder says nothing of the servers and users of the original, and ends none.",
    mended="stack/home.py",
)
def test_a_copy_of_a_folder_whose_stack_runs_is_a_stack_that_does_not_run(tmp_path: Path) -> None:
    original = Folder(tmp_path / ("long" * 30) / "original")
    me = Process.of(os.getpid())
    server = me.document() | {"state": "ready"}
    original.write_own("state.json", {"supervisor": me.document(), "servers": {"postgres": server}})
    original.enter()
    sockets = original.run
    assert status(original.home).running and original.users() == [me.pid]
    assert running_database(original.home, "manager") is not None
    copied = tmp_path / "copied"
    shutil.copytree(original.home, copied)
    assert not status(copied).running and running_database(copied, "manager") is None
    assert not down(copied), "and this process lives"
    copy = Folder(copied)
    assert copy.users() == [] and copy.run != sockets
    moved = original.home.rename(tmp_path / ("long" * 30) / "moved")
    assert status(moved).running and Folder(moved).users() == [me.pid] and Folder(moved).run == sockets
    shutil.rmtree(sockets)
