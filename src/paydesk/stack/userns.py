"""Run a program that refuses to be root: in a user namespace where root is uid 1000, so no file changes its owner."""

import ctypes
import os
import sys
from pathlib import Path

_CLONE_NEWUSER = 0x10000000
_INSIDE = 1000


def possible() -> bool:
    """Whether this system lets root make a user namespace; tried in a child."""
    child = os.fork()
    if child == 0:
        os._exit(0 if _enter() else 1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def _enter() -> bool:
    uid, gid = os.geteuid(), os.getegid()
    if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWUSER) != 0:
        return False
    try:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{_INSIDE} {uid} 1")
        Path("/proc/self/gid_map").write_text(f"{_INSIDE} {gid} 1")
    except OSError:
        return False
    return True


if __name__ == "__main__":
    if not _enter():
        sys.exit("no user namespace can be made here")
    os.execv(sys.argv[1], sys.argv[1:])
