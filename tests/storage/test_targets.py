"""Which request a command means, whose a key is, and what it takes from scripts; on real schemas, without broker."""

import codecs
import csv
import io
import secrets
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

import pytest

from paydesk.contractor import commands as asks
from paydesk.domain.commands import RequestPayment
from paydesk.domain.payment_request import checked_terms
from tests.storage import offline
from tests.storage.offline import Bench, word

exact = pytest.mark.fault(
    kind="What writes acts on the request whose whole number, id or shown tail was written, and on no other.",
    mended="infra/postgres/read/queries.py",
)
own_key = pytest.mark.fault(
    kind="A key is its person's and never empty: the same person has one effect by it, another one does not meet it.",
    mended="cli/session.py",
)
taken = pytest.mark.fault(
    kind="What scripts pipe in is taken as it comes, a bad line fails alone, what is named twice is one decision.",
    mended="cli/bulk_decide.py",
)
minus = pytest.mark.fault(
    kind="A term that begins with a minus is a term, in every command that takes a filter.",
    mended="cli/filter_argument.py",
)
alike = pytest.mark.fault(
    kind="What looks like another request says so, and is approved only by somebody who says that both are meant.",
    mended="cli/bulk_decide.py",
)
nothing = pytest.mark.fault(
    kind="Where nobody decided there is nothing to undo and nothing to send, and the request and its status are named.",
    mended="domain/refusals.py",
)


def known(bench: Bench, request_id: UUID) -> str:
    """Return how a request stands at the manager's."""
    return bench("manager", "show", str(request_id), "--json").json["status"]


def ending_in_digits(bench: Bench) -> tuple[UUID, str]:
    """Return a request whose id ends in four digits that are no number."""
    request_id = UUID(f"{uuid4()!s:.32}{9735 + bench.asked}")
    bench.asked += 1
    terms = checked_terms(f"{bench.asked}", "EUR", "x")
    asks.execute(bench.both.contractor, uuid4(), RequestPayment(request_id, "ada", terms))
    bench.both.there()
    return request_id, str(request_id)[-4:]


WRITES = (
    ("manager", "approve"), ("manager", "reject", "--cause", "duplicate"), ("manager", "undo"), ("manager", "send"),
    ("manager", "settle", "--note", "by phone"), ("contractor", "settle", "--note", "by phone"),
    ("contractor", "withdraw"), ("contractor", "revise", "--amount", "77"), ("contractor", "request", "--like"),
)  # fmt: skip


@exact
@pytest.mark.parametrize("line", WRITES, ids=" ".join)
def test_a_part_of_a_number_or_an_id_is_nobody_for_what_writes(bench: Bench, line: tuple[str, ...]) -> None:
    request_id, digits = ending_in_digits(bench)
    number = bench.number(request_id)
    whole = str(request_id)
    before = bench.rows("contractor", "SELECT count(*) FROM outbox"), bench.rows("manager", "SELECT * FROM outbox")
    parts = (
        digits,
        whole[:8],
        whole[-6:],
        whole[:-1],
        f"…{whole[-5:]}",
        number[:-1],
        f"0{number[3:]}",
        "PR-",
        "%",
        "_" * 36,
    )
    for part in parts:
        refused = bench(*line, part, "--json")
        assert (refused.code, refused.error["code"]) == (4, "unknown_request"), part
    assert (
        bench.rows("contractor", "SELECT count(*) FROM outbox"),
        bench.rows("manager", "SELECT * FROM outbox"),
    ) == before


@exact
def test_a_whole_number_with_or_without_its_letters_a_whole_id_and_a_shown_tail_are_taken(bench: Bench) -> None:
    for typed in ("{number}", "{digits}", "{small}", "{id}", "{upper}", "{tail}", "{ascii}", " {number} "):
        request_id = bench.request()
        number = bench.number(request_id)
        forms = {"number": number, "digits": number[3:], "small": number.lower(), "id": str(request_id)}
        tail = request_id.hex[-6:]
        forms |= {"upper": str(request_id).upper(), "tail": f"…{tail}", "ascii": f".{tail}"}
        done = bench("manager", "approve", typed.format(**forms), "--as", "bo", "--json")
        assert done.code == 0 and done.json["id"] == str(request_id), typed


