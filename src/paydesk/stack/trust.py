"""Whom to trust while the broker's files are fetched, and why they cannot be, in words and with what to set."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager

_CERTIFICATE = "Name the file of your certificates by SSL_CERT_FILE or REQUESTS_CA_BUNDLE; the next start tries again."
_PROXY = "Look at HTTPS_PROXY, or name a mirror by PAYDESK_MAVEN_REPOSITORY; the next start tries again."
_NETWORK = "Look at the network, or name a mirror by PAYDESK_MAVEN_REPOSITORY; the next start tries again."


@contextmanager
def system_store() -> Iterator[None]:
    """Have what is fetched meanwhile trust what the machine trusts, beside what the packages bring along."""
    import truststore

    truststore.inject_into_ssl()
    try:
        yield
    finally:
        truststore.extract_from_ssl()


def cause(error: BaseException) -> tuple[str, str]:
    """Return why a file could not be fetched, in a few words, and what to do."""
    import requests

    errors = list(_chain(error))
    for link in errors:
        if isinstance(link, ssl.SSLCertVerificationError):
            reason = link.verify_message or link.reason or "unknown"
            return f"its certificate is not trusted: {reason}", _CERTIFICATE
        if isinstance(link, ssl.SSLError):
            return f"TLS failed: {link.reason or link}", _CERTIFICATE
    for link in errors:
        if isinstance(link, requests.exceptions.ProxyError):
            return "the proxy does not let it through", _PROXY
        if isinstance(link, requests.exceptions.Timeout):
            return "no answer came in time", _NETWORK
        if isinstance(link, requests.exceptions.ConnectionError):
            return "it cannot be reached", _NETWORK
        if isinstance(link, requests.exceptions.HTTPError) and link.response is not None:
            return f"the answer is {link.response.status_code}", _NETWORK
        if isinstance(link, OSError) and link.strerror:
            return link.strerror.lower(), _NETWORK
    return str(error) or type(error).__name__, _NETWORK


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what led to it: libraries keep that as a cause, a context, an argument or a reason."""
    seen: list[BaseException] = []
    waiting = [error]
    while waiting:
        link = waiting.pop(0)
        if any(link is known for known in seen):
            continue
        seen.append(link)
        yield link
        led = (link.__cause__, link.__context__, getattr(link, "reason", None), *link.args)
        waiting += [part for part in led if isinstance(part, BaseException)]
