"""What ends a command early is told in one plain sentence, or not at all; never a traceback."""

import json
import signal
import subprocess
import sys

import pytest

from tests.conftest import until
from tests.e2e.site import PAYDESK, Site, sentences
from tests.pace import scaled

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def number(site: Site) -> str:
    """A request that waits."""
    number: str = site.json("contractor", "request", "5", "EUR", "waits")["number"]
    return number


def shell(site: Site, script: str) -> subprocess.CompletedProcess[str]:
    """Run a line of shell in which ``$P`` is paydesk."""
    env = {**site.env, "P": " ".join(PAYDESK)}
    return subprocess.run(["bash", "-c", script], env=env, capture_output=True, text=True, timeout=scaled(60))


@pytest.mark.parametrize("json_", ["", "--json"])
def test_interrupted_while_it_waits(site: Site, number: str, json_: str) -> None:
    line = [*PAYDESK, "contractor", "wait", number, "--timeout", "60s", *filter(None, [json_])]
    with subprocess.Popen(line, env=site.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as waiting:
        users = site.folder.home / "users"
        until(lambda: any(str(waiting.pid) in entry.name for entry in users.glob("*")))
        waiting.send_signal(signal.SIGINT)
        out, errors = waiting.communicate(timeout=scaled(30))
    assert waiting.returncode == 130 and out == ""
    if json_:
        assert json.loads(errors.splitlines()[-1])["error"]["code"] == "interrupted"
    else:
        assert errors.splitlines()[-1] == "Interrupted."


def test_interrupted_before_it_stands() -> None:
    program = "import sys, paydesk.__main__ as door\nclass Late:\n def find_spec(self, name, *_):\n"
    program += (
        "  if name == 'paydesk.cli.main': raise KeyboardInterrupt\nsys.meta_path.insert(0, Late())\ndoor.main()\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=scaled(60))
    assert (done.returncode, done.stderr) == (130, "Interrupted.\n")


@pytest.mark.long
def test_whoever_reads_may_stop_reading_or_not_listen_at_all(site: Site, number: str) -> None:
    for script in (
        "$P contractor list --json | true; exit ${PIPESTATUS[0]}",
        "$P contractor list >&-",
        "$P contractor list --csv >&-",
        f"$P contractor show {number} --json >&-",
        f"$P contractor show {number} >/dev/null 2>&-",
    ):
        done = shell(site, script)
        assert (done.returncode, sentences(done.stderr)) == (0, ""), (script, done.stderr)
    assert shell(site, "$P contractor show PR-999999 2>&-").returncode == 4


def test_a_full_disk_under_the_output_is_one_sentence(site: Site, number: str) -> None:
    done = shell(site, f"$P contractor show {number} >/dev/full")
    assert done.returncode == 1 and sentences(done.stderr).startswith("The system refused: No space left on device.")
    assert len(sentences(done.stderr).splitlines()) == 1