@exact
def test_a_request_without_a_number_is_named_by_the_tail_that_its_list_shows(bench: Bench) -> None:
    request_id = bench.request()
    for role in ("contractor", "manager"):
        bench.change(role, "UPDATE payment_request SET number = NULL WHERE id = %s", request_id)
    listed = bench("contractor", "list", "status:pending").out
    tail = f"…{request_id.hex[-6:]}"
    assert tail in listed
    assert bench("contractor", "revise", tail, "--amount", "55.5", "--as", "ada", "--json").json["id"] == str(
        request_id
    )


@exact
def test_what_reads_takes_a_unique_part_and_says_which_request_it_took(bench: Bench) -> None:
    request_id, digits = ending_in_digits(bench)
    shown = bench("manager", "show", digits)
    assert shown.code == 0 and shown.out.startswith(bench.number(request_id))
    assert shown.err == f"{digits} is part of a name: this is {bench.number(request_id)}, id {request_id}.\n"
    assert bench("manager", "show", bench.number(request_id)[3:]).err == ""


@pytest.mark.fault(
    kind="A revision behind a request's name is refused with that name by every command that takes none.",
    mended="cli/session.py",
)
@pytest.mark.parametrize(
    "line",
    [
        *(line for line in WRITES if line[1] not in ("approve", "reject", "revise")),
        ("manager", "show"),
        ("contractor", "wait"),
    ],
    ids=" ".join,
)
def test_a_command_that_takes_no_revision_says_so(bench: Bench, line: tuple[str, ...]) -> None:
    request_id = bench.request()
    number = bench.number(request_id)
    before = bench.rows("contractor", "SELECT count(*) FROM outbox"), bench.rows("manager", "SELECT * FROM outbox")
    for name in (number, number[3:], str(request_id), "PR-999999"):
        refused = bench(*line, f"{name}@1", "--json")
        assert (refused.code, refused.error["code"]) == (4, "unknown_request"), name
        assert refused.error["message"] == f"`{line[1]}` takes no revision; write {name}."
    for no_revision in ("PR-999999@x", "@1", "PR-999999@"):
        assert "takes no revision" not in bench(*line, no_revision, "--json").error["message"]
    if line[1] == "send":
        several = bench(*line, f"{number}@1", "PR-999999")
        assert several.code == 9 and f"`send` takes no revision; write {number}." in several.printed
    after = bench.rows("contractor", "SELECT count(*) FROM outbox"), bench.rows("manager", "SELECT * FROM outbox")
    assert after == before


def test_a_decision_takes_one_revision_of_a_request(bench: Bench) -> None:
    number = bench.number(bench.request())
    refused = bench("manager", "approve", f"{number}@1@1", "--json")
    assert (refused.code, refused.error["message"]) == (4, "No request is called that.")


@own_key
@pytest.mark.parametrize("key", ["", " ", "\t"])
@pytest.mark.parametrize(
    "line",
    [
        *WRITES,
        ("contractor", "request", "1", "EUR", "x"),
        ("manager", "quarantine", "redrive", "1"),
        ("manager", "quarantine", "discard", "--why", "not ours", "1"),
    ],
    ids=" ".join,
)
def test_an_empty_key_is_no_key(bench: Bench, line: tuple[str, ...], key: str) -> None:
    refused = bench(*line, "PR-1", "--key", key)
    assert refused.code == 2 and "Write a key, or leave it out." in refused.err


@own_key
def test_two_people_who_use_one_key_do_not_meet_each_others(bench: Bench) -> None:
    key, line = word(), ("contractor", "request", "12.34", "EUR", "rent", "--json")
    first = [bench(*line, "--as", person, "--key", key) for person in ("ada", "eve", "Ada", "adá")]
    assert [answer.code for answer in first] == [0] * 4
    assert len({answer.json["id"] for answer in first}) == 4, "the exact name, no fold"
    again = [bench(*line, "--as", person, "--key", key).json["id"] for person in ("ada", "eve", "Ada", "adá")]
    assert again == [answer.json["id"] for answer in first]
    reused = bench("contractor", "request", "12.35", "EUR", "rent", "--as", "eve", "--key", key, "--json")
    assert (reused.code, reused.error["code"]) == (8, "key_reused")


