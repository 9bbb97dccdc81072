"""How ``doctor`` shows the versions of a locked request: side by side, a fact a line."""

from collections.abc import Iterator
from itertools import zip_longest

from rich.cells import chop_cells

from paydesk.cli.wrapping import wrapped
from paydesk.domain.text import WHOLE, clean
from paydesk.infra.postgres.read.conflicts import LockedRequest, Version
from paydesk.tui.columns import fitted, padded
from paydesk.tui.wording import moment_text

_LABEL, _CELL = 10, 32
_FACTS = ("says", "by", "revision", "amount", "due date", "cause", "time", "seen")


def lines(locked: LockedRequest) -> Iterator[str]:
    """Yield why a request is locked, then its versions, two beside each other."""
    since = f", since {moment_text(locked.since)}" if locked.since else ""
    yield f"  {clean(locked.name)} is locked{since}"
    for why in locked.why:
        yield clean(f"    {why}.", WHOLE)
    told = locked.told
    for first in range(0, len(told), 2):
        yield from _beside(told[first : first + 2])


def _beside(versions: tuple[Version, ...]) -> Iterator[str]:
    facts = [_facts(version) for version in versions]
    for name in _FACTS:
        cells = [each[name] for each in facts]
        if any(cells):
            wrapped = [[part for told in cell for part in _wrap(clean(told, WHOLE))] for cell in cells]
            for place, parts in enumerate(zip_longest(*wrapped, fillvalue="")):
                label = fitted(name if place == 0 else "", _LABEL)
                yield f"    {label}{'  '.join(padded(part, _CELL) for part in parts)}".rstrip()


def _wrap(text: str) -> list[str]:
    """Return text in lines that fit into a cell, wide characters counted as two."""
    lines = [line.strip() for line in wrapped(text, _CELL, 0).split("\n")]
    return [part for line in lines for part in chop_cells(line, _CELL)]


def _facts(version: Version) -> dict[str, list[str]]:
    told = version.document()
    money = version.register.terms.money if version.register.terms else None
    facts = {
        "says": told["says"],
        "by": told["by"],
        "revision": told["revision"],
        "amount": money,
        "due date": told["due_date"] or ("none" if money else None),
        "cause": told["cause"],
        "time": moment_text(version.at),
    }
    written = {name: [str(value)] if value is not None else [] for name, value in facts.items()}
    return written | {"seen": list(version.seen)}
