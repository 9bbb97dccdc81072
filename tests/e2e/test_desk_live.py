"""The main job: what one desk says appears on the other, by itself, in two real terminals under one login."""

import pytest

from tests.e2e.acts import ask, fill, opened, put_cursor_on, see_cursor_on
from tests.e2e.site import Site

SIZES = [(80, 24), pytest.param(120, 36, marks=pytest.mark.long)]
NOTE = "Which of the two networks was reworked, and who agreed to the second visit in July?"


@pytest.mark.parametrize(("columns", "rows"), SIZES, ids=["80x24", "120x36"])
def test_asked_rejected_revised_and_approved_between_two_terminals(site: Site, columns: int, rows: int) -> None:
    contractor = opened(site, "contractor", columns=columns, rows=rows)
    manager = opened(site, "manager", columns=columns, rows=rows)

    # Another sum each time: who asks for what looks alike is asked first.
    description, less = f"Network rework {columns}", f"1,{columns + 100}.00"
    number = ask(contractor, "1,250.50", "eur", description)
    manager.see(number, "1,250.50 EUR", description)
    contractor.see(number, "pending", "sent")

    put_cursor_on(contractor, number)
    contractor.press("enter")
    contractor.see("Timeline")
    put_cursor_on(manager, number)
    manager.press("x")
    manager.see("Reject", number, "1,250.50 EUR")
    manager.press("6")
    manager.see("enter rejects")
    manager.press(*NOTE, "enter", pause_s=0.005)
    manager.see("✗ rejected", number, "u undo")
    manager.press("S")

    contractor.see("✗ rejected")
    cause = f"More information is needed. {NOTE}"
    contractor.until(lambda: cause in " ".join(contractor.text.split()) or columns >= 100, expected="the whole cause")
    wrapped = [line[: columns - 53].strip() if columns >= 100 else line.strip() for line in contractor.lines]
    assert cause in " ".join(line for line in wrapped if line)

    contractor.press("e")
    contractor.see("It becomes")
    fill(contractor, amount=less)
    contractor.see("1,250.50", less)
    contractor.press("^s")
    contractor.see("◦ pending")
    manager.see(number, f"{less} EUR")
    manager.still(for_s=0.6)  # A key that comes at once was not meant for the new sum.
    put_cursor_on(manager, number)
    manager.press("a")
    manager.see("✓ accepted", number, "u undo")
    manager.press("S")
    contractor.see("✓ accepted")
    contractor.press("q")
    contractor.see(number, f"{less} EUR", "✓ accepted", "decided")


@pytest.mark.long
def test_what_a_third_terminal_does_by_command_line_appears_on_both_desks(site: Site) -> None:
    contractor, manager = opened(site, "contractor"), opened(site, "manager")
    first = site.json("contractor", "request", "77.70", "EUR", "Asked by command line")
    number = first["number"]
    contractor.see(number, "77.70 EUR", "◦ pending")
    manager.see(number, "77.70 EUR", "Asked by command")

    site.run("manager", "reject", number, "--cause", "missing_document")
    contractor.see(number, "✗ rejected", "decided")
    manager.see(number, "✗ rejected")

    site.run("contractor", "revise", number, "--amount", "70", "--document", "https://example.com/i.pdf")
    contractor.see(number, "70.00 EUR", "◦ pending")
    manager.see(number, "70.00 EUR", "Asked by command")

    site.run("manager", "approve", number)
    contractor.see(number, "✓ accepted")
    manager.see(number, "✓ accepted")


@pytest.mark.long
def test_a_second_desk_of_a_role_shows_what_the_first_does(site: Site) -> None:
    first, second = opened(site, "contractor"), opened(site, "contractor")
    second.see("✓ Kafka stands by")
    number = ask(first, "5", "EUR", "Seen on both desks")
    second.see(number, "Seen on both desks")
    put_cursor_on(second, number)
    second.press("w")
    second.see(f"Withdraw {number}?")
    second.press("y")
    first.see(number, "◔ withdrawing")
    opened(site, "manager")  # Its worker confirms the withdrawal.
    for desk in (first, second):
        desk.see(number, "↶ withdrawn")


@pytest.mark.long
def test_the_selection_stays_on_its_request_when_rows_arrive(site: Site) -> None:
    contractor, manager = opened(site, "contractor"), opened(site, "manager")
    number = ask(contractor, "11", "EUR", "Held in the hand")
    put_cursor_on(manager, number)
    put_cursor_on(contractor, number)
    for place in range(3):
        came = site.json("contractor", "request", "12", "EUR", f"Arrives {place}")["number"]
        for desk in (contractor, manager):
            desk.see(came)
            see_cursor_on(desk, number)
    manager.press("a")
    see_cursor_on(contractor, number)
    manager.see(number, "sends in")
    manager.press("u")
    manager.see(number, "is pending again")
