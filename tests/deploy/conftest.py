"""Servers of one's own, started once for the tests of this folder, and a house that uses them by settings alone."""

import shutil
import subprocess
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.native import Native, environment, free_port
from tests.e2e.house import PAYDESK, House


def settings_of(root: Path, login: str) -> dict[str, str]:
    """Return what the settings file of a login says, as environment variables."""
    told = tomllib.loads((root / ".compose" / f"{login}.toml").read_text())
    return {f"PAYDESK_{name.upper()}": str(value) for name, value in told.items()}


@pytest.fixture(scope="session")
def native() -> Iterator[Native]:
    """Return running servers with their logins made, by `.env` and `paydesk stack provision` alone."""
    root = Path(tempfile.mkdtemp(prefix="pd-"))
    house = House(root)
    subprocess.run([*PAYDESK, "stack", "compose-env", "--folder", root], env=house.env, check=True, capture_output=True)
    text = (root / ".env").read_text()
    for name in ("POSTGRES_PORT", "BROKER_PORT", "REDIS_PORT"):
        text = text.replace(f"{name}={environment(root / '.env')[name]}", f"{name}={free_port()}")
    (root / ".env").write_text(text)
    house.run("stack", "compose-env", "--folder", str(root))
    found = Native(root, environment(root / ".env"))
    try:
        found.start()
        house.extra = settings_of(root, "stack")
        house.run("stack", "provision")
        yield found
    finally:
        found.close()


@pytest.fixture
def house(native: Native) -> Iterator[House]:
    """Return a house whose desks use these servers, by PAYDESK_* settings alone."""
    found = House(Path(tempfile.mkdtemp(prefix="pd-")), settings_of(native.folder, "stack"))
    yield found
    while found.terminals:
        found.terminals.pop().close()
    shutil.rmtree(found.root)
