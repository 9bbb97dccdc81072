"""The broker's files are fetched from whom the machine trusts, and why they are not is told with what to set."""

import hashlib
import json
import os
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests

from paydesk.stack import trust
from tests.machine import in_a_namespace
from tests.pace import scaled

pytestmark = pytest.mark.fault(
    kind="The broker's files are fetched from whom the machine trusts; else the cause and the setting are told.",
    mended="stack/trust.py",
)
JAR = b"not really a jar"
_FETCH = """
import json, os, sys
from pathlib import Path
from threading import Event
from paydesk.stack import binaries
from paydesk.stack.errors import StackError
binaries.jar_list = lambda: Path(sys.argv[1])
try:
    print(json.dumps([path.read_text() for path in binaries.fetch_jars(lambda *_: None, Event())]))
except StackError as error:
    print(json.dumps([type(error).__name__, error.message, error.hint]))
"""


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder, and says nothing of it."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """Return a folder with ``ca.pem`` and ``jars.txt``, and the URL of a mirror whose certificate that CA signed."""
    root = tmp_path_factory.mktemp("mirror")
    (root / "ext").write_text("subjectAltName=IP:127.0.0.1\n")
    steps = (
        "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 30 -subj /CN=company",
        "req -newkey rsa:2048 -nodes -keyout key.pem -out csr.pem -subj /CN=127.0.0.1",
        "x509 -req -in csr.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -out cert.pem -extfile ext",
    )
    for step in steps:
        try:
            subprocess.run(["openssl", *step.split()], cwd=root, check=True, capture_output=True, timeout=scaled(60))
        except FileNotFoundError:
            pytest.skip("no program here makes certificates")
    place = root / "served" / "maven" / "org" / "example" / "broker" / "1.0"
    place.mkdir(parents=True)
    (place / "broker-1.0.jar").write_bytes(JAR)
    digest = hashlib.sha256(JAR).hexdigest()
    (root / "jars.txt").write_text(f"org.example:broker:1.0 sha256:{digest} {len(JAR)}\n")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(root / "served")))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(root / "cert.pem", root / "key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield root, f"https://127.0.0.1:{server.server_port}/maven"
    server.shutdown()


def fetched(mirror: tuple[Path, str], cache: Path, mounts: dict[Path, Path], **env: str) -> list[str]:
    """Fetch in a process that knows no certificate but the machine's own; returns what it read or was told."""
    root, url = mirror
    variables = {name: value for name, value in os.environ.items() if "SSL" not in name and "CA_BUNDLE" not in name}
    variables |= {"XDG_CACHE_HOME": str(cache), "PAYDESK_MAVEN_REPOSITORY": url, "NO_PROXY": "127.0.0.1", **env}
    command = [sys.executable, "-c", _FETCH, str(root / "jars.txt")]
    done = in_a_namespace(command, mounts, variables)
    printed: list[str] = json.loads(done.stdout.splitlines()[-1])
    return printed


def test_a_certificate_that_the_machines_store_alone_knows_is_trusted(mirror: tuple[Path, str], tmp_path: Path) -> None:
    bundle = Path(ssl.get_default_verify_paths().openssl_cafile)
    if not bundle.exists():
        bundle = Path("/etc/ssl/certs/ca-certificates.crt")
    if not bundle.exists():
        pytest.skip("this machine keeps its certificates in no file")
    store = tmp_path / "store.pem"
    store.write_bytes(bundle.read_bytes() + b"\n" + (mirror[0] / "ca.pem").read_bytes())
    assert fetched(mirror, tmp_path, {bundle.resolve(): store}) == [JAR.decode()]


def test_one_that_nobody_knows_is_told_with_the_setting_that_names_it(mirror: tuple[Path, str], tmp_path: Path) -> None:
    kind, message, hint = fetched(mirror, tmp_path, {})
    assert kind == "BrokerMissing" and "files cannot be fetched: its certificate is not trusted" in message
    assert "SSL_CERT_FILE" in hint and "REQUESTS_CA_BUNDLE" in hint
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
        assert fetched(mirror, tmp_path / name, {}, **{name: str(mirror[0] / "ca.pem")}) == [JAR.decode()], name


@pytest.mark.parametrize(
    ("error", "says", "names"),
    [
        (requests.exceptions.ProxyError(), "proxy", "HTTPS_PROXY"),
        (requests.exceptions.ConnectTimeout(), "in time", "PAYDESK_MAVEN_REPOSITORY"),
        (requests.exceptions.ConnectionError(), "cannot be reached", "PAYDESK_MAVEN_REPOSITORY"),
        (OSError(28, "No space left on device"), "no space left", "next start"),
        (RuntimeError("odd"), "odd", "next start"),
    ],
)
def test_what_else_may_be_in_the_way_is_told_too(error: Exception, says: str, names: str) -> None:
    outer = RuntimeError("could not be resolved")
    outer.__cause__ = error
    why, todo = trust.cause(outer if not isinstance(error, RuntimeError) else error)
    assert says in why and names in todo


def test_nothing_but_the_fetching_trusts_otherwise() -> None:
    before = ssl.SSLContext
    with trust.system_store():
        assert ssl.SSLContext is not before
    assert ssl.SSLContext is before
