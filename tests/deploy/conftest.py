"""Servers of one's own, started once for the tests of this folder, and a site that uses them by settings alone."""

import os
import shutil
import subprocess
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.native import CHECKOUT, ON_COMPOSE, Native, environment, free_port
from tests.e2e.site import PAYDESK, Site


def settings_of(root: Path, login: str) -> dict[str, str]:
    """Return what the settings file of a login says, as environment variables; its paths count from where it is."""
    file = root / ".compose" / f"{login}.toml"
    given = tomllib.loads(file.read_text())
    placed = {name: file.parent / value if name.endswith("_kafka_config") else value for name, value in given.items()}
    return {f"PAYDESK_{name.upper()}": str(value) for name, value in placed.items()}


def make(root: Path) -> Native:
    """Start servers with their logins made, by `.env` and `paydesk stack provision` alone, on free ports."""
    site = Site(root)
    subprocess.run([*PAYDESK, "stack", "compose-env", "--folder", root], env=site.env, check=True, capture_output=True)
    text = (root / ".env").read_text()
    for name in ("POSTGRES_PORT", "BROKER_PORT", "REDIS_PORT"):
        text = text.replace(f"{name}={environment(root / '.env')[name]}", f"{name}={free_port()}")
    (root / ".env").write_text(text)
    site.run("stack", "compose-env", "--folder", str(root))
    servers = Native(root, environment(root / ".env"))
    try:
        servers.start()
        site.extra = settings_of(root, "stack")
        site.run("stack", "provision")
    except BaseException:
        servers.close()
        raise
    return servers


@pytest.fixture(scope="session")
def native() -> Iterator[Native]:
    """Return running servers with their logins made: natively, or those of compose that run for this checkout."""
    if os.environ.get(ON_COMPOSE):
        yield Native(CHECKOUT, environment(CHECKOUT / ".env"))
        return
    servers = make(Path(tempfile.mkdtemp(prefix="pd-")))
    try:
        yield servers
    finally:
        servers.close()


@pytest.fixture
def site(native: Native) -> Iterator[Site]:
    """Return a site whose desks use these servers, by PAYDESK_* settings alone."""
    site = Site(Path(tempfile.mkdtemp(prefix="pd-")), settings_of(native.folder, "stack"))
    yield site
    while site.terminals:
        site.terminals.pop().close()
    shutil.rmtree(site.root)
