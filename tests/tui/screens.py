"""The table of every screen of both desks: how it is reached, and what stands on it then.

The pictures of the quick and of the long suite, the README's and the contact sheet all go by it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import mkdtemp
from uuid import UUID

from textual.pilot import Pilot
from textual.widgets import Input

from paydesk.contractor.app import ContractorApp
from paydesk.domain.commands import Approve, RequestPayment, decide, request_payment
from paydesk.domain.copy import RequestCopy
from paydesk.domain.decision import checked_cause
from paydesk.domain.payment_request import checked_terms
from paydesk.manager.inbox import ManagerInbox
from paydesk.tui.app import DeskApp
from paydesk.tui.state import KeptView
from tests.fakes import FakeContractorDesk, FakeManagerDesk, World
from tests.tui.conftest import contractor, manager, opened, seen, shown
from tests.tui.scene import scene
from tests.tui.test_filter_line import names

ADA, BO = "contractor", "manager"
SIZES = ((80, 24), (100, 30), (160, 45))
LONG_CAUSE = (
    "The offer of March names 12 seats and 3 months of support, this request names 15 and a year of it. "
    "Please ask again with the offer that was signed, or send us the newer one before the end of the month."
)


@dataclass(frozen=True)
class Screen:
    """One screen: whose desk, the keys that lead to it, the words that stand on it then."""

    role: str
    name: str
    keys: tuple[str, ...] = ()
    wait_for: str = ""
    world: Callable[[], World] = scene
    made: Callable[[World], DeskApp] | None = None
    sizes: tuple[tuple[int, int], ...] = SIZES
    quick: bool = True
    """Whether the default suite has a picture of it."""

    def app(self) -> DeskApp:
        """Return the desk before the first key."""
        if self.made is not None:
            return self.made(self.world())
        return contractor(self.world()) if self.role == ADA else manager(self.world())

    async def reach(self, pilot: Pilot[None]) -> None:
        """Press the keys and wait until the words stand and nothing blinks."""
        if self.keys:
            await opened(pilot)
        await steady(pilot)
        await pilot.press(*self.keys)
        await seen(pilot, lambda: self.wait_for in shown(pilot) and peeked(pilot) and counted(pilot))
        await steady(pilot)


def peeked(pilot: Pilot[None]) -> bool:
    """Whether the pane beside the inbox, where there is one, knows all of the request under the cursor."""
    for pane in pilot.app.screen_stack[0].query(ManagerInbox):
        current, known = pane.table.current, pane.preview.peeked
        if pane.preview.display and current is not None and (known is None or known.copy.id != current.id):
            return False
    return True


def counted(pilot: Pilot[None]) -> bool:
    """Whether no sums are dim any more, as those of other rows are."""
    sums = pilot.app.screen_stack[0].query("#summary Static, #totals Static")
    return all(widget.styles.text_opacity == 1 for widget in sums)


async def steady(pilot: Pilot[None]) -> None:
    """Stop what blinks."""
    for field in pilot.app.screen.query(Input):
        field.cursor_blink = False
    await pilot.pause()


class Locked(FakeManagerDesk):
    """Has its first waiting request locked."""

    def copy(self, request_id: UUID) -> RequestCopy:
        return locked(super().copy(request_id), "PR-1002")


class LockedToo(FakeContractorDesk):
    """Has one of ada's requests locked."""

    def copy(self, request_id: UUID) -> RequestCopy:
        return locked(super().copy(request_id), "PR-1003")


def locked(copy: RequestCopy, number: str) -> RequestCopy:
    """Return the request of this number locked, and every other one as it is."""
    why = "revision 3 has other terms than those that were decided on"
    return replace(copy, locked=True, locked_why=why) if copy.number == number else copy


def lapsed() -> World:
    """Return a world in which ada's newest request was accepted before its revision came."""
    world = scene()
    request = next(candidate for candidate in world.requests.values() if candidate.number == "PR-1007")
    world.decisions[request.id] = decide(  # type: ignore[assignment]
        Approve(request.id, "bo", 1, request.terms.hash), request, None, world.now, world.now
    )
    more = checked_terms("2950.00", "EUR", "Photo set for brochure, with the cover")
    world.put(replace(request, version=2, revision=2, terms=more))
    return world


