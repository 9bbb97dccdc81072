"""The headers of an event: CloudEvents 1.0 in Kafka's binary mode. What else is kept of an event gives them back."""

from datetime import datetime, timedelta


def headers_of(event_id: str, kind: str, source: str, request_id: str, time: str) -> list[tuple[str, str]]:
    """Return the headers of an event, in their order.

    Args:
        event_id: The id of the event.
        kind: Its type, such as ``paydesk.payment_requested.v1``.
        source: Who said it.
        request_id: The request that it is about.
        time: When it was said, in ISO 8601.
    """
    return [
        ("ce_specversion", "1.0"),
        ("ce_id", event_id),
        ("ce_type", kind),
        ("ce_source", source),
        ("ce_subject", request_id),
        ("ce_time", time),
        ("content-type", "application/json"),
    ]


def moment_in(raw: bytes | None) -> datetime | None:
    """Return the time of a header that a moment in UTC gives back byte by byte; None where it does not."""
    try:
        text = (raw or b"").decode()
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.utcoffset() == timedelta(0) and moment.isoformat() == text else None
