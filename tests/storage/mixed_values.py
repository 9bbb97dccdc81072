"""What stands in the fields of a message, right and wrong: texts, moments, days, numbers, links, headers, raw bytes."""

import json
from collections.abc import Callable
from random import Random
from typing import Any

TEXTS = (
    "Logo [v2]", "O'Neil & sons, 50% of it", "Ørsted façade", "Čeština žluťoučký kůň", "北京 印刷", "日本語テキスト",
    "한국어 텍스트", "עברית", "نامه‌ای", "क्‍ष", "Ελληνικά", "Кириллица", "🙂 party",
    "👩‍🚀 suit", "❤️ card", "ẞß ſt", "½ ² €", "ﬁnal", "x̌ marks", "x" * 500, "é" * 500, "🙂" * 500,
    "Ǆ ǅ ǆ", "a\u2003b", "a\u00a0b", "ⅷ", "\u1e9e", "İstanbul ılık", "ɐ", "ÿ", "a  b",
)  # fmt: skip
BAD_TEXTS = (
    "zero\u200bwidth", "\u202eevil", "soft\u00adhyphen", "A\u030a", "tab\there", "line\nbreak", " before", "behind ",
    "", " ", "x" * 501, "é" * 501, "x" * 3000, "lost \ufffd", "\x1b]52;c;", "\x07", "\x7f", "\x85", "\u2028",
    "a\u0301" * 9,
    "b" + "\u0323" * 9, "\u200d", "a\u200d", "\ufe0f", "\ufeff", "\U000e0041", "\u0378", "\u2126", "\u212b",
    "\uac00\u11a8",
    "\u0000", "nul\u0000", "\r\n", "\ufffe", "\u115f", "\u3164", "\U0001f3fb\u200d", "\ue000", "\ud7a4",
)  # fmt: skip
NAMES = ("ada", "Bo Ek", "Ørsted", "李雷", "O'Neil", "n" * 70, "é" * 70, "Zoë", "ада", "ﾀﾅｶ", "İnci")
BAD_NAMES = ("", " ada", "ada ", "n" * 71, "a\u200bda", "Zoe\u0308", "a\nb", "\u202eada", "\ufffd")
LINKS = (
    "https://example.org/a.pdf", "https://example.org", "https://example.org:8443/a%20b.pdf?x=1#y",
    "https://xn--bcher-kva.ch/",
    "https://bücher.ch/ü", "https://[::1]/a", "https://a.b/@x", "https://EXAMPLE.org/A", "https://example.org:0/",
    "https://.",
    "https://example.org:99999/", "https://example.org:x/", "https://-/", "https://a/" + "p" * 490, "https://a?b=@",
    "https://a_b/[x]",
)  # fmt: skip
BAD_LINKS = (
    "http://example.org", "https://", "https:///a", "https://user@example.org/", "https://a b/", "javascript:alert(1)",
    "HTTPS://example.org/", "https://[::1", "https://[x]/", "//example.org", "example.org", "https://a/" + "p" * 491,
    "https://a/\u200b", "https://a\\b@c/", "https://ex\u2100mple/", " https://a/", "https:a", "https://:80/",
)  # fmt: skip
MONEYS = (
    (125050, "EUR", 2), (1, "JPY", 0), (999, "KWD", 3), (10**15 - 1, "USD", 2), (7, "DEM", 2), (50, "CLF", 4),
    (12, "X" * 3, 0),
    (100, "ABC", 1), (4200, "GBP", 2),
)  # fmt: skip
BAD_MONEYS = (
    (0, "EUR", 2), (-5, "EUR", 2), (10**15, "EUR", 2), (2**63, "EUR", 2), (2**64, "EUR", 2), (10**30, "EUR", 2),
    (5, "eur", 2),
    (5, "EU", 2), (5, "EURO", 2), (5, "", 2), (5, "E1R", 2), (5, "EÜR", 2), (5, "EUR", 5), (5, "EUR\n", 2),
    (5, "E\u0000R", 2),
)  # fmt: skip
DAYS = ("2026-12-31", "1970-01-01", "2999-12-31", "2028-02-29", "0001-01-01", "9999-12-31", "3001-01-01")
BAD_DAYS: tuple[Any, ...] = (
    "2026-02-30", "20261231", "2026-12-31T00:00:00", "2026-12-31T10:00:00", "2026-12-31T00:00:00Z", 1798675200, 1.5,
    "1798675200",
    "2026-1-1", "+2026-12-31", "2026-365", "2026-W53-4", "", " 2026-12-31", "2026-12-31 ", "０026-12-31", "0000-01-01",
    "10000-01-01", True, [], "2026/12/31", "2026-12-31\n",
)  # fmt: skip
TIMES: tuple[Any, ...] = (
    "2026-11-23T09:00:00Z", "2026-11-23T09:00:00.5Z", "2026-11-23T09:00:00.123456Z", "2026-11-23T09:00:00.123Z",
    "2026-11-23T09:00:00+00:00", "2026-11-23T11:00:00+02:00", "2026-11-23T09:00:00-05:30",
    "2026-11-23T09:00:00.123456+13:45",
    "1900-01-01T00:00:00Z", "9998-12-31T23:59:59Z", "2026-11-23T09:00:00-00:00", "2026-11-23T09:00:00.000000Z",
)  # fmt: skip
ODD_TIMES: tuple[Any, ...] = (
    "2026-11-23T09:00:00", "2026-11-23 09:00:00Z", "2026-11-23t09:00:00z", "2026-11-23_09:00:00Z", "2026-11-23T09:00Z",
    "2026-11-23T09:00:00.1234567Z", "2026-11-23T09:00:00.999999999Z", "2026-11-23T09:00:00,5Z", "2026-11-23T09:00:60Z",
    "2026-11-23T24:00:00Z", "2026-11-23T09:00:00+0200", "2026-11-23T09:00:00+02", "2026-11-23T09:00:00+15:59",
    "2026-11-23T09:00:00+24:00", "2026-11-23T09:00:00-15:59", "2026-11-23T09:00:00 Z", "2026-11-23", "20261123T090000Z",
    "2026-W48-1T09:00:00Z", "1899-12-31T23:59:59Z", "1899-12-31T23:59:59-01:00", "9999-01-01T00:00:00Z",
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.999999Z", "10000-01-01T00:00:00Z", "", "now", 1700000000,
    1700000000.5,
    1700000000000, "1700000000", "1700000000.25", -1, True, [], "2026-11-23T09:00:00.Z", "2026-11-23T9:00:00Z",
    "2026-11-23T09:00:00Z ",
    " 2026-11-23T09:00:00Z", "2026-11-23T09:00:00+02:00:30", "2026-11-23T09:00:00+02:0", "2026-02-29T09:00:00Z",
    "2026-11-23T25:00:00Z",
    "2026-11-23T09:00:00UTC", "２026-11-23T09:00:00Z", "2026-11-23T09:00:00\u221205:00", "2026-11-23T09:00:00+02:60",
)  # fmt: skip
NUMBERS = ("PR-1", "PR-1001", "PR-000000000001", "PR-999999999999", None)
BAD_NUMBERS: tuple[Any, ...] = (
    "PR-",
    "PR-1000000000000",
    "pr-1",
    "PR-١",
    "PR-1\n",
    " PR-1",
    "",
    "PR-1.0",
    5,
    "x",
    "PR-1\u200b",
)
ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2, 7, 1.0, 1.5, 1e3, -0.0, 2**31 - 1, 2**31, 2**40, 2**63 - 1, 2**63, 2**64, 10**30,
    "1", "", " ", "x",
    [], [1], {}, {"a": 1}, "\u0000", float("nan"), float("inf"), "none", "accepted", "withdrawn", "ACCEPTED",
    "0" * 64, "x" * 101,
)  # fmt: skip
EXPONENTS: tuple[Any, ...] = (0, 1, 2, 3, 4, 5, 9, 2.0, "2", None, True, [])
CAUSES = (
    ("duplicate", None), ("wrong_amount", "It is 12."), ("missing_document", None), ("not_agreed", "no order"),
    ("wrong_payee", None),
    ("needs_info", "Which logo? 🙂"), ("other", "Ørsted's"), ("duplicate", "x" * 500), ("not_agreed", "é" * 500),
    ("duplicate", "   "),
)  # fmt: skip
BAD_CAUSES: tuple[Any, ...] = (
    ("other", None), ("needs_info", "ab"), ("wrong_amount", ""), ("duplicate", "ab"), ("duplicate", "x" * 501),
    ("", "x"), ("Duplicate", None),
    (" other ", "because"), ("unknown", None), (None, "a note"), (None, None), (7, None), ("other", "a\u200bb"),
    ("other", " padded "),
    ("other", "Zoe\u0308"), ("other", "two\nlines"), ("other", "\ufffd\ufffd\ufffd"), ("duplicate", ""),
)  # fmt: skip
COMMANDS: tuple[Any, ...] = (
    "", "x", "0190b3a0-0000-7000-8000-00000000000A", "0190b3a0000070008000000000000001",
    "{0190b3a0-0000-7000-8000-000000000001}",
    "urn:uuid:0190b3a0-0000-7000-8000-000000000001", "x" * 100, "x" * 101, None, 5, "\u0000",
    "0190b3a0-0000-7000-8000-00000000000g",
)  # fmt: skip
HASHES: tuple[Any, ...] = ("", "0" * 64, "0" * 65, "G" * 64, "a\u200b", "\x07", None, 5, "a hash", "é" * 64)
TYPES = (
    b"paydesk.payment_requested.v1", b"paydesk.payment_revised.v1", b"paydesk.payment_withdrawal_requested.v1",
    b"paydesk.payment_accepted.v1", b"paydesk.payment_rejected.v1", b"paydesk.payment_withdrawn.v1",
    b"paydesk.payment_requested.v2",
    b"paydesk.payment_paid.v1", b"", b"x" * 300, b"paydesk.digest.v1", b"paydesk.resync_requested.v1",
    b"PAYDESK.payment_accepted.v1",
)  # fmt: skip
HEADERS: tuple[tuple[str, bytes | None], ...] = (
    ("ce_specversion", b"0.3"), ("ce_specversion", b"1.1"), ("ce_specversion", b"1.0 "), ("ce_specversion", None),
    ("ce_id", b"x"), ("ce_id", b""), ("ce_id", None), ("ce_id", b"\xff"), ("ce_id", b"nul\x00"),
    ("ce_source", b"/paydesk/eve"),
    ("ce_source", b""), ("ce_source", b"/paydesk/contractor"), ("ce_source", b"/paydesk/manager"),
    ("ce_subject", b"x"), ("ce_subject", None),
    ("content-type", b"text/plain"), ("content-type", None),
    ("traceparent", b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
    ("x", b"\xf0\x28\x8c\xbc"), ("x\x00", b"y"), ("", b""), ("ünïcode", "☃".encode()),
)  # fmt: skip
BIG, DEEP = "@@BIG@@", "@@DEEP@@"
"""What stands in JSON in place of a number of 5,000 digits, and of lists within lists."""


def _field(written: bytes) -> Callable[[bytes, Random], bytes]:
    """Return a change that puts a field, as it is written, before all others."""
    return lambda value, _: value[:1] + written + b"," + value[1:]


def _first(name: str, written: bytes) -> Callable[[bytes, Random], bytes]:
    """Return a change that has a field stand twice."""
    return lambda value, _: value.replace(
        b'"%s":' % name.encode(), b'"%s":%s,"%s":' % (name.encode(), written, name.encode()), 1
    )


def _deep(depth: int, opening: bytes, closing: bytes) -> Callable[[bytes, Random], bytes]:
    return _field(b'"deep":' + opening * depth + b"0" + closing * depth)


def _cut(value: bytes, random: Random) -> bytes:
    return value[: random.randrange(len(value))]


def _flip(value: bytes, random: Random) -> bytes:
    at = random.randrange(len(value))
    return value[:at] + bytes([random.randrange(256)]) + value[at + 1 :]


def _swap(value: bytes, random: Random) -> bytes:
    at = random.randrange(len(value) - 1)
    return value[:at] + value[at + 1 : at + 2] + value[at : at + 1] + value[at + 2 :]


def _ascii(value: bytes, _: Random) -> bytes:
    return json.dumps(json.loads(value)).encode()


def _escaped(value: bytes, random: Random) -> bytes:
    """Write some characters as they need not be written; what it says is the same."""
    some = random.choice((b"a", b"e", b"o", b"-", b"1", b"/", b"P"))
    return value.replace(some, b"\\/" if some == b"/" else b"\\u%04x" % some[0])


def _padded(size: int) -> Callable[[bytes, Random], bytes]:
    return lambda value, _: value + b" " * (size - len(value))


def _reordered(value: bytes, random: Random) -> bytes:
    pairs = list(json.loads(value).items())
    random.shuffle(pairs)
    return json.dumps(dict(pairs), ensure_ascii=False, indent=random.choice((None, 1))).encode("utf-8", "surrogatepass")


RAW: tuple[Callable[[bytes, Random], bytes], ...] = (
    *(_first("version", written) for written in (b"7", b'"x"', b"null", b"1.5", b"NaN")),
    *(_first("terms", written) for written in (b"{}", b"null", b'{"amount_minor":1}', b"[]")),
    *(_first(name, b'"other"') for name in ("id", "actor", "currency", "description", "contractor", "outcome")),
    _first("unknown", b'"other"'),
    *(_field(b'"x":' + written) for written in (
        b"1", b"NaN", b"Infinity", b"-Infinity", b"1e999", b"1e-999", b"-0", b"9" * 5000, b"1." + b"0" * 5000,
        b"null", b'{"id":1}',
        b'"\\ud800"', b'"\\udc00"', b'"\\ud83d\\ude42"', b'"\\u0000"', b'"\xff"', b'"\xc0\x80"', b'"\xed\xa0\x80"',
        b'"\\x41"',
        b'"\x01"', b'"\n"', b'"\x7f"', b"01", b".5", b"1.", b"+1", b"0x1", b"-", b"1e", b"tru", b"True", b"'x'", b"",
        b'{"a":1,"a":2}',
        b"[1,]", b'{"a":1,}', b"[1 2]", b'{"a" 1}', b"{a:1}", b'{1:2}',
    )),
    *(_deep(depth, b"[", b"]") for depth in (10, 100, 190, 197, 198, 199, 200, 201, 202, 250, 1000, 5000)),
    *(_deep(depth, b'{"a":', b"}") for depth in (10, 100, 198, 199, 200, 201, 1000)),
    _field(b'"":1'), _field(b'"\\ud800":1'), _field(b'"\xff":1'), _field(b'"ver\\u0073ion":9'),
    _field(b'"Version":9'), _field(b'"__class__":1'),
    lambda value, _: b"\xef\xbb\xbf" + value, lambda value, _: b" \t\r\n" + value + b"\n ", lambda value,
    _: b"\x0b" + value,
    lambda value, _: value + b",", lambda value, _: value + b"}", lambda value, _: value + b"\x00", lambda value,
    _: value + value,
    lambda value, _: value + b"//", lambda value, _: value[:-1] + b",}", lambda value, _: b"[" + value + b"]",
    lambda value, _: value.decode().encode("utf-16"), lambda value, _: value.replace(b'"', b"'"), lambda _, __: b"",
    lambda _, __: b"null",
    lambda _, __: b"[]", lambda _, __: b"{}", lambda _, __: b'"x"', lambda _, __: b"\xff", lambda _, __: b"{",
    lambda _, __: b"[" * 60000,
    _padded(65536), _padded(65537), _ascii, _ascii, _ascii, _escaped, _escaped, _escaped, _reordered, _reordered,
    _cut, _flip, _flip, _swap,
)  # fmt: skip
