"""What is asked for, as it is typed: alone, or old and new side by side."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from textual.content import Content

from paydesk.domain.payment_request import Terms, typed_fields
from paydesk.domain.text import clean
from paydesk.tui.table.columns import fitted

_LABEL = 13
_ROOMY = 60
"""With so many cells a label stands before its values, else above them."""


def asked(terms: Terms | None, empty: Sequence[str], wrong: Sequence[str]) -> Iterator[Content]:
    """Yield what is asked for; or, while it is not right, which fields are empty and which are wrong."""
    yield Content.styled("You ask for", "$secondary")
    if terms is not None:
        yield Content.styled(str(terms.money), "bold $accent")
        yield Content(clean(terms.description, 200))
    if empty:
        yield Content(f"fill in {_listed(empty)}")
    if wrong:
        yield Content(f"not right yet: {_listed(wrong)}")


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def side_by_side(old: Terms, new: Terms | None, width: int) -> Iterator[Content]:
    """Yield a line a field: what it is, and what it becomes; what changes is in the accent colour."""
    label = _LABEL if width >= _ROOMY else 0
    cells = max(8, (width - label - 2) // 2)
    yield Content.styled(f"{'':<{label}}{'It is':<{cells}}  It becomes", "$secondary")
    before, after = _shown(old), _shown(new) if new is not None else {}
    for name, was in before.items():
        becomes = after.get(name, "")
        if not was and not becomes:
            continue
        begin = f"{name:<{label}}" if label else ""
        if not label:
            yield Content.styled(name, "$secondary")
        look = "bold $accent" if was != becomes else ""
        for left, right in zip_longest(_lines(was, cells), _lines(becomes, cells), fillvalue=""):
            yield Content.assemble((begin, "$secondary"), fitted(left, cells), "  ", (fitted(right, cells), look))
            begin = " " * label


def _lines(text: str, cells: int) -> list[str]:
    return [line.plain.rstrip() for line in Content(clean(text)).wrap(cells)]


def _shown(terms: Terms) -> dict[str, str]:
    fields = {name.replace("_", " "): value for name, value in typed_fields(terms).items() if name != "currency"}
    return fields | {"amount": str(terms.money)}
