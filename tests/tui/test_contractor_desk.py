"""The contractor's desk: what its keys do, seen on the screen and in the service behind it."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from textual.events import Key
from textual.widgets import Input

from paydesk.contractor.detail import ContractorDetail
from paydesk.contractor.form import RequestForm
from paydesk.contractor.home import ContractorHome
from paydesk.domain.commands import RequestPayment, request_payment
from paydesk.domain.payment_request import checked_terms
from paydesk.infra.core.health import Part, PartState
from paydesk.tui.screens.detail import DetailScreen
from paydesk.tui.widgets.lines import HealthLine, Line
from tests.fakes import FakeContractorDesk, World
from tests.tui.conftest import contractor, opened, seen, shown


async def test_it_opens_on_ones_own_requests_newest_first(world: World) -> None:
    async with contractor(world).run_test(size=(80, 24)) as pilot:
        table = await opened(pilot)
        assert [row.number for row in table.rows] == ["PR-1007", "PR-1005", "PR-1003", "PR-1001"]
        await seen(pilot, lambda: "from:me (ada)" in shown(pilot))
        await pilot.press("m")
        await seen(pilot, lambda: len(table.rows) == 8 and "everyone" in shown(pilot))


async def test_a_request_is_sent_with_the_form(world: World) -> None:
    async with contractor(world).run_test(size=(80, 24)) as pilot:
        table = await opened(pilot)
        await pilot.press("n")
        await seen(pilot, lambda: isinstance(pilot.app.screen, RequestForm))
        await pilot.press(*"99.90", "tab", "ctrl+u", *"usd", "tab", *"[/nope] honest", "ctrl+s")
        await seen(pilot, lambda: table.current and len(table.rows) == 5)
        newest = table.rows[0]
        assert newest.terms == checked_terms("99.90", "USD", "[/nope] honest")
        await seen(pilot, lambda: "[/nope] honest" in shown(pilot))
        await seen(pilot, lambda: table.current and table.current.id == newest.id)  # What comes next is about it.


async def test_what_arrives_at_the_top_of_a_long_list_is_seen_and_what_waits_is_counted_whole(world: World) -> None:
    for place in range(150):
        terms = checked_terms("10", "EUR", f"task {place}")
        asked = request_payment(RequestPayment(UUID(int=10_000 + place), "ada", terms), f"PR-{2000 + place}", world.now)
        world.requests[asked.id] = asked
    async with contractor(world).run_test(size=(80, 24)) as pilot:
        table = await opened(pilot)
        assert table.current is not None and table.current.number == "PR-2149"
        newest = RequestPayment(UUID(int=20_000), "ada", checked_terms("5", "EUR", "just now"))
        world.put(request_payment(newest, "PR-3000", world.now + timedelta(minutes=1)))
        await seen(pilot, lambda: "   PR-3000" in shown(pilot) and " ▸ PR-2149" in shown(pilot))
        await pilot.press("n")
        await seen(pilot, lambda: "Waiting already  3,905.00 EUR and 312.45 USD (153)" in shown(pilot))


async def test_keys_typed_before_the_desk_is_open_all_count(world: World) -> None:
    app = contractor(world)
    async with app.run_test(size=(80, 24)) as pilot:
        for key in ("n", *"12.50", "tab", *"EUR", "tab", *"typed ahead", "ctrl+s"):
            name = {" ": "space", ".": "full_stop"}.get(key, key)
            pilot.app.post_message(Key(name, key if len(key) == 1 else None))
        await seen(pilot, lambda: len(world.requests) == 9)
        assert list(world.requests.values())[-1].terms == checked_terms("12.50", "EUR", "typed ahead")


async def test_what_is_wrong_is_said_under_its_field_and_nothing_is_sent(world: World) -> None:
    async with contractor(world).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("n")
        await seen(pilot, lambda: isinstance(pilot.app.screen, RequestForm))
        await pilot.press(*"1,5", "ctrl+s")
        await seen(pilot, lambda: "Write 1.5: the point separates decimals" in shown(pilot))
        await seen(pilot, lambda: "Write the description." in shown(pilot))
        assert pilot.app.focused is not None and pilot.app.focused.id == "amount"
        assert len(world.requests) == 8


async def test_esc_keeps_the_draft_and_x_discards_it_after_y(world: World) -> None:
    async with contractor(world).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("n")
        await seen(pilot, lambda: isinstance(pilot.app.screen, RequestForm))
        await pilot.press(*"777", "escape")
        await seen(pilot, lambda: "draft kept" in shown(pilot))
        await pilot.press("n")
        await seen(pilot, lambda: isinstance(pilot.app.screen, RequestForm))
        assert pilot.app.screen.query_one("#amount", Input).value == "777"
        await pilot.press("ctrl+x", "enter")
        await seen(pilot, lambda: "Discard what you typed?" in shown(pilot))
        await pilot.press("y")
        await seen(pilot, lambda: "from:me" in shown(pilot) and "draft kept" not in shown(pilot))


async def test_the_preview_says_what_is_missing_and_what_is_wrong_and_so_does_a_draft(world: World) -> None:
    async with contractor(world).run_test(size=(100, 30)) as pilot:
        await opened(pilot)
        await pilot.press("n", *"12x", "tab", "ctrl+u")
        await seen(pilot, lambda: "fill in currency and description" in shown(pilot))
        assert "not right yet: amount" in shown(pilot)
        await pilot.press("escape", "n")
        await seen(pilot, lambda: "✗" in shown(pilot) and "12x" in shown(pilot))


@pytest.mark.long
async def test_a_lost_database_keeps_the_draft_and_the_same_key_sends_it_once(world: World) -> None:
    desk = FakeContractorDesk(world)
    async with contractor(world, desk=desk).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        world.down = True
        await pilot.press("n", *"10", "tab", *"EUR", "tab", *"hotel", "ctrl+s")
        await seen(pilot, lambda: "PostgreSQL does not answer." in shown(pilot) and "You ask for" in shown(pilot))
        assert pilot.app.screen.query_one("#description", Input).value == "hotel"
        world.down = False
        await pilot.press("ctrl+s")
        await seen(pilot, lambda: "asks for 10.00 EUR" in shown(pilot))
        assert len(world.requests) == 9 and len(desk.keys) == 1


@pytest.mark.long
async def test_what_looks_like_a_duplicate_is_asked_for_again(world: World) -> None:
    async with contractor(world).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("n", *"2400", "tab", *"EUR", "tab", *"photo set for BROCHURE", "ctrl+s")
        await seen(pilot, lambda: "Ask for this again?" in shown(pilot))
        await pilot.press("enter", "n")
        await seen(pilot, lambda: "Looks like PR-1007" in shown(pilot))
        assert len(world.requests) == 8
        await pilot.press("ctrl+s", "y")
        await seen(pilot, lambda: len(world.requests) == 9)


async def test_rows_that_arrive_do_not_move_the_cursor_from_its_request(world: World) -> None:
    async with contractor(world).run_test(size=(80, 24)) as pilot:
        table = await opened(pilot)
        await pilot.press("j", "j")
        await seen(pilot, lambda: table.current and table.current.number == "PR-1003")
        old = next(iter(world.requests.values()))
        for place in range(3):
            fresh = UUID(int=old.id.int + 100 + place)
            world.put(request_payment(RequestPayment(fresh, "ada", old.terms), f"PR-20{place}", world.now))
        await seen(pilot, lambda: len(table.rows) == 7)
        assert table.current is not None and table.current.number == "PR-1003"


@pytest.mark.long
async def test_a_rejection_shows_the_whole_cause_and_can_be_revised(world: World) -> None:
    async with contractor(world).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("j", "enter")
        await seen(pilot, lambda: isinstance(pilot.app.screen, DetailScreen))
        await seen(pilot, lambda: "Which licence, and for how many seats?" in shown(pilot))
        await pilot.press("e")
        await seen(pilot, lambda: isinstance(pilot.app.screen, RequestForm))
        await pilot.press("tab", "tab", "end", *", 5 seats", "ctrl+s")
        await seen(pilot, lambda: "revision 2" in shown(pilot))
        register = next(r for r in world.requests.values() if r.number == "PR-1005")
        assert register.revision == 2 and register.terms.description == "Licence renewal, 5 seats"


async def test_withdrawing_asks_first_and_only_y_is_yes(world: World) -> None:
    async with contractor(world).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("w", "enter", "escape")
        assert not any(register.withdrawal_asked for register in world.requests.values())
        await pilot.press("w", "y")
        await seen(pilot, lambda: "withdrawing" in shown(pilot))
        await pilot.press("w")
        await seen(pilot, lambda: "is withdrawing already" in shown(pilot))


async def test_anothers_request_cannot_be_changed(world: World) -> None:
    async with contractor(world, person="studio-nord").run_test(size=(80, 24)) as pilot:
        table = await opened(pilot)
        await pilot.press("m")
        await seen(pilot, lambda: len(table.rows) == 8)
        await pilot.press("g", "e")
        await seen(pilot, lambda: "may change it" in shown(pilot))


async def test_trouble_is_said_in_words_first(world: World) -> None:
    desk = FakeContractorDesk(world)
    async with contractor(world, desk=desk).run_test(size=(120, 36)) as pilot:
        await opened(pilot)
        desk.reading = replace(desk.reading, redis=Part(PartState.DOWN))
        await seen(pilot, lambda: "not live, reading every 2 s" in shown(pilot))
        away = Part(PartState.DOWN, "Kafka does not answer.")
        desk.reading = replace(desk.reading, redis=Part(PartState.DOWN), kafka=away, unsent=3)
        await seen(pilot, lambda: "3 queued, your requests are safe and will be sent" in shown(pilot))
        world.down = True
        await seen(pilot, lambda: "nothing can be saved; what you typed is kept" in shown(pilot))


async def test_hostile_text_is_shown_harmless(world: World) -> None:
    old = next(iter(world.requests.values()))
    terms = replace(old.terms, description="a\x1b[2Jb\u202ec\x9bd")
    world.put(replace(old, terms=terms, revision=9))
    del world.decisions[old.id]
    async with contractor(world).run_test(size=(120, 36)) as pilot:
        await opened(pilot)
        await seen(pilot, lambda: "a␛[2Jb\ufffdc\ufffdd" in shown(pilot))
        await pilot.press("G", "enter")
        await seen(pilot, lambda: isinstance(pilot.app.screen, DetailScreen) and "a␛[2Jb" in shown(pilot))
        assert "\x1b" not in shown(pilot)


async def test_help_and_palette_name_every_key(world: World) -> None:
    async with contractor(world).run_test(size=(120, 36), notifications=True) as pilot:
        await opened(pilot)
        await pilot.press("question_mark")
        for word in ("New, or the kept draft", "Revise", "Withdraw", "Next row", "Reload", "Quit", "Commands"):
            await seen(pilot, lambda word=word: word in shown(pilot))  # type: ignore[misc]
        await pilot.press("escape", "colon")
        await seen(pilot, lambda: "Search for commands" in shown(pilot))
        await pilot.press("escape", "ctrl+c")
        await seen(pilot, lambda: "q quits; ^q too" in pilot.app.query_one("#notice", Line).text)


async def test_a_tick_while_a_screen_is_laid_out_harms_nobody(world: World) -> None:
    async with contractor(world).run_test(size=(80, 24)) as pilot:
        table = await opened(pilot)
        pane = pilot.app.query_one(ContractorHome)
        assert table.current is not None
        opening = pilot.app.push_screen(ContractorDetail(pane, pane.actions, table.current))
        assert isinstance(pilot.app.screen, ContractorDetail) and not pilot.app.screen.query(HealthLine)
        pane.show_health()
        pane.notice("Seen.")
        await opening
        await seen(pilot, lambda: "✓ live" in shown(pilot))
