"""``insights`` on the command line: exact numbers as tables, and the same as one document."""

from tests.cli.conftest import Paydesk


def test_insights_tell_the_same_as_tables_and_as_a_document(paydesk: Paydesk, ada: str) -> None:
    for amount, currency in (("5", "EUR"), ("900", "JPY")):
        paydesk("contractor", "request", amount, currency, "for insights", "--as", ada)
    document = paydesk("contractor", "insights", f"from:{ada}", "--json").json
    assert (document["filter"], document["requests"], len(document["days"])) == (f"from:{ada}", 2, 14)
    today = {"requested": 2, "accepted": 0, "rejected": 0}
    assert {name: count for name, count in document["days"][-1].items() if name != "day"} == today
    assert document["waiting"]["ages"][0] == {"under_days": 1, "count": 2}
    assert document["waiting"]["ages"][-1] == {"under_days": None, "count": 0} and document["waiting"]["oldest"]
    assert document["decision"]["within_s"] == {} and document["decision"]["took"][0] == {"under_hours": 1, "count": 0}
    eur = {"currency": "EUR", "requests": 1, "asked": "5.00", "waiting_requests": 1, "waiting": "5.00"}
    assert document["currencies"][0] == eur and document["currencies"][1]["asked"] == "900"
    lines = paydesk("contractor", "insights", "from:me", "cur:EUR", "--as", ada).out.splitlines()
    assert "Waiting, by age   oldest now" in lines and "  under 1 d         1" in lines
    assert "  EUR              1       5.00        1         5.00" in lines


def test_a_filter_that_cannot_be_read_is_refused_as_of_list(paydesk: Paydesk) -> None:
    refused = paydesk("contractor", "insights", "amt>>3")
    assert refused.code == 3 and "^" in refused.err
