"""The peers: how a careful program of the usual libraries takes the same messages in; in an environment of their own.

Their packages are pinned in ``peer-requirements.txt``, and are none of paydesk's: the benchmark installs them into
``.venv-peer`` when it is run for the first time.
"""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
REQUIREMENTS = HERE / "peer-requirements.txt"
ENVIRONMENT = HERE.parent / ".venv-peer"
FASTSTREAM = "FastStream and SQLModel"
PROGRAMS = {
    FASTSTREAM: ("peer_faststream.py",),
    "FastStream without its log, and SQLModel": ("peer_faststream.py", "quiet"),
    "confluent-kafka and SQLModel": ("peer_plain.py",),
}
Run = Callable[[str, str, int], float]
"""Takes the addresses as JSON, the topic and how many messages; returns rows a second."""


def programs() -> dict[str, Run]:
    """Return the peers by name, their packages installed."""
    python = _installed()
    return {name: _runner(python, HERE / program, *words) for name, (program, *words) in PROGRAMS.items()}


def _runner(python: Path, program: Path, *words: str) -> Run:
    def run(address: str, topic: str, events: int) -> float:
        command = [str(python), str(program), topic, str(events), *words]
        # The addresses hold passwords, which no list of processes is to show.
        done = subprocess.run(command, input=address, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SystemExit(f"{program.name} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return float(done.stdout.split()[-1])

    return run


def _installed() -> Path:
    """Return the peers' Python, its packages installed as pinned."""
    python, installed = ENVIRONMENT / "bin" / "python", ENVIRONMENT / "installed.txt"
    if not installed.exists() or installed.read_text() != REQUIREMENTS.read_text():
        uv = str(Path(sys.executable).with_name("uv"))
        subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(ENVIRONMENT)], check=True)
        install = [uv, "pip", "install", "--quiet", "--require-hashes", "--python", str(python)]
        subprocess.run([*install, "--requirement", str(REQUIREMENTS)], check=True)
        installed.write_text(REQUIREMENTS.read_text())
    return python
