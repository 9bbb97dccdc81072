"""Whether an address or a file of the settings can be used, in words that quote nothing of it: it may be a password."""

import os
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from paydesk import secrecy
from paydesk.settings import SettingsError
from paydesk.waiting import waiting_for

_MEND = "Mend it, or leave it out."
_MOST_BYTES = 1_000_000
"""Of settings nobody writes more; a device may never end."""
_INVISIBLE = re.compile(r"[\s\x00-\x1f\x7f]")
_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_HOST = re.compile(r"(?:[A-Za-z_]+://)?(?:\[[0-9A-Fa-f:.%]+\]|[^\s:/@\[\]#?]+)(?::(?P<port>[^:]*))?")
_SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_REDIS_SCHEMES = ("redis", "rediss", "unix")
_REDIS_TAKEN = {"db", "username", "password", "client_name"}
_REDIS_TLS = {
    "ssl_ca_certs",
    "ssl_ca_path",
    "ssl_cert_reqs",
    "ssl_certfile",
    "ssl_check_hostname",
    "ssl_keyfile",
    "ssl_password",
}
_LOADS_OR_RUNS = re.compile(
    r"plugin\.library\.paths|ssl\.engine\..*|ssl_engine_.*|ssl\.providers|sasl\.kerberos\.kinit\.cmd"
    r"|(?:enable\.)?sasl\.oauthbearer\..*|.*_cb|opaque|default_topic_conf|logger"
)
"""Properties of librdkafka that load a library, run a command, or hand the login to what another place answers."""
_OURS = {
    "acks": "all",
    "request.required.acks": "all",
    "enable.idempotence": "true",
    "enable.auto.commit": "false",
    "enable.auto.offset.store": "false",
    "auto.offset.reset": "error",
    "enable.partition.eof": "true",
    "partitioner": "murmur2",
    "isolation.level": "read_committed",
    "transactional.id": "",
    "test.mock.num.brokers": "",
}
"""Properties on which the guarantees rest: paydesk sets them itself, a file may say the same and nothing else."""
_SECRET_PROPERTY = re.compile(r"password|secret|\.key$|\.pem$|jaas|token")


def login_noted(url: str) -> str:
    """Keep what may be a password in a URL, however malformed, out of every message; returns the URL."""
    secrecy.note([url])
    begin = url.find("://") + 3 if "://" in url else 0
    login, at, _ = url[begin:].rpartition("@")
    _, colon, password = login.partition(":")
    if at and colon:
        secrecy.note([password, *re.split(r"[/#?@:]", password)])
    secrecy.note(value for name, value in _query(url) if _SECRET_PROPERTY.search(name.lower()))
    return url


def _query(url: str) -> list[tuple[str, str]]:
    return parse_qsl(url.partition("?")[2], keep_blank_values=True)


def database(name: str, url: str) -> None:
    """Refuse a database URL that libpq cannot read, or would read otherwise than it is meant."""
    refuse = _refusing(name)
    _plain(url, ("postgresql", "postgres"), refuse)
    import psycopg

    try:
        parameters = psycopg.conninfo.conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        # What libpq says quotes what it read.
        wrong = next((ours for theirs, ours in _LIBPQ.items() if theirs in str(error)), "cannot be read by libpq")
        raise refuse(wrong) from None
    hosts, ports = str(parameters.get("host") or ""), str(parameters.get("port") or "")
    if "@" in hosts:
        raise refuse("has an @ in its password, which must be written %40")
    if "@" in str(parameters.get("dbname") or "") or (not parameters.get("user") and "@" in url):
        raise refuse("has a / in its password, which must be written %2F")
    _ports([port for port in ports.split(",") if port], refuse)
    if ports.count(",") and ports.count(",") != hosts.count(","):
        raise refuse("names several ports, but not one for each host")
    if (mode := parameters.get("sslmode")) and mode not in _SSL_MODES:
        raise refuse(f"has an sslmode that there is not; there are {', '.join(_SSL_MODES)}")
    if (timeout := parameters.get("connect_timeout")) and not str(timeout).lstrip("-").isdigit():
        raise refuse("has a connect_timeout that is not a whole number")


