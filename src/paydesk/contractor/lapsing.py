"""How what was asked for ended: a withdrawal that is confirmed, and a revision or a withdrawal that came too late."""

from collections.abc import Iterable, Sequence

from paydesk.domain.copy import RequestCopy
from paydesk.domain.status import Status


def lapsed_text(before: Iterable[RequestCopy], rows: Iterable[RequestCopy]) -> str:
    """Return what lapsed of the requests that were shown a moment ago; empty when nothing did."""
    known = {row.id: row for row in before}
    sentences = [late_text(row) for row in rows if row.id in known and not known[row.id].lapsed]
    return _first([text for text in sentences if text], "lapsed")


def late_text(copy: RequestCopy) -> str:
    """Return what of a request came after it was accepted, and lapsed; empty when nothing did."""
    if not copy.lapsed or copy.request is None:
        return ""
    late = []
    if copy.request.revision != copy.revision:
        late.append(f"revision {copy.request.revision}")
    if copy.request.withdrawal_asked:
        late.append("the withdrawal")
    return f"{copy.number} was accepted; {' and '.join(late)} came too late and lapsed."


def confirmed_text(before: Iterable[RequestCopy], rows: Iterable[RequestCopy]) -> str:
    """Return which of the requests that were shown a moment ago are withdrawn for good now; empty when none is."""
    asked = {row.id for row in before if row.status is not Status.WITHDRAWN}
    ended = (row for row in rows if row.status is Status.WITHDRAWN and row.id in asked)
    sentences = [f"{row.number} is withdrawn, confirmed." for row in ended]
    return _first(sentences, "are")


def _first(sentences: Sequence[str], verb: str) -> str:
    """Return the first sentence in full, and how many more there are."""
    more = f" {len(sentences) - 1} more {verb}." if len(sentences) > 1 else ""
    return sentences[0] + more if sentences else ""
