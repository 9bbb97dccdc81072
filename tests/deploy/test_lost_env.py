"""The way back from a lost ``.env``: made anew, the superuser's password set inside the container, provisioned."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from paydesk.stack import binaries
from tests.deploy.conftest import make, settings_of
from tests.deploy.native import ON_COMPOSE, Native, environment, on_host
from tests.e2e.site import Site


@pytest.fixture
def servers() -> Iterator[Native]:
    """Return running servers that are this test's own: it takes their passwords away."""
    servers = make(Path(tempfile.mkdtemp(prefix="pd-")))
    try:
        yield servers
    finally:
        servers.close()


@pytest.mark.long
@pytest.mark.skipif(ON_COMPOSE in os.environ, reason=".ci/compose goes this way on the images themselves")
@pytest.mark.fault(kind="A lost .env locks nobody out of the data.", mended="deploy/postgres/password.sql")
def test_what_the_readme_says_brings_the_data_back_after_a_lost_env(servers: Native) -> None:
    site = Site(Path(tempfile.mkdtemp(prefix="pd-")), settings_of(servers.folder, "stack"))
    number = site.json("contractor", "request", "1250", "EUR", "logo", "--as", "ada")["number"]
    ports = {name: value for name, value in servers.variables.items() if name.endswith("_PORT") or name == "CONTROLLER"}
    (servers.folder / ".env").unlink()
    site.run("stack", "compose-env", "--folder", str(servers.folder))
    servers.variables = environment(servers.folder / ".env") | ports
    (servers.folder / ".env").write_text("".join(f"{name}={value}\n" for name, value in servers.variables.items()))
    (servers.folder / ".env").chmod(0o600)
    site.run("stack", "compose-env", "--folder", str(servers.folder))
    site.extra = settings_of(servers.folder, "stack")
    rules = servers.folder / "postgres" / "pg_hba.conf"
    rules.write_text(f"local all all trust\n{rules.read_text()}")  # As in the image.
    servers.restart()
    refused = site.run("contractor", "list", check=False)
    assert refused.returncode == 7 and "PostgreSQL refused the password" in refused.stderr
    set_password(servers)
    site.run("stack", "provision")
    assert number in [row["number"] for row in site.rows("contractor")]
    assert number in [row["number"] for row in site.rows("manager")]
    assert site.json("contractor", "request", "5", "EUR", "after", "--as", "ada")["delivery"] == "sent"
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(site.extra["PAYDESK_ADMIN_DATABASE_URL"].replace(servers.variables["STACK_PASSWORD"], "wrong"))


def set_password(servers: Native) -> None:
    """Run the file in psql as the README says; by the socket, where no password is asked for."""
    variables = {"POSTGRES_PASSWORD": servers.variables["STACK_PASSWORD"], "PGPORT": servers.variables["POSTGRES_PORT"]}
    command = [str(binaries.postgres() / "psql"), "-h", str(servers.folder), "-U", "paydesk", "-d", "paydesk"]
    command += ["--no-password", "-v", "ON_ERROR_STOP=1", "-f", on_host("postgres", "/etc/paydesk/password.sql")]
    done = subprocess.run(command, env=os.environ | variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and servers.variables["STACK_PASSWORD"] not in done.stdout + done.stderr, done
