"""Whatever a terminal sends, the desk lives: sequences of other protocols, halves of them, numbers that cannot be."""

import os
import random
import sys
from collections.abc import Iterator

import pytest
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual.events import Key, MouseEvent, Paste
from textual.message import Message

from paydesk.tui import key_sequences
from paydesk.tui.textual_private import DeskParser
from tests.e2e.terminal import Terminal

LIVES = pytest.mark.fault(
    kind="Whatever a terminal sends, the desk lives, and what it does not know does nothing.",
    mended="tui/textual_private.py",
)
pytestmark = LIVES

LONG_KEYS = {
    "\x1b[106;1:3u": [],
    "\x1b[106;1:1u": ["j"],
    "\x1b[106;1:2u": ["j"],
    "\x1b[106;:1u": ["j"],
    "\x1b[106::106u": ["j"],
    "\x1b[97:65;2;65u": ["A"],
    "\x1b[97:65;2:1;65u": ["A"],
    "\x1b[97;5:1u": ["ctrl+a"],
    "\x1b[1;1:1A": ["up"],
    "\x1b[1;1:3A": [],
    "\x1b[3;5:1~": ["ctrl+delete"],
    "\x1b[13;1:1u": ["enter"],
}
NOTHING = [
    "\x1b[;;;u",
    "\x1b[99999999999999999999u",
    "\x1b[1114112;1u",
    "\x1b[55296;1u",
    "\x1b[106;99999999999999999999u",
    "\x1b]11;rgb:1a1a/2b2b/aaaa\x1b\\",
    "\x1b]52;c;YWFhYQ==\x07",
    "\x1b]0;" + "a" * 9000 + "\x07",
    "\x1bP>|xterm(aaa)\x1b\\",
    "\x1bP1$r0 q\x1b\\",
    "\x1b_Gi=1;OK\x1b\\",
    "\x1b^aaa\x1b\\",
    "\x1bXaaa\x1b\\",
    "\x1b[?1;2c",
    "\x1b[>0;276;0c",
    "\x1b[?62;\x18",
    "\x1b[?2027;0$y",
    "\x1b[<0;0;0M",
    "\x1b[<99999999999;99999999999;99999999999M",
    "\x1b[<;;M",
    "\x1b[M aa",
    "\x1b[48;0;0;0;0t",
    "\x1b[48;99999999;99999999;1;1t",
    "\x1b[8;24;80t",
    "\x1b[999999999~",
    "\x1b[" + "1;" * 40 + "m",
    "\x1b[201~",
]


