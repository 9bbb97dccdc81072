"""Names and words on the command line: one folding, names of one script, and nothing raw for a terminal."""

import secrets

import psycopg
import pytest

from paydesk.cli.servers import person_of
from paydesk.domain.errors import InvalidInput
from paydesk.settings_file import Settings
from paydesk.stack.embedded import EmbeddedStack
from tests.cli.conftest import Paydesk

ALIKE = pytest.mark.fault(
    kind="Letters that differ in size or form alone are one letter, by one folding everywhere.", mended="domain/fold.py"
)
SAME_LOOK = pytest.mark.fault(
    kind="A typed name that looks like another is refused, and one that came in shows which letters differ.",
    mended="domain/names.py",
)
RAW = pytest.mark.fault(
    kind="Control and bidi characters reach no terminal raw, wherever they came from.", mended="domain/text.py"
)


@SAME_LOOK
@pytest.mark.parametrize("name", ["аda", "adа", "Ωmega", "ada\u200d", "Ꭺda"])
def test_a_person_of_mixed_scripts_is_refused_wherever_named(
    paydesk: Paydesk, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    with pytest.raises(InvalidInput):
        person_of(Settings(person=name), "contractor", None)
    monkeypatch.setenv("LOGNAME", name)
    with pytest.raises(InvalidInput):
        person_of(Settings(), "manager", None)
    refused = paydesk("contractor", "list", "--as", name, "--json")
    assert (refused.code, refused.error["code"]) == (3, "invalid_input")


@ALIKE
def test_one_person_under_every_spelling(paydesk: Paydesk) -> None:
    tail = secrets.token_hex(4)
    asked = paydesk("contractor", "request", "12.50", "EUR", "İade masrafı", "--as", f"Straße {tail}", "--json").json
    for written in (f'from:"STRASSE {tail.upper()}"', f'from:"ｓｔｒａẞe {tail}"', "from:me", f"iade MASRAFI {tail}"):
        rows = paydesk("contractor", "list", written, "--as", f"STRASSE {tail}", "--json").lines
        assert [row["id"] for row in rows] == [asked["id"]], written
    own = paydesk("manager", "approve", asked["number"], "--as", f"STRASSE {tail}", "--json")
    assert (own.code, own.error["code"]) == (6, "not_allowed")
    revised = paydesk("contractor", "revise", asked["number"], "--amount", "13", "--as", f"strasse {tail}", "--json")
    assert revised.code == 0


@RAW
@SAME_LOOK
def test_what_came_by_sql_is_shown_fit_for_a_terminal_and_told_apart(paydesk: Paydesk, stack: EmbeddedStack) -> None:
    tail = secrets.token_hex(4)
    asked = paydesk("contractor", "request", "12.50", "EUR", f"x {tail}", "--as", f"ada {tail}", "--json").json
    with psycopg.connect(stack.endpoints("contractor").database_url, autocommit=True) as connection:
        connection.execute("SET search_path = contractor")
        put = "UPDATE payment_request SET contractor = %s, description = %s WHERE id = %s"
        connection.execute(put, [f"аda {tail}", f"\x9b31m\u202e\u2066{tail}\u200b", asked["id"]])
    raw = set("\x9b\u202e\u2066\u200b")
    for command in (["list", tail], ["show", asked["number"]], ["list", tail, "--csv"]):
        printed = paydesk("contractor", *command).out
        assert not set(printed) & raw and (tail not in printed or f"<U+0430>da {tail}"[:12] in printed), command
    for command in (["list", tail], ["show", asked["number"]]):
        printed = paydesk("contractor", *command, "--json").out
        assert not set(printed) & raw and "\\u009b" in printed and '"mixed_scripts": true' in printed
    rows = paydesk("contractor", "list", f'from:"АDA {tail}"', "--json").lines
    assert [row["contractor"] for row in rows] == [f"аda {tail}"]
