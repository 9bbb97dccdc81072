"""Machines that are not as this one: files of the system replaced in a namespace, for one command alone."""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.pace import scaled

NOBODY_KNOWS = 54321
"""A number that no list of logins has."""


def in_a_namespace(
    command: Sequence[str],
    mounts: Mapping[Path, Path],
    env: Mapping[str, str],
    *,
    before: str = "",
    nameless: bool = False,
    check: bool = True,
) -> subprocess.CompletedProcess[str]:
    """Run a command where each key of ``mounts`` shows what its value holds; ``before`` is shell run ahead of it.
    ``nameless``: it runs as a login of which the machine knows nothing but a number.

    Skips the test, and says why, where no such namespace can be made.
    """
    if not mounts and not before and not nameless:
        return _run(command, env, check=check)
    if shutil.which("unshare") is None:
        pytest.skip("no program here makes namespaces")
    space = ["unshare", "--user", "--map-root-user", "--mount"]
    if nameless:
        space = ["unshare", "--user", f"--map-user={NOBODY_KNOWS}", f"--map-group={NOBODY_KNOWS}"]
    if subprocess.run([*space, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no mount namespace can be made here")
    lines = [f'mount --bind "{shown}" "{place}"' for place, shown in mounts.items()]
    script = "\n".join(["set -e", *lines, before, 'exec "$@"'])
    inside = [*space, "sh", "-c", script, "sh", *command]
    return _run(inside, env, check=check)


def _run(command: Sequence[str], env: Mapping[str, str], *, check: bool) -> subprocess.CompletedProcess[str]:
    """Run a command and read what it wrote, whatever its locale's encoding."""
    return subprocess.run(
        command, env=env, capture_output=True, encoding="utf-8", errors="replace", timeout=scaled(240), check=check
    )