class Time:
    """The parser's clock."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Time:
    clock = Time()
    monkeypatch.setattr("paydesk.tui.textual_private.time.monotonic", clock)
    return clock


def read(parser: DeskParser, text: str, clock: Time, cut: int = 10_000) -> list[Message]:
    """Return what the parser makes of a text that comes in pieces, and of nothing after it."""

    def messages() -> Iterator[Message]:
        for start in range(0, len(text), cut):
            yield from parser.feed(text[start : start + cut])
            clock.now_s += 0.01
            yield from parser.tick()
        clock.now_s += 2
        yield from parser.tick()

    return list(messages())


def keys(messages: list[Message]) -> list[str]:
    return [message.key for message in messages if isinstance(message, Key)]


@pytest.mark.parametrize("cut", [1, 3, 10_000])
@pytest.mark.parametrize("sequence", LONG_KEYS)
def test_a_key_in_its_long_form_is_that_key_and_letting_go_is_none(sequence: str, cut: int, clock: Time) -> None:
    assert keys(read(DeskParser(), sequence, clock, cut)) == LONG_KEYS[sequence]


def test_a_plain_key_in_its_long_form_is_typed_into_a_field(clock: Time) -> None:
    [key] = read(DeskParser(), "\x1b[106;1:1u", clock)
    assert isinstance(key, Key) and key.character == "j" and key.is_printable


@pytest.mark.parametrize("cut", [1, 7, 10_000])
@pytest.mark.parametrize("sequence", NOTHING, ids=lambda sequence: repr(sequence[:24]))
def test_an_unknown_or_malformed_sequence_does_nothing_and_the_next_key_works(
    sequence: str, cut: int, clock: Time
) -> None:
    parser = DeskParser()
    messages = read(parser, sequence, clock, cut)
    assert keys(messages) == [] and not any(isinstance(message, (MouseEvent, Paste)) for message in messages), messages
    assert keys(read(parser, "j", clock)) == ["j"]


@pytest.mark.parametrize("sequence", [known for known in ANSI_SEQUENCES_KEYS if known != "\x1b\x1b"], ids=repr)
def test_every_key_that_the_framework_knows_is_still_that_key(sequence: str, clock: Time) -> None:
    from textual._xterm_parser import XTermParser

    plain = XTermParser()
    usual = [*plain.feed(sequence)]
    if plain._timeout_time is not None:
        plain._timeout_time = 0.0
        usual += plain.tick()
    assert keys(read(DeskParser(), sequence, clock)) == keys(usual)


@pytest.mark.parametrize("begun", ["\x1b[10", "\x1b]11;rgb:aa", "\x1bP1$r", "\x1b[M", "\x1b[<0;1", "\x1bO1"])
def test_the_beginning_of_a_sequence_is_given_up_after_a_while(begun: str, clock: Time) -> None:
    parser = DeskParser()
    assert keys(read(parser, begun, clock)) == []
    assert keys(read(parser, "aj", clock)) == ["a", "j"]


def test_escape_and_alt_are_keys_as_before(clock: Time) -> None:
    assert keys(read(DeskParser(), "\x1b", clock)) == ["escape"]
    assert keys(read(DeskParser(), "\x1ba", clock)) == ["alt+a"]
    assert keys(read(DeskParser(), "\x1b\x1b[A", clock)) == ["escape", "up"]
    assert keys(read(DeskParser(), "\x1b[", clock)) == ["left_square_bracket"]


def test_a_paste_without_an_end_ends_by_itself_and_one_without_a_beginning_is_nothing(clock: Time) -> None:
    parser = DeskParser()
    [paste] = read(parser, "\x1b[200~a\x1b]52;c;eA==\x07b\x00", clock)
    assert isinstance(paste, Paste) and paste.text == "a\ufffd]52;c;eA==\x07b\ufffd"
    assert keys(read(parser, "j\x1b[201~k", clock)) == ["j", "k"]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 1000])
def test_a_paste_keeps_no_escape_character_however_it_is_cut(size: int, clock: Time) -> None:
    typed = "j\x1b[A\x1b[200~a\x1b]52;c;eA==\x07b\x00\x1b[20é\x1b[201~\x1b[Bk"
    messages = read(DeskParser(), typed, clock, size)
    assert keys(messages) == ["j", "up", "down", "k"]
    assert [message.text for message in messages if isinstance(message, Paste)] == [
        "a\ufffd]52;c;eA==\x07b\ufffd\ufffd[20é"
    ]


@pytest.mark.parametrize("seed", range(20))
def test_after_any_characters_at_all_the_next_key_works(seed: int, clock: Time) -> None:
    rng = random.Random(seed)
    parts = [
        *LONG_KEYS,
        *NOTHING,
        "\x1b[200~",
        "\x1b",
        "\x1b[",
        ";",
        ":",
        "0",
        "9" * 30,
        "u",
        "~",
        "M",
        "\x9b",
        "\ufffd",
        "京",
    ]
    for _ in range(150):
        parser = DeskParser()
        text = "".join(rng.choice(parts)[: rng.randint(1, 40)] for _ in range(rng.randint(1, 12)))
        read(parser, text, clock, rng.choice([1, 4, 9999]))
        assert keys(read(parser, "j", clock)) == ["j"], text


def test_whatever_the_framework_raises_the_next_key_works(monkeypatch: pytest.MonkeyPatch, clock: Time) -> None:
    monkeypatch.setattr(key_sequences, "plain_key", lambda _: None)
    monkeypatch.setattr("paydesk.tui.textual_private.plain_key", lambda _: None)
    parser = DeskParser()
    assert keys(read(parser, "\x1b[106;1:3u", clock)) == []
    assert keys(read(parser, "j", clock)) == ["j"]


@pytest.mark.long
@pytest.mark.parametrize("role", ["contractor", "manager"])
def test_a_desk_in_a_terminal_lives_whatever_is_sent(role: str) -> None:
    sent = (
        b"\x1b[106;1:3u" + "".join(NOTHING).encode() + bytes(range(0x80, 0x100)) + b"\xff\xfe\xed\xa0\x80\x1b[200~half"
    )
    desk = Terminal([sys.executable, "-m", "tests.tui.own_terminal", role], env=dict(os.environ))
    try:
        desk.see("▸", "PR-")
        desk.child.send(sent)
        desk.until(lambda: desk.still(1.5))
        first = desk.see("▸", "PR-")
        desk.write("j")
        desk.until(lambda: desk.line_with("▸", "PR-") not in (None, first), expected="the cursor on the next row")
        desk.write("q")
        desk.until(lambda: not desk.child.isalive(), expected="the end")
    finally:
        desk.close()