@own_key
def test_a_key_of_the_version_before_still_has_one_effect(bench: Bench) -> None:
    key = word()
    before, request_id = uuid5(NAMESPACE_URL, f"paydesk:contractor:{key}"), uuid4()
    terms = checked_terms("4321", "EUR", "rent")
    asks.execute(bench.both.contractor, before, RequestPayment(request_id, "ada", terms))
    line = ("contractor", "request", "4321", "EUR", "rent", "--key", key, "--json")
    again = bench(*line, "--as", "ada")
    assert (again.code, again.json["id"], again.json["changed"]) == (0, str(request_id), True)
    assert bench("contractor", "request", "1", "EUR", "rent", "--as", "ada", "--key", key).code == 8
    eve = bench(*line, "--as", "eve")
    assert eve.code == 0 and eve.json["id"] != str(request_id), "the key was ada's"


@taken
@pytest.mark.parametrize(
    "written",
    [
        "{a}\r\n{b}\r\n",
        "\ufeff{a}\r\n\r\n  \n{b}",
        "{a}\n\ufeff{b}\n",
        "\n\n{a} {b}\t\n",
        "{a}\r{b}\r",
        "{a}\u2028{b}\u00a0",
    ],
)
def test_lines_of_any_editor_are_taken(bench: Bench, written: str) -> None:
    numbers = [bench.number(bench.request()) for _ in "ab"]
    text = written.format(a=numbers[0], b=numbers[1])
    done = bench("manager", "approve", "-", "--as", "bo", "--json", stdin=text)
    assert done.code == 0 and [row["number"] for row in done.lines] == numbers, done


@taken
def test_utf_16_with_its_mark_is_taken(bench: Bench) -> None:
    number = bench.number(bench.request())
    raw = codecs.BOM_UTF16_LE + f"{number}@1\r\n".encode("utf-16-le")
    assert bench("manager", "approve", "-", "--as", "bo", "--json", stdin=raw).json["number"] == number


@taken
@pytest.mark.parametrize(
    "bad",
    [
        "PR-999999999",
        "x\0y",
        "PR-1@x",
        "PR-1@99999999999999999999999",
        "%",
        "é" * 9000,
        "PR-1@" + "9" * 5000,
        "@",
        "@1",
        "-",
        "\ud800",
    ],
    ids=ascii,
)
def test_a_bad_line_never_spoils_the_others(bench: Bench, bad: str) -> None:
    numbers = [bench.number(bench.request()) for _ in "ab"]
    raw = f"{numbers[0]}\n{bad}\n{numbers[1]}\n".encode(errors="surrogatepass")
    done = bench("manager", "reject", "-", "--cause", "duplicate", "--as", "bo", "--json", stdin=raw)
    assert done.code == 9, done
    assert [row.get("number") for row in done.lines] == [numbers[0], None, numbers[1]]
    assert done.lines[1]["error"]["code"] in ("unknown_request", "invalid_input")


@taken
@pytest.mark.parametrize("stdin", [None, "", "\ufeff", "\r\n \r\n"], ids=["closed", "empty", "a mark", "blank lines"])
@pytest.mark.parametrize("line", [("approve", "-"), ("reject", "-", "--cause", "duplicate")], ids=["approve", "reject"])
def test_no_line_at_all_is_told_as_invalid_input(bench: Bench, line: tuple[str, ...], stdin: str | None) -> None:
    refused = bench("manager", *line, "--json", stdin=stdin)
    assert (refused.code, refused.error["code"]) == (3, "invalid_input")


