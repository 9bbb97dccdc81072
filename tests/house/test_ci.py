"""CI goes through the same door as a person, and keeps nothing that could hold a secret."""

import os
import re
import subprocess
from pathlib import Path

import yaml

from tests.house.files import CHECKOUT
from tests.pace import scaled

WORKFLOW = (CHECKOUT / ".github" / "workflows" / "ci.yml").read_text()
MAKEFILE = (CHECKOUT / "Makefile").read_text()


def test_the_workflow_runs_what_a_person_runs_on_every_supported_python() -> None:
    job = yaml.safe_load(WORKFLOW)["jobs"]["ci"]
    classified = re.findall(r'Python :: (3\.\d+)"', (CHECKOUT / "pyproject.toml").read_text())
    assert job["strategy"]["matrix"]["python"] == classified
    assert [step["run"] for step in job["steps"] if "run" in step] == [".ci/run"]


def test_the_job_that_keeps_a_report_is_given_no_secret() -> None:
    assert "secrets." not in WORKFLOW and "GITHUB_TOKEN" not in WORKFLOW
    assert yaml.safe_load(WORKFLOW)["permissions"] == {"contents": "read"}


def test_ci_runs_targets_that_there_are() -> None:
    run = CHECKOUT / ".ci" / "run"
    assert os.access(run, os.X_OK)
    targets = set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))
    step = r"^ *(?:markers='[^']*' )?step (?:tests )?make (?:[A-Z]+=\S+ )*([a-z]+)$"
    asked = set(re.findall(step, run.read_text(), re.MULTILINE))
    assert asked == {"test", "lint", "long", "install"} and asked <= targets


def test_make_takes_the_first_python_that_can_make_an_environment_else_names_what_to_install(tmp_path: Path) -> None:
    """A Python that answers but makes no environment is passed over; one that is too old is not tried at all."""
    for name in ("unable", "old", "able"):
        script = tmp_path / name
        refuse = 'case "$*" in *"-m venv"*) exit 1;; esac\n'
        make = f'case "$*" in *"-m venv"*) touch {tmp_path}/made-by-{name}; exit 0;; esac\n'
        check = "exit 1\n" if name == "old" else ""
        script.write_text(f"#!/bin/sh\n{refuse if name == 'unable' else make}{check}exit 0\n")
        script.chmod(0o755)

    def install(*pythons: str) -> subprocess.CompletedProcess[str]:
        named = " ".join(str(tmp_path / name) for name in pythons)
        command = ["make", "-f", str(CHECKOUT / "Makefile"), f"VENV={tmp_path}/venv", f"PYTHONS={named}", "install"]
        return subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=scaled(60))

    done = install("old", "unable")
    assert done.returncode != 0 and "apt install python3 python3-venv" in done.stdout
    assert f"Found {tmp_path}/unable, but without venv" in done.stdout
    install("old", "unable", "able")
    assert (tmp_path / "made-by-able").exists() and not (tmp_path / "made-by-old").exists()