_LIBPQ = {
    "percent-encoded": "has a % that is not followed by two hexadecimal digits; a % itself is written %25",
    "URI query parameter": "has a parameter after ? that libpq does not know",
    "key/value separator": "has a parameter after ? that is not NAME=VALUE",
    "IPv6": "has an address in [ ] that is not closed",
}


def redis(name: str, url: str) -> None:
    """Refuse a Redis URL that cannot be used, or would be read otherwise than it is meant."""
    refuse = _refusing(name)
    _plain(url, _REDIS_SCHEMES, refuse)
    before_query, _, query = url.partition("?")
    if "#" in url:
        raise refuse("has a # in it; in a password it must be written %23")
    if "@" in query:
        raise refuse("has a ? in its password, which must be written %3F")
    try:
        parts = urlsplit(url)
        netloc, path = parts.netloc, parts.path
    except ValueError:
        raise refuse("has an address in [ ] that is not closed") from None
    if parts.scheme != "unix" and "@" in path:
        raise refuse("has a / in its password, which must be written %2F")
    _redis_place(parts, netloc, path, refuse)
    _redis_parameters(parts.scheme, _query(url), refuse)
    if not before_query.partition("://")[2]:
        raise refuse("names no host")


def _redis_place(parts: SplitResult, netloc: str, path: str, refuse: "Refuse") -> None:
    try:
        port = parts.port
    except ValueError:
        raise refuse("has a port that is not a number from 1 to 65535") from None
    if parts.scheme == "unix":
        if not path:
            raise refuse("names no socket")
        return
    if port == 0:
        raise refuse("has a port that is not a number from 1 to 65535")
    if not parts.hostname and netloc:
        raise refuse("names no host")
    if (number := unquote(path).strip("/")) and not number.isdigit():
        raise refuse("has a database after the host that is not a number, such as /0")


def _redis_parameters(scheme: str, given: list[tuple[str, str]], refuse: "Refuse") -> None:
    for parameter, value in given:
        if parameter in _REDIS_TLS and scheme != "rediss":
            raise refuse(f"has the parameter {parameter}, which is for rediss:// alone")
        if parameter not in _REDIS_TAKEN | _REDIS_TLS:
            known = ", ".join(sorted(_REDIS_TAKEN | _REDIS_TLS))
            raise refuse("has a parameter after ? that paydesk does not take", f"It takes {known}.")
        if parameter == "db" and not value.isdigit():
            raise refuse("has a db that is not a number")
        if parameter == "ssl_cert_reqs" and value not in ("none", "optional", "required"):
            raise refuse("has an ssl_cert_reqs that there is not; there are none, optional, required")


def brokers(name: str, servers: str) -> None:
    """Refuse Kafka's addresses where they are not host:port, several divided by commas."""
    refuse = _refusing(name)
    for address in servers.split(","):
        if "@" in address:
            raise refuse("names a login; it belongs into the file that PAYDESK_KAFKA_CONFIG names")
        match = _HOST.fullmatch(address.strip())
        if match is None:
            raise refuse("is not host:port, several divided by commas")
        if match["port"] is not None:
            _ports([match["port"]], refuse)


Refuse = Callable[..., SettingsError]


def _refusing(name: str) -> Refuse:
    """Return what makes the error of a setting."""

    def refuse(wrong: str, hint: str = _MEND) -> SettingsError:
        return SettingsError(f"{name} {wrong}.", hint, name)

    return refuse


