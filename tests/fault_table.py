"""Writes the table of faults in docs/reliability.md from a run: ``pytest -p tests.fault_table -m fault``.

A test that holds the right value where somebody met a fault carries ``fault(kind=…, mended=…)``. The table has a row
for each kind, with the cases that this run tried and saw pass. Nothing is written when a case fails or none ran.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import pytest

from tests.architecture.files import CHECKOUT

DOCUMENT = CHECKOUT / "docs" / "reliability.md"
BEGIN, END = "<!-- faults, written by a run: begin -->", "<!-- faults, written by a run: end -->"


@dataclass
class Kind:
    """One kind of fault: where it is mended, and which tests tried how many cases."""

    mended: set[str] = field(default_factory=set)
    cases: dict[str, int] = field(default_factory=lambda: defaultdict(int))


class FaultTable:
    """Counts the cases that pass, from the reports, so that tests may run in several processes."""

    def __init__(self) -> None:
        self.kinds: dict[str, Kind] = defaultdict(Kind)
        self.failed = 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a case that passed, and notice one that did not."""
        self.failed += report.failed
        if report.when != "call" or not report.passed:
            return
        for name, value in report.user_properties:
            if name == "fault" and isinstance(value, list | tuple):
                kind = self.kinds[value[0]]
                kind.mended.add(value[1])
                kind.cases[report.nodeid.partition("[")[0]] += 1

    def pytest_sessionfinish(self) -> None:
        """Put the table into the document."""
        if self.kinds and not self.failed:
            before, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)
            after = rest.partition(END)[2]
            DOCUMENT.write_text(f"{before}{BEGIN}\n{markdown(self.kinds)}\n{END}{after}", encoding="utf-8")


def markdown(kinds: dict[str, Kind]) -> str:
    """Return the table, kinds in alphabetical order."""
    lines = ["| what holds | cases | mended in | tests |", "|---|--:|---|---|"]
    for name, kind in sorted(kinds.items(), key=lambda pair: pair[0].casefold()):
        tests = "<br>".join(f"`{test.replace('::', ' · ')}`" for test in sorted(kind.cases))
        lines.append(f"| {name} | {sum(kind.cases.values())} | {_code(sorted(kind.mended))} | {tests} |")
    total = sum(sum(kind.cases.values()) for kind in kinds.values())
    return "\n".join([f"{len(kinds)} kinds, {total} cases, all passed.", "", *lines])


def _code(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Send the marker along with the report of its test."""
    for item in items:
        for marker in item.iter_markers("fault"):
            item.user_properties.append(("fault", (marker.kwargs["kind"], marker.kwargs["mended"])))


def pytest_configure(config: pytest.Config) -> None:
    """Count in the process that hears of every test."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(FaultTable())
