"""Whatever fails after a commit: what is told is what is saved, with number and key, and exit code 10 or 0."""

import errno
import io
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from uuid import uuid4

import pytest

from paydesk.cli.ending import EndedBySignal
from paydesk.cli.main import run
from paydesk.contractor.service import ContractorService
from paydesk.domain.commands import RequestPayment
from paydesk.domain.payment_request import checked_terms
from paydesk.infra.core.errors import OutcomeUnknown, ServerDown
from paydesk.tui.screens.base import sentence
from tests.storage.offline import Answer, Bench, at, streams, word

truth = pytest.mark.fault(
    kind="After a commit a command tells what is saved, with number and key, and exits with 0 or 10.",
    mended="cli/saved.py",
)


@dataclass
class Line:
    """A command line that writes, the names of what it saves, and what it reads."""

    arguments: tuple[str, ...]
    names: tuple[str, ...]
    stdin: str = ""


def request(bench: Bench) -> Line:
    bench.asked += 1
    return Line(("contractor", "request", str(bench.asked), "EUR", "Ťřeboň €"), ("PR-",))


def request_like(bench: Bench) -> Line:
    number = bench.number(bench.request())
    bench.asked += 1
    return Line(("contractor", "request", "--like", number, "--due", "2020-01-31"), ("PR-",))


def revise(bench: Bench) -> Line:
    number = bench.number(bench.request())
    return Line(("contractor", "revise", number, "--description", "Łódź", "--due", "2020-01-31"), (number,))


def withdraw(bench: Bench) -> Line:
    number = bench.number(bench.request())
    return Line(("contractor", "withdraw", number), (number,))


def settle(bench: Bench) -> Line:
    number = bench.number(bench.locked())
    return Line(("contractor", "settle", number, "--note", "by phone"), (number,))


def approve(bench: Bench) -> Line:
    number = bench.number(bench.request())
    return Line(("manager", "approve", number), (number,))


def approve_two(bench: Bench) -> Line:
    numbers = [bench.number(bench.request()) for _ in "ab"]
    return Line(("manager", "approve", *numbers), tuple(numbers))


def approve_piped(bench: Bench) -> Line:
    numbers = [bench.number(bench.request()) for _ in "ab"]
    return Line(("manager", "approve", "-"), tuple(numbers), "\n".join(numbers))


def reject(bench: Bench) -> Line:
    number = bench.number(bench.request())
    return Line(("manager", "reject", number, "--cause", "needs_info", "--note", "Która?"), (number,))


def reject_piped(bench: Bench) -> Line:
    numbers = [bench.number(bench.request()) for _ in "ab"]
    return Line(("manager", "reject", "-", "--cause", "duplicate"), tuple(numbers), "\r\n".join(numbers))


def undo(bench: Bench) -> Line:
    number = bench.number(bench.held())
    return Line(("manager", "undo", number), (number,))


def send(bench: Bench) -> Line:
    number = bench.number(bench.held())
    return Line(("manager", "send", number), (number,))


def send_two(bench: Bench) -> Line:
    numbers = [bench.number(bench.held()) for _ in "ab"]
    return Line(("manager", "send", *numbers), tuple(numbers))


def redrive(bench: Bench) -> Line:
    message = str(bench.refused())
    return Line(("manager", "quarantine", "redrive", message), (message,))


def redrive_two(bench: Bench) -> Line:
    messages = [str(bench.refused()) for _ in "ab"]
    return Line(("manager", "quarantine", "redrive", *messages), tuple(messages))


def discard(bench: Bench) -> Line:
    message = str(bench.refused())
    return Line(("manager", "quarantine", "discard", message, "--why", "not ours"), (message,))


WRITING = (
    request, request_like, revise, withdraw, settle, approve, approve_two, approve_piped, reject, reject_piped, undo,
    send, send_two, redrive, redrive_two, discard,
)  # fmt: skip


class Failing(io.RawIOBase):
    """A stream behind which there is no room, or nobody, once ``broken``."""

    def __init__(self, number: int = 0, *, broken: bool = True) -> None:
        super().__init__()
        self.number = number
        self.broken = broken
        self.taken = b""

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        raw = bytes(data)  # type: ignore[call-overload]
        if self.broken and raw:
            raise OSError(self.number, "refused")
        self.taken += raw
        return len(raw)


def text(raw: io.RawIOBase, encoding: str = "utf-8") -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BufferedWriter(raw), encoding=encoding)


@contextmanager
def raised(error: BaseException, nth: int = 1) -> Iterator[None]:
    """Raise this once, after so many commits."""

    def act() -> None:
        raise error

    with at("W2", act, nth):
        yield


