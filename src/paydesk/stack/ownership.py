"""Whose folder it is: paydesk's own, made or marked by it, or somebody's that nothing may be done to."""

import contextlib
import os
import pwd
import re
import shutil
from pathlib import Path

from paydesk.stack.errors import NotOurs

MARKER = ".paydesk-stack"
_SAYS = "Made by paydesk. `paydesk stack reset` deletes what paydesk made beside this file.\n"
_LAST = ("secrets.json", MARKER)
"""Deleted after all else, in this order: data never stands without its passwords, nor anything without the marker."""
_DATA = ("postgres", "kafka")
_MADE = re.compile(
    r"log|users|run|cache|postgres|postgres\.new|kafka|valkey\.acl|initdb\.secret|run\.json|ports\.json|secrets\.json|"
    r"state\.json|options\.json|(start|supervisor|secrets|ports)\.lock|\.[a-z]+\.json\.\d+\.[0-9a-f]{8}|"
    r"hs_err_pid\d+\.log|\.deleted\.[a-z]+"
)
"""Every name that paydesk or a server of it ever gave to something in its folder."""
_LOGS = re.compile(r"(supervisor|postgres|valkey|kafka)\.(log(\.\d)?|old)")
_USERS = re.compile(r"\d+-[0-9a-f]{8}")


def ours(home: Path) -> bool:
    """Whether a folder is paydesk's; False where nothing is there yet. Raises ``NotOurs``, and changes nothing."""
    if _is_a_persons_own(home):
        raise NotOurs(f"{home} is not a folder for paydesk alone.", "Set PAYDESK_HOME to one of its own.")
    if not os.path.lexists(home):
        return False
    names = set(os.listdir(home))  # noqa: PTH208 (a set of names, as they are compared)
    if _marked(home):
        return True
    if _cut_off(home / MARKER):
        names.discard(MARKER)
    if not names:
        return False
    if not _made_before_markers(home, names):
        some = ", ".join(sorted(names)[:3]) + (" …" if len(names) > 3 else "")
        raise NotOurs(
            f"The folder {home} holds what paydesk did not make ({some}).", "Set PAYDESK_HOME to one of its own."
        )
    return True


def mark(home: Path) -> None:
    """Mark a folder as paydesk's: an empty one, or one that paydesk made before there were markers."""
    if not _marked(home):
        (home / MARKER).write_text(_SAYS, encoding="utf-8")


def delete(home: Path) -> list[str]:
    """Delete what paydesk made in its folder, and the folder where it is empty then; returns the names that are left.

    Raises ``NotOurs`` for a folder without the marker.
    """
    if not _marked(home):
        raise NotOurs(f"The folder {home} has no marker of paydesk.", "Nothing was deleted.")
    names = os.listdir(home)  # noqa: PTH208
    for name in [name for name in names if _MADE.fullmatch(name) and name not in _LAST]:
        _remove(_aside(home / name) if name in _DATA else home / name)
    left = sorted(set(os.listdir(home)) - set(_LAST))  # noqa: PTH208
    for name in _LAST:
        (home / name).unlink(missing_ok=True)
    if not left and not home.is_symlink():
        home.rmdir()
    return left


def _aside(data: Path) -> Path:
    """Rename data before it is deleted: what is half gone must never be taken for a database."""
    gone = data.with_name(f".deleted.{data.name}")
    _remove(gone)
    return data.rename(gone)


def _remove(path: Path) -> None:
    """Delete a file or a tree; of a link the link alone."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _marked(home: Path) -> bool:
    marker = home / MARKER
    try:
        return not marker.is_symlink() and marker.read_text(encoding="utf-8") == _SAYS
    except (OSError, UnicodeDecodeError):
        return False


def _cut_off(marker: Path) -> bool:
    """Whether it is the beginning of a marker: the disk was full when paydesk wrote it."""
    try:
        return not marker.is_symlink() and _SAYS.startswith(marker.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return False


def _is_a_persons_own(home: Path) -> bool:
    """Whether it is the root of the file system, a login's own folder, or one above it."""
    owns = [Path("/")]
    if named := os.environ.get("HOME"):
        owns.append(Path(named))
    with contextlib.suppress(KeyError):
        owns.append(Path(pwd.getpwuid(os.geteuid()).pw_dir))
    real = home.resolve()
    return any(real == own.resolve() or real in own.resolve().parents for own in owns)


def _made_before_markers(home: Path, names: set[str]) -> bool:
    """Whether all that is there, and nothing less than paydesk always made first, is by its names paydesk's."""
    if not {"log", "users"} <= names or not all(_MADE.fullmatch(name) for name in names):
        return False
    log, users = home / "log", home / "users"
    if log.is_symlink() or users.is_symlink() or not (log.is_dir() and users.is_dir()):
        return False
    known = all(_LOGS.fullmatch(file.name) for file in log.iterdir())
    return known and all(_USERS.fullmatch(file.name) for file in users.iterdir())
