"""A wrong password, a refused port: one plain sentence and what to do, the right exit code, and desks that say so."""

import json
import re
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

from tests.deploy.native import free_port
from tests.e2e.site import Site, sentences

DATABASE, REDIS, KAFKA = (f"PAYDESK_CONTRACTOR_{name}" for name in ("DATABASE_URL", "REDIS_URL", "KAFKA_CONFIG"))
WRONG = "not-the-password"


def spoil(site: Site, server: str, how: str, folder: Path) -> None:
    """Have this site's contractor use a wrong password or a port where nobody listens."""
    if server == "kafka":
        if how == "port":
            site.extra["PAYDESK_KAFKA_BOOTSTRAP_SERVERS"] = f"127.0.0.1:{free_port()}"
            return
        spoilt = folder / "wrong.kafka"
        spoilt.write_text(
            re.sub("(?m)^sasl.password=.*$", f"sasl.password={WRONG}", Path(site.extra[KAFKA]).read_text())
        )
        spoilt.chmod(0o600)
        site.extra[KAFKA] = str(spoilt)
        return
    name = DATABASE if server == "postgres" else REDIS
    parts = urlsplit(site.extra[name])
    port = free_port() if how == "port" else parts.port
    password = WRONG if how == "password" else parts.password
    site.extra[name] = urlunsplit(parts._replace(netloc=f"{parts.username}:{password}@127.0.0.1:{port}"))


@pytest.mark.long
def test_postgres_with_a_wrong_password(site: Site, tmp_path: Path) -> None:
    spoil(site, "postgres", "password", tmp_path)
    assert_refused(site, "PostgreSQL refused the password.")


@pytest.mark.long
def test_postgres_at_a_port_where_nobody_listens(site: Site, tmp_path: Path) -> None:
    spoil(site, "postgres", "port", tmp_path)
    assert_refused(site, "PostgreSQL does not answer", "onnection refused")


def assert_refused(site: Site, *says: str) -> None:
    """Hold a command and a desk to what a database that cannot be used asks of them."""
    done = site.run("contractor", "request", "1", "EUR", "x", check=False)
    assert (done.returncode, done.stdout) == (7, "") and "Traceback" not in done.stderr
    assert all(words in done.stderr for words in says) and sentences(done.stderr).count("\n") == 1, done.stderr
    done = site.run("contractor", "list", "--json", check=False)
    error = json.loads(sentences(done.stderr))["error"]
    assert (done.returncode, error["code"]) == (7, "server_down") and error["hint"] and says[0] in error["message"]
    done = site.run("doctor", check=False)
    assert done.returncode == 7 and says[0] in done.stdout and "→" in done.stdout
    desk = site.desk("contractor", columns=100, rows=30)
    assert desk.wait() == 7 and says[0].encode() in desk.raw and b"Traceback" not in desk.raw


@pytest.mark.long
@pytest.mark.parametrize(
    ("server", "how", "words", "on_the_desk"),
    [
        ("kafka", "password", "Kafka refused the login", "Kafka refused the login"),
        ("kafka", "port", "Kafka does not answer", "Offline: Kafka does not answer"),
        ("redis", "password", "Redis refused the login", "Redis refused the login: reading every 2 s"),
        ("redis", "port", "Redis does not answer", "Redis does not answer: reading every 2 s"),
    ],
)
def test_without_kafka_or_redis_requests_are_kept(
    site: Site, tmp_path: Path, server: str, how: str, words: str, on_the_desk: str
) -> None:
    spoil(site, server, how, tmp_path)
    done = site.run("contractor", "request", "1", "EUR", f"{server} {how}", "--json")
    delivery = json.loads(done.stdout)["delivery"]
    assert sentences(done.stderr) == "" and delivery == ("sent" if server == "redis" else "queued"), done
    done = site.run("doctor", check=False)
    assert done.returncode == 7 and words in done.stdout and WRONG not in done.stdout
    desk = site.desk("contractor", columns=120, rows=36)
    desk.see(on_the_desk)
    desk.see(f"{server} {how}")
    desk.press("q")
    assert desk.wait() == 0 and b"Traceback" not in desk.raw