@contextmanager
def unread(error: Exception, nth: int = 1) -> Iterator[None]:
    """Let nothing be read any more after so many commits."""

    def broken(*_: object, **__: object) -> object:
        raise error

    with pytest.MonkeyPatch.context() as patch:
        broken_then = at("W2", lambda: patch.setattr("paydesk.infra.service.DeskService.read", broken), nth)
        with broken_then:
            yield


@contextmanager
def no_address(bench: Bench, nth: int = 1) -> Iterator[None]:
    """Let neither a hint nor an event find its way after so many commits."""
    with at("W2", lambda: setattr(bench.servers, "trouble", RuntimeError("no address")), nth):
        yield
    bench.servers.trouble = None


@contextmanager
def bad_redis(bench: Bench, _: int = 1) -> Iterator[None]:
    bench.servers.redis_url = "no url"
    yield
    bench.servers.redis_url = None


AFTER: dict[str, Callable[[Bench, int], AbstractContextManager[object]]] = {
    "^c": lambda _, nth: raised(KeyboardInterrupt(), nth),
    "SIGTERM": lambda _, nth: raised(EndedBySignal(signal.SIGTERM), nth),
    "SIGHUP": lambda _, nth: raised(EndedBySignal(signal.SIGHUP), nth),
    "no memory": lambda _, nth: raised(MemoryError(), nth),
    "a mistake of the program": lambda _, nth: raised(AssertionError(), nth),
    "a hint cannot be sent": bad_redis,
    "nothing can be delivered": no_address,
    "nothing can be read back": lambda _, nth: unread(NotImplementedError("can't parse date"), nth),
    "the database goes": lambda _, nth: unread(ServerDown("PostgreSQL does not answer.", "Nothing was written."), nth),
}
STREAMS: dict[str, Callable[[], tuple[io.TextIOWrapper, io.TextIOWrapper]]] = {
    "stdout has no room": lambda: (text(Failing(errno.ENOSPC)), text(Failing(broken=False))),
    "nobody reads stdout": lambda: (text(Failing(errno.EPIPE)), text(Failing(broken=False))),
    "stderr has no room": lambda: (text(Failing(broken=False)), text(Failing(errno.ENOSPC))),
    "neither has room": lambda: (text(Failing(errno.ENOSPC)), text(Failing(errno.ENOSPC))),
    "Latin-1": lambda: (text(Failing(broken=False), "latin-1"), text(Failing(broken=False), "latin-1")),
    "ASCII": lambda: (text(Failing(broken=False), "ascii"), text(Failing(broken=False), "ascii")),
}


def stored(bench: Bench) -> list[object]:
    """Everything that a command changes, on both sides."""
    reads = (
        "SELECT request_id, version, hold_until FROM outbox ORDER BY position",
        "SELECT id, status, request_version, decision_version FROM payment_request ORDER BY id",
        "SELECT request_id, note FROM settlement ORDER BY request_id",
        "SELECT position, became, discarded_why FROM inbox ORDER BY position",
    )
    return [bench.rows(role, read) for role in ("contractor", "manager") for read in reads]


def who(line: Line) -> tuple[str, str]:
    return ("--as", "ada" if line.arguments[0] == "contractor" else "bo")


def is_true(line: Line, key: str, answer: Answer, *, hears: bool = True) -> None:
    """Hold what was told against what is saved: all of the line, or its first item where telling that one failed."""
    assert answer.code in (0, 10), answer
    if answer.code == 0:
        assert all(name in answer.out for name in line.names), answer
    elif hears:
        assert line.names[0] in answer.printed, answer
        assert f"--key {key}" in answer.err, answer
        assert "Nothing was written" not in answer.printed


Make = Callable[[Bench], Line]


def cases(*kinds: str, always: tuple[str, ...]) -> list[object]:
    """Return every command with every kind; the quick run takes one of each, the long one all."""
    quick = (request,)
    return [
        pytest.param(
            make,
            kind,
            id=f"{make.__name__}-{kind}",
            marks=() if make in quick or kind in always else pytest.mark.long,
        )
        for make in WRITING
        for kind in kinds
    ]


@truth
@pytest.mark.parametrize(("make", "failure"), cases(*AFTER, always=("^c",)))
def test_what_fails_after_a_commit_is_told_as_saved_and_the_same_line_has_one_effect(
    bench: Bench, make: Make, failure: str
) -> None:
    line, key = make(bench), word()
    whole = (*line.arguments, *who(line), "--key", key)
    before = stored(bench)
    several = len(line.names) > 1
    with AFTER[failure](bench, 2 if several else 1):  # Several keep a note of the line itself first.
        answer = bench(*whole, stdin=line.stdin)
    assert answer.code in (0, 10), answer
    saved = stored(bench)
    assert saved != before, "it failed after the commit"
    if not several:
        is_true(line, key, answer)
    elif answer.code == 10:
        assert f"--key {key}" in answer.err and line.names[0] in answer.printed, answer
    again = bench(*whole, stdin=line.stdin)
    assert again.code == 0 and all(name in again.out for name in line.names), again
    assert several or stored(bench) == saved, "once more had no effect"


