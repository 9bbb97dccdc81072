"""CI goes through the same door as a person, and keeps nothing that could hold a secret."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.architecture.files import CHECKOUT
from tests.pace import scaled

WORKFLOW = (CHECKOUT / ".github" / "workflows" / "ci.yml").read_text()
PROVISION = "PAYDESK_CONFIG=.compose/stack.toml .venv/bin/paydesk stack provision"
MAKEFILE = (CHECKOUT / "Makefile").read_text()


def test_the_workflow_runs_what_a_person_runs_on_every_supported_python() -> None:
    job = yaml.safe_load(WORKFLOW)["jobs"]["ci"]
    classified = re.findall(r'Python :: (3\.\d+)"', (CHECKOUT / "pyproject.toml").read_text())
    assert job["strategy"]["matrix"]["python"] == classified
    assert [step["run"] for step in job["steps"] if "run" in step] == [".ci/run"]


@pytest.mark.fault(kind="CI runs compose.yaml on the images that it names.", mended=".ci/compose")
def test_a_job_runs_compose_on_the_real_images_in_the_order_of_the_readme() -> None:
    job = yaml.safe_load(WORKFLOW)["jobs"]["compose"]
    assert [step["run"] for step in job["steps"] if "run" in step] == [".ci/compose"]
    assert not [step for step in job["steps"] if "upload" in step.get("uses", "")] and job["timeout-minutes"] <= 60
    run = CHECKOUT / ".ci" / "compose"
    assert os.access(run, os.X_OK)
    assert subprocess.run(["bash", "-n", run], check=False, capture_output=True).returncode == 0
    script = run.read_text()
    steps = ["make install", "make env", "docker compose up --detach --wait"]
    steps += [
        f"\n{PROVISION}\n",
        "TESTS_COMPOSE=1",
        '" tests/deploy\n',
        "-f /etc/paydesk/password.sql",
        "--volumes\nleft=",
    ]
    places = [script.index(step) for step in steps]
    assert places == sorted(places) and "trap ended EXIT" in script
    readme = (CHECKOUT / "README.md").read_text()
    assert all(f"    {step}" in readme for step in ("make env", "docker compose up --detach --wait"))
    assert f"    {PROVISION}" in readme and "-U paydesk -d paydesk -f /etc/paydesk/password.sql" in readme


@pytest.mark.fault(kind="CI runs compose.yaml on the images that it names.", mended=".ci/compose")
@pytest.mark.parametrize("fails", ["nothing", "up", "pytest"])
def test_the_script_of_compose_ends_with_down_and_with_the_code_of_what_failed(fails: str, tmp_path: Path) -> None:
    """Run with stand-ins for make, docker, paydesk and Python, which write down what they were asked."""
    (tmp_path / ".ci").mkdir()
    shutil.copy(CHECKOUT / ".ci" / "compose", tmp_path / ".ci")
    for name in ("make", "docker", ".venv/bin/paydesk", ".venv/bin/python"):
        program = tmp_path / "bin" / name if "/" not in name else tmp_path / name
        program.parent.mkdir(parents=True, exist_ok=True)
        begins = f'#!/bin/sh\necho "{Path(name).name} $*" >> {tmp_path}/asked\n'
        answers = (
            'case "$*" in env) touch .env; mkdir -p .compose;; *list*) echo PR-1001;; volume*) echo named;; esac\n'
        )
        program.write_text(f'{begins}{answers}case "$*" in *{fails}*) exit 3;; esac\n')
        program.chmod(0o755)
    env = os.environ | {"PATH": f"{tmp_path}/bin:{os.environ['PATH']}"}
    done = subprocess.run([tmp_path / ".ci" / "compose"], env=env, capture_output=True, text=True, check=False)
    asked = (tmp_path / "asked").read_text().splitlines()
    assert done.returncode == (0 if fails == "nothing" else 3), done
    assert asked[-1] == "docker compose down --volumes" and not (tmp_path / ".env").exists()
    assert any("logs" in line for line in asked) == (fails != "nothing")
    (tmp_path / ".env").touch()
    again = subprocess.run([tmp_path / ".ci" / "compose"], env=env, capture_output=True, text=True, check=False)
    assert again.returncode == 2 and (tmp_path / ".env").exists(), "a person's .env and volumes are left alone"


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