def _plain(url: str, schemes: tuple[str, ...], refuse: Refuse) -> None:
    """Refuse a URL with white space, another beginning, or a % that is no escape."""
    if url[:1].isspace():
        raise refuse("begins with a blank")
    scheme, there, rest = url.partition("://")
    if not there or scheme not in schemes:
        raise refuse(f"does not begin with {', '.join(f'{scheme}://' for scheme in schemes)}")
    if match := _INVISIBLE.search(url):
        raise refuse(f"has a blank or an invisible character in place {match.start() + 1}")
    if not rest:
        raise refuse("names no server")
    if _PERCENT.search(url):
        raise refuse(_LIBPQ["percent-encoded"])
    if "%00" in url:
        raise refuse("has %00 in it, which no server takes")
    try:
        unquote(url, errors="strict")
    except UnicodeDecodeError:
        raise refuse("has a % that stands for no character of UTF-8; a % itself is written %25") from None


def _ports(ports: list[str], refuse: Refuse) -> None:
    if not all(port.isascii() and port.isdigit() and 0 < int(port) < 65536 for port in ports):
        raise refuse("has a port that is not a number from 1 to 65535")


def text_of(path: Path, label: str) -> str:
    """Return the text of a file, which is UTF-8 whatever the locale; a byte order mark is taken off.

    A pipe is read to its end, which may be waited for. Raises ``SettingsError``.
    """
    try:
        with waiting_for(f"{label[0].lower()}{label[1:]} {path}"), path.open("rb") as file:
            raw = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise SettingsError(f"{label} {path} cannot be read: {error.strerror}.", "Mend or remove it.") from None
    if len(raw) > _MOST_BYTES:
        raise SettingsError(f"{label} {path} is larger than 1 MB.", "Name another file.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        line, column = before.count(b"\n") + 1, error.start - (before.rfind(b"\n") + 1) + 1
        raise SettingsError(
            f"{label} {path} is not UTF-8: line {line}, column {column}.", "Save it as UTF-8."
        ) from None


def exposed(path: Path) -> str:
    """Return what everybody may do with a file, ``read`` or ``change``, else an empty string; devices are passed."""
    try:
        status = path.stat()
    except OSError:
        return ""
    if not stat.S_ISREG(status.st_mode):
        return ""
    return "change" if status.st_mode & stat.S_IWOTH else "read" if status.st_mode & stat.S_IROTH else ""


def is_read_only(path: Path) -> bool:
    """Whether the file is on a mount that cannot be written, as containers are given their secrets."""
    return bool(os.statvfs(path).f_flag & os.ST_RDONLY)


def private(path: Path, label: str) -> None:
    """Refuse a file of passwords that everybody may read or change; on a read-only mount ``doctor`` says so."""
    if (others := exposed(path)) and not is_read_only(path):
        raise SettingsError(f"{label} {path} holds passwords and others can {others} it.", f"chmod 600 {path}")


def kafka_properties(path: Path) -> dict[str, str]:
    """Return librdkafka settings from a file, one name=value a line. Raises ``SettingsError``."""
    label, properties = "The Kafka settings file", dict[str, str]()
    for number, line in enumerate(text_of(path, label).splitlines(), 1):
        if not line.strip() or line.lstrip().startswith(("#", "!")):
            continue
        name, there, value = (part.strip() for part in line.partition("="))
        if not there or not name:
            raise SettingsError(f"{label} {path}: line {number} is not NAME=VALUE.", "Mend or remove it.")
        if _SECRET_PROPERTY.search(name):
            secrecy.note([value])
        _property(f"{label} {path}", name, value)
        properties[name] = value
    if any(_SECRET_PROPERTY.search(name) for name in properties) or exposed(path) == "change":
        private(path, label)
    return properties


def _property(where: str, name: str, value: str) -> None:
    if _LOADS_OR_RUNS.fullmatch(name):
        raise SettingsError(
            f"{where} has {name}, which loads or runs something: paydesk does not take it.", "Remove that line."
        )
    if name in _OURS and value != _OURS[name]:
        raise SettingsError(
            f"{where} has {name}, which paydesk sets itself: its promises rest on it.", "Remove that line."
        )


def facts(value: Any) -> str:
    """Return a library's error in one line without any secret."""
    return secrecy.hide(" ".join(str(value).split()))[:300]