@truth
@pytest.mark.parametrize("json_", [(), pytest.param(("--json",), marks=pytest.mark.long)], ids=["words", "json"])
@pytest.mark.parametrize(("make", "kind"), cases(*STREAMS, always=("stdout has no room",)))
def test_an_output_that_takes_nothing_or_not_every_character_makes_no_failure_of_what_is_saved(
    bench: Bench, make: Make, kind: str, json_: tuple[str, ...]
) -> None:
    line, key = make(bench), word()
    whole = (*line.arguments, *who(line), "--key", key, *json_)
    before = stored(bench)
    out, err = STREAMS[kind]()
    behind = [stream.buffer.raw for stream in (out, err)]  # type: ignore[attr-defined]
    with streams(out, err, io.StringIO(line.stdin)):
        code = run(whole)
    encoding = "utf-8" if json_ else "latin-1"
    answer = Answer(code, *(raw.taken.decode(encoding) for raw in behind))
    is_true(line, key, answer, hears=not behind[1].broken)
    assert stored(bench) != before
    assert (code == 0) is not behind[0].broken, "what was told is done; what was not has to be asked for again"
    again = bench(*whole, stdin=line.stdin)
    assert again.code == 0, again


@truth
@pytest.mark.parametrize("make", WRITING, ids=lambda make: make.__name__)
def test_what_ends_a_command_before_its_commit_is_told_as_it_is(bench: Bench, make: Make) -> None:
    line, key = make(bench), word()
    before = stored(bench)

    def interrupt() -> None:
        raise KeyboardInterrupt

    with at("W1", interrupt):
        answer = bench(*line.arguments, *who(line), "--key", key, stdin=line.stdin)
    assert stored(bench) == before
    assert (answer.code, answer.err.strip(), answer.out) == (130, "Interrupted.", "")


@truth
def test_a_repeat_whose_result_cannot_be_read_back_names_the_number_too(bench: Bench) -> None:
    line, key = request(bench), word()
    first = bench(*line.arguments, "--as", "ada", "--key", key, "--json")
    with unread(NotImplementedError()):
        again = bench(*line.arguments, "--as", "ada", "--key", key, "--json")
    assert again.code == 10 and again.error["saved"] == [first.json["number"]] and again.error["key"] == key


@truth
def test_a_result_that_was_told_whole_is_done_though_closing_is_interrupted(bench: Bench) -> None:
    class Interrupting(type(bench.servers)):  # type: ignore[misc]
        def leave(self) -> str:
            raise KeyboardInterrupt

    line = request(bench)
    bench.servers.__class__ = Interrupting
    try:
        answer = bench(*line.arguments, "--as", "ada")
    finally:
        bench.servers.__class__ = Interrupting.__bases__[0]
    assert answer.code == 0 and answer.out.startswith("PR-") and answer.err.strip() == ""


@truth
def test_of_many_that_were_interrupted_those_that_are_saved_are_named(bench: Bench) -> None:
    numbers = [bench.number(bench.request()) for _ in range(4)]
    with raised(KeyboardInterrupt(), 3):  # The first is of the line itself.
        answer = bench("manager", "approve", *numbers, "--as", "bo", "--key", "k 1", "--json")
    assert answer.code == 10 and [row["number"] for row in answer.lines] == numbers[:1]
    assert (answer.error["saved"], answer.error["unknown"]) == (numbers[1:2], [])
    assert answer.error["hint"] == "Run the same command again with --key 'k 1': it has one effect."
    again = bench("manager", "approve", *numbers, "--as", "bo", "--key", "k 1", "--json")
    assert again.code == 0 and [row["number"] for row in again.lines] == numbers


@truth
@pytest.mark.parametrize("error", [NotImplementedError("date"), ServerDown("Gone.", "Nothing was written.")], ids=repr)
def test_a_desk_that_cannot_read_back_what_it_saved_says_that_it_is_saved(
    bench: Bench, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> object:
        raise error

    desk, request_id = ContractorService(bench.servers, "ada", bench.role("contractor")), uuid4()
    desk.start(lambda _: None)
    desk.open()
    before = stored(bench)
    try:
        monkeypatch.setattr("paydesk.infra.service.queries.get", broken)
        with pytest.raises(OutcomeUnknown) as unknown:
            desk.execute(uuid4(), RequestPayment(request_id, desk.person, checked_terms("5", "EUR", "x")))
    finally:
        desk.close()
    assert unknown.value.message.startswith("It is saved, and cannot be read back yet: ")
    assert "Nothing was written" not in sentence(unknown.value) and stored(bench) != before
