"""The layers hold, and the linter that says so goes red, naming the import, on every kind of bad sample."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.files import CHECKOUT
from tests.pace import scaled

BAD_SAMPLES = {
    "the domain looks up": (
        "domain/money.py",
        "from paydesk.infra.core import query",
        "domain.money -> paydesk.infra.core.query",
    ),
    "the domain has a third party": ("domain/status.py", "import redis", "domain.status -> redis"),
    "the domain has a clock": ("domain/status.py", "import time", "domain.status -> time"),
    "a role imports the other": (
        "contractor/service.py",
        "from paydesk.manager import port",
        "-> paydesk.manager.port",
    ),
    "mechanics know a role": (
        "infra/worker/worker.py",
        "from paydesk.manager import role",
        "infra.worker.worker -> paydesk.manager",
    ),
    "mechanics know a screen": (
        "infra/redis/hints.py",
        "from paydesk.tui.widgets import lines",
        "infra.redis.hints -> paydesk.tui.widgets.lines",
    ),
    "a role starts servers": (
        "manager/service.py",
        "from paydesk.stack import embedded",
        "manager.service -> paydesk.stack",
    ),
    "a role reads settings": (
        "manager/app.py",
        "from paydesk import settings_file",
        "manager.app -> paydesk.settings_file",
    ),
    "a screen has a database": ("tui/widgets/lines.py", "import psycopg", "tui.widgets.lines -> psycopg"),
    "servers know payments": (
        "stack/home.py",
        "from paydesk.domain import text",
        "stack.home -> paydesk.domain.text",
    ),
    "a module of infrastructure looks up": (
        "infra/engine/relay.py",
        "from paydesk.infra.worker import worker",
        "infra.engine.relay -> paydesk.infra.worker.worker",
    ),
    "a screen writes": (
        "contractor/form.py",
        "from paydesk.contractor import commands",
        "-> paydesk.contractor.commands",
    ),
    "what commands share knows a command": (
        "cli/session.py",
        "from paydesk.cli import list_show",
        "cli.session -> paydesk.cli.list_show",
    ),
    "the group imports its commands": (
        "cli/groups.py",
        "from paydesk.cli import contractor",
        "cli.groups -> paydesk.cli.contractor",
    ),
    "what servers are made of knows the supervisor": (
        "stack/home.py",
        "from paydesk.stack import supervisor",
        "stack.home -> paydesk.stack.supervisor",
    ),
    "a module without a layer": ("infra/attic.py", "", "attic"),
    "a package without a layer": ("shed/__init__.py", "", "shed"),
}


def lint(where: Path) -> tuple[int, str]:
    """Run the linter on the sources in a folder; returns its exit code and what it said, on one line."""
    linter, config = Path(sys.executable).with_name("lint-imports"), CHECKOUT / "pyproject.toml"
    command = [str(linter), "--no-cache", "--config", str(config)]
    done = subprocess.run(command, cwd=where, capture_output=True, text=True, timeout=scaled(120), check=False)
    return done.returncode, " ".join((done.stdout + done.stderr).split())


def test_every_import_looks_down() -> None:
    code, output = lint(CHECKOUT / "src")
    assert code == 0, output
    assert "0 broken" in output


@pytest.mark.parametrize("sample", BAD_SAMPLES)
def test_the_linter_goes_red_on(sample: str, tmp_path: Path) -> None:
    path, line, named = BAD_SAMPLES[sample]
    shutil.copytree(CHECKOUT / "src" / "paydesk", tmp_path / "paydesk")
    file = tmp_path / "paydesk" / path
    file.parent.mkdir(exist_ok=True)
    text = file.read_text() if file.exists() else '"""A bad sample."""\n'
    file.write_text(f"{text}\n{line}\n")
    code, output = lint(tmp_path)
    assert code == 1 and named in output, output


def test_a_command_that_prints_imports_no_screen() -> None:
    looks = (
        "import sys, paydesk.cli.session, paydesk.cli.report; sys.exit(sorted({'textual'} & sys.modules.keys()) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", looks], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