@taken
def test_a_request_that_is_named_twice_is_decided_once(bench: Bench) -> None:
    request_id = bench.request()
    number = bench.number(request_id)
    line = (
        "manager",
        "approve",
        number,
        f"{number}@1",
        number[3:],
        str(request_id),
        "--as",
        "bo",
        "--key",
        word(),
        "--json",
    )
    done = bench(*line)
    assert done.code == 0 and {(row["id"], row["changed"]) for row in done.lines} == {(str(request_id), True)}
    assert len(bench.rows("manager", "SELECT 1 FROM outbox WHERE request_id = %s", request_id)) == 1
    assert bench(*line).out == done.out


@taken
def test_a_request_that_is_named_with_two_revisions_is_not_decided_and_told(bench: Bench) -> None:
    request_id, other = bench.request(), bench.request()
    numbers = [bench.number(named) for named in (request_id, other)]
    text = f"{numbers[0]}@1\n{numbers[0]}@2\n{numbers[1]}\n"
    done = bench("manager", "approve", "-", "--as", "bo", "--json", stdin=text)
    assert done.code == 9 and done.lines[2]["status"] == "accepted"
    sentence = f"{numbers[0]} is named with revisions 1 and 2 at once."
    assert [row["error"]["message"] for row in done.lines[:2]] == [sentence] * 2
    assert known(bench, request_id) == "pending"


@minus
@pytest.mark.parametrize("role", ["contractor", "manager"])
def test_a_term_that_begins_with_a_minus_is_a_term(bench: Bench, role: str) -> None:
    request_id = bench.request(description="pears and hops")
    bench("manager", "reject", str(request_id), "--cause", "duplicate", "--as", "bo")
    bench.both.back()
    for term, fits in (("-status:rejected", False), ("-pears", False), ("-hops", False), ('-"and hops"', False),
                       ("-status:accepted", True), ("-apples", True), ("-amt>=100000000", True)):  # fmt: skip
        listed = bench(role, "list", term, "--json")
        assert listed.code == 0 and (str(request_id) in {row["id"] for row in listed.lines}) is fits, term
        counted = bench(role, "insights", term, "--json", "--as", "-x").json
        assert counted["requests"] == len(listed.lines)
    assert bench(role, "list", "--", "-status:rejected").code == 0, "as before"
    assert bench(role, "list", "-h").code == 0 and bench(role, "list", "--nope").code == 2


def twins(bench: Bench) -> list[str]:
    """Return the numbers of two requests that look alike."""
    amount = f"{secrets.randbelow(10**9)}"
    return [bench.number(bench.request(amount=amount, description=text)) for text in ("one", "two")]


@alike
def test_list_show_and_json_say_what_a_request_looks_like(bench: Bench) -> None:
    first, second = twins(bench)
    rows = {row["number"]: row for row in bench("manager", "list", "--json").lines}
    assert [twin["number"] for twin in rows[first]["alike"]] == [second]
    assert rows[second]["alike"][0]["why"] == "same amount, within a day"
    alone = bench.number(bench.request(amount="987654"))
    assert bench("manager", "show", alone, "--json").json["alike"] == []
    assert bench("contractor", "show", first, "--json").json["alike"][0]["number"] == second
    assert f"looks like   {second} (pending): same amount" in bench("manager", "show", first).out
    line = next(line for line in bench("manager", "list").out.splitlines() if line.startswith(first))
    assert f"⚠ like {second} · one" in line
    exported = {
        row["number"]: row["alike"] for row in csv.DictReader(io.StringIO(bench("manager", "list", "--csv").out))
    }
    assert (exported[first], exported[second], exported[alone]) == (second, first, "")


