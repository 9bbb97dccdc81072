"""What came too late: a revision or a withdrawal that lapsed, as what stood before it was accepted meanwhile."""

from collections.abc import Iterable

from paydesk.domain.copy import RequestCopy


def lapsed_text(before: Iterable[RequestCopy], rows: Iterable[RequestCopy]) -> str:
    """Return what lapsed of the requests that were shown a moment ago; empty when nothing did."""
    known = {row.id: row for row in before}
    told = [_told(row) for row in rows if row.lapsed and row.id in known and not known[row.id].lapsed]
    more = f" {len(told) - 1} more lapsed." if len(told) > 1 else ""
    return told[0] + more if told else ""


def _told(copy: RequestCopy) -> str:
    assert copy.request is not None
    late = []
    if copy.request.revision != copy.revision:
        late.append(f"revision {copy.request.revision}")
    if copy.request.withdrawal_asked:
        late.append("the withdrawal")
    return f"{copy.number} was accepted; {' and '.join(late)} came too late and lapsed."
