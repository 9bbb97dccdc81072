"""Bars made of line characters: as long as a number is large beside the largest one."""

_HALF = "╸"


def bar(value: int, most: int, cells: int) -> str:
    """Return a bar, padded to ``cells``; anything above nothing is seen."""
    if value <= 0 or most <= 0 or cells <= 0:
        return " " * max(0, cells)
    halves = max(1, min(2 * cells, round(2 * cells * value / most)))
    return ("━" * (halves // 2) + _HALF * (halves % 2)).ljust(cells)