@alike
def test_without_a_terminal_what_looks_alike_is_approved_only_where_that_is_said(bench: Bench) -> None:
    first, second = twins(bench)
    alone = bench("manager", "approve", first, "--as", "bo", "--json")
    assert (alone.code, alone.error["code"]) == (5, "looks_alike")
    assert alone.error["message"].startswith(f"{first} looks like {second} (pending)")
    fine, key = bench.number(bench.request()), word()
    piped = bench("manager", "approve", "-", "--as", "bo", "--key", key, "--json", stdin=f"{first}\n{fine}\n{second}")
    assert piped.code == 9
    assert [row.get("status") or row["error"]["code"] for row in piped.lines] == [
        "looks_alike",
        "accepted",
        "looks_alike",
    ]
    allowed = ("manager", "approve", "-", "--allow-duplicate", "--as", "bo", "--key", key, "--json")
    again = bench(*allowed, stdin=f"{first}\n{fine}\n{second}")
    assert again.code == 0 and [row["status"] for row in again.lines] == ["accepted"] * 3
    assert bench("manager", "reject", twins(bench)[1], "--cause", "duplicate", "--as", "bo").code == 0


@alike
def test_what_stands_in_the_way_of_a_decision_is_told_before_what_it_looks_like(bench: Bench) -> None:
    first, second = twins(bench)
    bench("contractor", "revise", first, "--description", "three", "--as", "ada")
    bench.both.there()
    stale = bench("manager", "approve", f"{first}@1", "--as", "bo", "--json")
    assert (stale.code, stale.error["code"]) == (5, "stale")
    assert bench("manager", "approve", second, "--as", "ada").code == 6, "nobody decides their own"


class Terminal(io.TextIOWrapper):
    """Standard input that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@alike
@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 5), ("\n", 5)])
def test_on_a_terminal_what_looks_alike_is_asked_about(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, answer: str, code: int
) -> None:
    first, second = twins(bench)
    monkeypatch.setattr(offline, "TEXT", Terminal)
    done = bench("manager", "approve", first, "--as", "bo", stdin=answer)
    assert done.code == code, done
    assert f"{first} looks like {second} (pending): same amount, within a day. Approve it all the same?" in done.printed


@pytest.mark.fault(
    kind="A question that nobody can answer is refused with the option that does not ask.", mended="cli/asking.py"
)
def test_a_terminal_that_ends_at_the_question_approves_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    first, _ = twins(bench)
    monkeypatch.setattr(offline, "TEXT", Terminal)
    done = bench("manager", "approve", first, "--as", "bo", stdin="")
    assert done.code == 2 and bench("manager", "show", first, "--json").json["status"] == "pending"
    assert "The question needs an answer, and there is no more input. --allow-duplicate does not ask." in done.printed


@nothing
@pytest.mark.parametrize("word_", ["undo", "send"])
def test_where_nobody_decided_there_is_nothing_to_undo_or_to_send(bench: Bench, word_: str) -> None:
    request_id = bench.request()
    number = bench.number(request_id)
    for person in ("bo", "cy"):
        refused = bench("manager", word_, number, "--as", person, "--json")
        assert (refused.code, refused.error["message"]) == (5, f"{number} is pending: there is nothing to {word_}.")
    bench("manager", "reject", number, "--cause", "duplicate", "--as", "bo")
    bench.both.back()
    bench("contractor", "revise", number, "--amount", "4711", "--as", "ada")
    bench.both.there()
    for person in ("bo", "cy"):
        refused = bench("manager", word_, number, "--as", person, "--json")
        assert (refused.code, refused.error["message"]) == (5, f"{number} is pending: there is nothing to {word_}.")
    bench("contractor", "withdraw", number, "--as", "ada")
    bench.both.there()
    refused = bench("manager", word_, number, "--as", "bo", "--json")
    assert (refused.code, refused.error["message"]) == (5, f"{number} is withdrawn: there is nothing to {word_}.")


@nothing
def test_a_decision_of_ones_own_that_was_sent_is_too_late_to_undo_and_sent_already(bench: Bench) -> None:
    number = bench.number(bench.held())
    assert bench("manager", "undo", number, "--as", "cy").code == 6
    key = word()
    sent = ("manager", "send", number, "--as", "bo", "--key", key, "--json")
    assert bench(*sent).json["changed"] is True and bench(*sent).json["changed"] is True, "the same key, told as before"
    assert bench(*sent[:-3], "--json").json["changed"] is False
    late = bench("manager", "undo", number, "--as", "bo", "--json")
    assert (late.code, late.error["code"]) == (5, "too_late")
