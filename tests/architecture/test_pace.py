"""Deadlines of the tests grow with the machine."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests import pace
from tests.conftest import until

grows = pytest.mark.fault(
    kind="A slow machine gets more time for the same facts, and a test run says how much.", mended="tests/pace.py"
)


@pytest.mark.parametrize("took_s, factor", [(0.0, 1.0), (0.24, 1.0), (0.5, 2.0), (1.0, 4.0), (60.0, 8.0)])
@grows
def test_the_factor_is_what_a_round_takes_of_the_normal_from_one_to_eight(took_s: float, factor: float) -> None:
    assert pace.of(took_s) == factor


@grows
def test_a_machine_is_measured_once_and_what_is_told_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(pace.PACE)
    factor = pace.factor()
    assert 1 <= factor <= pace.MOST and pace.factor() == factor
    monkeypatch.setenv(pace.PACE, "3.5")
    assert pace.scaled(10) == 35


@grows
def test_until_waits_as_long_as_the_machine_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(pace.PACE, "3")
    looks: list[int] = []
    with pytest.raises(pytest.fail.Exception, match=r"not seen within 0\.3 s"):
        until(lambda: looks.append(1), within_s=0.1, every_s=0.01)
    assert looks


@grows
def test_a_run_says_its_factor_and_gives_a_test_its_time_by_it(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("from tests.conftest import pytest_report_header, pytest_timeout_set_timer\n")
    (tmp_path / "test_it.py").write_text("import time\ndef test_it() -> None:\n    time.sleep(0.6)\n")
    command = [sys.executable, "-m", "pytest", "-p", "timeout", "-p", "no:cacheprovider", "-c", "/dev/null"]
    command += ["-o", "timeout=0.4"]
    root = Path(__file__).parents[2]
    for factor, ends in (("1", 1), ("8", 0)):
        env = {"PYTHONPATH": str(root), pace.PACE: factor, "PATH": "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        done = subprocess.run([*command, str(tmp_path)], env=env, capture_output=True, text=True, check=False)
        assert done.returncode == ends, done.stdout + done.stderr
        assert f"pace: deadlines are multiplied by {float(factor):.2f}" in done.stdout
