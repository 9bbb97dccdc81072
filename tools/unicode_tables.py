"""``python tools/unicode_tables.py``: write ``unicode_data.py`` and ``unicode_scripts.py`` of ``src/paydesk/domain``.

They hold Unicode's own data, so that no rule depends on the tables of the interpreter.

Run it with Python 3.11, whose tables are the oldest that paydesk meets, in an environment of its own with the packages
that carry the newest: ``pip install fonttools==4.68.0 unicodedata2==18.0.0``.
"""

import sys
import textwrap
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

import unicodedata2
from fontTools import unicodedata as scripts

OLDEST = "14.0.0"
DOMAIN = Path(__file__).parent.parent / "src" / "paydesk" / "domain"
# Fillers and marks that paint nothing, and what is set aside for more of them; format controls are found by category.
UNSEEN = {0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2065, 0x2800, 0x3164, 0xFFA0, *range(0xFFF0, 0xFFF9)}
UNSEEN |= set(range(0xE0000, 0xE1000))
NO_CHARACTERS = set(range(0xFDD0, 0xFDF0))
NO_CHARACTERS |= {plane + end for plane in range(0, 0x110000, 0x10000) for end in (0xFFFE, 0xFFFF)}
HEAD = '''"""{says} Written by ``tools/unicode_tables.py``, never by hand.

Ranges are in hexadecimal, of Unicode {version}.
"""

'''


def kind(code: int) -> str:
    """Return what the text rules do with a character: hostile, mark, joinable, or nothing special."""
    category = unicodedata2.category(chr(code))
    if code in UNSEEN or code in NO_CHARACTERS or category in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"):
        return "hostile"
    if category in ("Mn", "Me"):
        return "mark"
    # What is assigned later may be of a script that needs joiners, or an emoji.
    return "joinable" if category in ("So", "Sk", "Lo", "Mc", "Lm", "Cn") else ""


def script(code: int) -> str:
    """Return the scripts in which a character is used."""
    names = scripts.script_extension(chr(code))
    return " ".join(sorted(names)) if "Zzzz" not in names else ""


def known(code: int) -> str:
    """Return whether the oldest Unicode had a character."""
    return "known" if unicodedata.category(chr(code)) != "Cn" else ""


def ranges(of: Callable[[int], str]) -> dict[str, list[str]]:
    """Return the ranges of each value over all code points."""
    by_value: dict[str, list[str]] = {}
    start, value = 0, of(0)
    for code in range(1, 0x110001):
        new = of(code) if code < 0x110000 else None
        if new != value:
            if value:
                by_value.setdefault(value, []).append(f"{start:X}" + (f"-{code - 1:X}" if code - 1 > start else ""))
            start, value = code, new
    return by_value


def table(name: str, of: Callable[[int], str], says: str) -> Iterator[str]:
    """Yield the lines of one table."""
    yield f"{name} = {{"
    for value, written in sorted(ranges(of).items()):
        lines = textwrap.wrap(" ".join(written), 110, break_on_hyphens=False)
        if len(lines) == 1 and len(lines[0]) + len(value) < 105:
            yield f'    "{value}": "{lines[0]}",'
            continue
        yield f'    "{value}": """'
        yield from lines
        yield '""",'
    yield "}"
    yield f'"""{says}"""'


def write(name: str, says: str, *tables: Iterator[str]) -> None:
    """Write a module of tables."""
    lines = "\n".join(line for each in tables for line in each)
    (DOMAIN / name).write_text(HEAD.format(says=says, version=unicodedata2.unidata_version) + lines + "\n")


def main() -> None:
    """Write both modules."""
    if unicodedata.unidata_version != OLDEST:
        sys.exit(f"Run it with the Python whose unicodedata is {OLDEST}, which is Python 3.11.")
    kinds = table("KINDS", kind, "What text may not hold, marks that stack, and what a joiner may stand between.")
    old = table("KNOWN", known, f"The characters of Unicode {OLDEST}: every Python normalises and folds these alike.")
    write("unicode_data.py", "What the text rules ask of each character.", kinds, old)
    used = table("SCRIPTS", script, "Zyyy and Zinh go with every script.")
    write("unicode_scripts.py", "In which scripts each character is used.", used)


if __name__ == "__main__":
    main()
