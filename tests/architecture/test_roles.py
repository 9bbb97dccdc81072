"""Every role's card fits the others: nobody shares a schema or a topic, and what is heard is said by exactly one."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib import import_module

import pytest

from paydesk.domain.events import EventType
from paydesk.infra.core.role import Role
from tests.architecture.files import SOURCE

CARDS: list[Role] = [
    import_module(f"paydesk.{file.parent.name}.role").ROLE
    for file in sorted(SOURCE.glob("*/role.py"))
    if file.parent.name != "infra"
]
CONTRACTOR, MANAGER = sorted(CARDS, key=lambda card: card.name)
AUDITOR = Role(
    name="auditor",
    source="/paydesk/auditor",
    writes="",
    reads=(MANAGER.writes,),
    says=frozenset(),
    hears=MANAGER.says,
    hears_from=MANAGER.source,
    load_apply=CONTRACTOR.load_apply,
)


def misfits(cards: Sequence[Role]) -> Iterator[str]:
    """Yield what does not fit between these cards."""
    for field in ("name", "source", "channel", "group"):
        values = [getattr(card, field) for card in cards]
        if len(set(values)) < len(values):
            yield f"two roles share a {field}"
    written = [card.writes for card in cards if card.writes]
    if len(set(written)) < len(written):
        yield "two roles write one topic"
    for card in cards:
        for kind in card.hears:
            sayers = [other for other in cards if other is not card and kind in other.says]
            if len(sayers) != 1:
                yield f"{card.name} hears {kind}, which {len(sayers)} others say"
            elif (sayers[0].source, sayers[0].writes) != (card.hears_from, *card.reads):
                yield f"{card.name} hears {kind} from {card.hears_from} on {card.reads}, where nobody says it"
    for kind in EventType:
        if sum(kind in card.says for card in cards) != 1:
            yield f"{kind} is not said by exactly one role"


def test_the_cards_fit() -> None:
    assert [card.name for card in CARDS] == ["contractor", "manager"]
    assert not list(misfits(CARDS))


def test_a_role_that_only_listens_is_one_card_more() -> None:
    assert not list(misfits([*CARDS, AUDITOR]))


@pytest.mark.parametrize(
    "bad",
    [
        replace(MANAGER, name="contractor"),
        replace(MANAGER, writes=CONTRACTOR.writes),
        replace(MANAGER, says=MANAGER.says | CONTRACTOR.says),
        replace(MANAGER, says=frozenset(list(MANAGER.says)[1:])),
        replace(MANAGER, source="/elsewhere"),
        replace(MANAGER, reads=("some.other.topic",)),
    ],
    ids=["schema", "topic", "said by both", "said by nobody", "source", "heard where nobody speaks"],
)
def test_a_bad_card_is_seen(bad: Role) -> None:
    assert list(misfits([CONTRACTOR, bad]))