def long_cause() -> World:
    """Return a world whose rejection has a long cause."""
    world = scene()
    for request_id, decided in world.decisions.items():
        if decided.cause:
            world.decisions[request_id] = replace(decided, cause=checked_cause("needs_info", LONG_CAUSE))
    return world


def alike() -> World:
    """Return a world in which a request looks like an earlier one."""
    world = scene()
    terms = checked_terms("18400", "EUR", "August retainer, once more", reference="R-1")
    world.put(request_payment(RequestPayment(UUID(int=77), "brno-cablage", terms), "PR-1077", world.now))
    return world


def first_start(world: World) -> DeskApp:
    """Return a desk of somebody who never opened one."""
    app = ContractorApp(lambda: FakeContractorDesk(world), now=world.clock)
    app.kept = KeptView(Path(mkdtemp()) / "view.json")
    for pane in app.panes:
        pane.kept = app.kept
    return app


def _locked(world: World) -> DeskApp:
    return manager(world, desk=Locked(world))


def _locked_too(world: World) -> DeskApp:
    return contractor(world, desk=LockedToo(world))


FILLED = ("n", *"120.50", "tab", "tab", *"Hotel, Lyon")
TWICE = ("n", *"2400", "tab", "tab", *"Photo set for brochure", "ctrl+s")
SCREENS = (
    Screen(ADA, "home", wait_for="4 requests"),
    Screen(ADA, "everyone", ("m",), "8 requests"),
    Screen(ADA, "form", ("n",), "new request"),
    Screen(ADA, "form-problems", ("n", *"1,5", "tab", *"X", "ctrl+s"), "Write the description"),
    Screen(ADA, "form-filled", FILLED, "120.50 EUR"),
    Screen(ADA, "form-alike", TWICE, "Ask for this again?", quick=False),
    Screen(ADA, "rejected", ("j", "enter"), "rejected by bo"),
    Screen(ADA, "rejected-long", ("j", "enter"), "More information", world=long_cause, quick=False),
    Screen(ADA, "lapsed", ("enter",), "lapsed", world=lapsed, quick=False),
    Screen(ADA, "locked", ("j", "j", "w"), "enter tells why", made=_locked_too, quick=False),
    Screen(ADA, "revise", ("e",), "It becomes"),
    Screen(ADA, "palette", ("colon",), "Search for commands"),
    Screen(ADA, "withdraw", ("w",), "Withdraw PR-1007?"),
    Screen(ADA, "help", ("question_mark",), "Next row"),
    Screen(ADA, "insights-table", ("2", "t"), "last 14 days"),
    Screen(ADA, "empty", wait_for="Press n to ask for a payment.", world=World, quick=False),
    Screen(ADA, "first-start", wait_for="esc hides this", made=first_start, quick=False),
    Screen(BO, "inbox", wait_for="6 waiting"),
    Screen(BO, "held", ("j", "a"), "5 waiting"),
    Screen(BO, "causes", ("x",), "7  There is another reason."),
    Screen(BO, "note", ("x", "6"), "enter rejects"),
    Screen(BO, "bulk", ("space", "space", "a"), "y approve 2"),
    Screen(BO, "decided", ("d",), "2 decided"),
    Screen(BO, "detail", ("enter",), "requested"),
    Screen(BO, "help", ("question_mark",), "Send what is held now"),
    Screen(BO, "insights", ("2",), "Time to decision"),
    Screen(BO, "empty", wait_for="Nothing waits for a decision.", world=World, quick=False),
    Screen(BO, "filter", ("slash", "f"), "from:", quick=False),
    Screen(BO, "filter-values", ("slash", *names("from:")), "brno-cablage", quick=False),
    Screen(BO, "filter-problem", ("slash", *names("cur:EUR status:pendin"), "enter"), "no status", quick=False),
    Screen(BO, "filtered", ("slash", *names("cur:EUR amt>=5000"), "enter"), "2 waiting", quick=False),
    Screen(BO, "marked", ("space", "space"), "┃", quick=False),
    Screen(BO, "alike", wait_for="like PR-1077", world=alike, quick=False),
    Screen(BO, "peek", ("p",), "last 90 days", world=alike, sizes=((100, 30),), quick=False),
    Screen(BO, "alike-detail", ("enter",), "Looks like PR-1077", world=alike, quick=False),
    Screen(BO, "locked", ("enter",), "both versions", made=_locked, quick=False),
    Screen(BO, "health", ("3",), "Arrivals", quick=False),
)
