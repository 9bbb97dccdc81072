"""Tells a run of the matrix in Markdown, and keeps its rows in a file, so that a long run can be taken up again."""

import json
import os
import subprocess
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median

from tests.architecture.files import CHECKOUT
from tests.faults.control import POINTS
from tests.faults.look import ROLES
from tests.faults.rows import FROM, Row, percentile

DOCUMENT = CHECKOUT / "docs" / "reliability.md"
BEGIN, END = "<!-- written by the run: begin -->", "<!-- written by the run: end -->"
DEEP = 20
"""So many commands between commit and acknowledgement make a kill worth its name."""


def commit() -> str:
    """Return the commit that runs, with a mark when the sources differ from it."""
    git = ["git", "-C", str(CHECKOUT)]
    head = subprocess.run([*git, "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, check=True)
    changes = [*git, "status", "--porcelain", "--", "src", "tests", "deploy"]
    changed = subprocess.run(changes, capture_output=True, text=True, check=True).stdout
    return head.stdout.strip() + (" with changes" if changed else "")


def kept(file: Path) -> list[Row]:
    """Return the rows of a file; each knows of which commit it is."""
    if not file.exists():
        return []
    lines = [json.loads(text) for text in file.read_text().splitlines()]
    return [Row(**{**fields, **_counters(fields)}) for fields in lines]


def keep(file: Path, row: Row) -> None:
    """Append a row to a file."""
    with file.open("a") as lines:
        lines.write(json.dumps(vars(row)) + "\n")


def _counters(fields: dict[str, dict[str, int]]) -> dict[str, Counter[str]]:
    return {name: Counter(fields[name]) for name in ("reached", "reasons")}


def write(rows: Sequence[Row]) -> None:
    """Put what the run found into the document, in place of what the last one had."""
    text = DOCUMENT.read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    DOCUMENT.write_text(f"{before}{BEGIN}\n{table(rows)}\n{END}{after}")


def table(rows: Sequence[Row]) -> str:
    """Return everything that a run found, in Markdown."""
    parts = [_head(rows), _table(rows), _takeover(rows), _flight(rows), _reached(rows), _reasons(rows), _red(rows)]
    return "\n\n".join(part for part in parts if part)


def _head(rows: Sequence[Row]) -> str:
    total = {name: sum(getattr(row, name) for row in rows) for name in ("runs", "accepted", "absorbed")}
    wrong = ", ".join(
        f"**{sum(getattr(row, name) for row in rows)} {name}**" for name in ("lost", "doubled", "diverged")
    )
    commits = " and ".join(f"`{commit}`" for commit in dict.fromkeys(row.commit for row in rows))
    return (
        f"Commit {commits}, up to {rows[-1].at}: **{total['runs']:,} faults**, {total['accepted']:,} commands"
        f" answered as done, {wrong}, {total['absorbed']:,} duplicates absorbed; {os.cpu_count()} cores, shared with"
        " whatever else the machine did."
    )


def _table(rows: Sequence[Row]) -> str:
    lines = [
        "| fault | runs | commands accepted | lost | doubled | diverged | duplicates absorbed"
        " | median recovery | worst | counted from |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|---|",
    ]
    for row in rows:
        times = f"{median(row.recovery_s):.2f} s | {max(row.recovery_s):.2f} s" if row.recovery_s else "— | —"
        lines.append(
            f"| {row.fault} | {row.runs:,} | {row.accepted:,} | {row.lost} | {row.doubled} | {row.diverged}"
            f" | {row.absorbed:,} | {times} | {FROM[row.recovers]} |"
        )
    return "\n".join(lines)


def _killed(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row.recovers == "kill"]


def _takeover(rows: Sequence[Row]) -> str:
    """Tell how soon another worked where the holder of the lease was killed, and where it was frozen."""
    lines = []
    for kind, some in (("killed", _killed(rows)), ("frozen", [row for row in rows if row.recovers == "freeze"])):
        times = [seconds for row in some for seconds in row.takeover_s]
        if times:
            lines.append(
                f"| {kind} | {len(times)} | {percentile(times, 0.5):.2f} s | {percentile(times, 0.99):.2f} s"
                f" | {max(times):.2f} s |"
            )
    head = "| the holder of the lease | times | p50 | p99 | worst |\n|---|--:|--:|--:|--:|\n"
    title = "**Take-over**, until another had done its first check and its first work:\n\n"
    return title + head + "\n".join(lines) if lines else ""


def _flight(rows: Sequence[Row]) -> str:
    """Tell how many commands lay between commit and acknowledgement when a process was killed."""
    flight = [count for row in _killed(rows) for count in row.in_flight]
    if not flight:
        return ""
    steps = (("none", 0, 0), ("1 to 19", 1, DEEP - 1), ("20 to 49", DEEP, 49), ("50 and more", 50, 1 << 60))
    counts = " | ".join(f"{sum(least <= count <= most for count in flight)}" for _, least, most in steps)
    share = sum(count >= DEEP for count in flight) / len(flight)
    return (
        "**Commands of the struck side between commit and acknowledgement** at a kill:\n\n| "
        + " | ".join(name for name, *_ in steps)
        + f" |\n|{'--:|' * len(steps)}\n| {counts} |\n\n{share:.0%} of {len(flight)} kills met {DEEP} or more;"
        f" the median is {median(flight):.0f}."
    )


def _reached(rows: Sequence[Row]) -> str:
    """Tell how often each crash point was passed in the whole run, and how often a process was killed there."""
    reached = sum((row.reached for row in rows), Counter[str]())
    if not reached:
        return ""
    killed = {row.fault.removeprefix("SIGKILL "): row.runs for row in rows if row.fault.startswith("SIGKILL ")}
    lines = [f"| point | {' | '.join(f'{role}, reached | killed there' for role in ROLES)} |", "|---|--:|--:|--:|--:|"]
    for point in POINTS:
        cells = (f"{reached[f'{role} {point}']:,} | {killed.get(f'{role} {point}', '')}" for role in ROLES)
        lines.append(f"| {point} | {' | '.join(cells)} |")
    return "**How often each crash point was reached**, by all processes of the role:\n\n" + "\n".join(lines)


def _reasons(rows: Sequence[Row]) -> str:
    """Tell what became of bad messages."""
    reasons = sum((row.reasons for row in rows), Counter[str]())
    lines = [f"| {reason} | {times:,} |" for reason, times in reasons.most_common()]
    head = (
        "**Bad messages**, each kept with its bytes under its reason:\n\n| what became of it | messages |\n|---|--:|\n"
    )
    return head + "\n".join(lines) if lines else ""


def _red(rows: Iterable[Row]) -> str:
    wrong = [f"- {row.fault}: {line}" for row in rows for line in row.wrong]
    return "**What was wrong**:\n\n" + "\n".join(wrong) if wrong else ""
