"""What is pasted into a field."""

import pytest
from textual.app import App, ComposeResult
from textual.events import Paste

from paydesk.tui.widgets.fields import Field


@pytest.mark.fault(
    kind="A pasted tab becomes a blank, as line breaks do, in every field and argument.", mended="domain/text.py"
)
@pytest.mark.parametrize("pasted", ["logo\tdesign", "logo\r\ndesign\n", "\nlogo\rdesign", "logo\ndesign"])
async def test_a_pasted_tab_or_line_break_is_a_blank_in_the_field(pasted: str) -> None:
    class Form(App[None]):
        def compose(self) -> ComposeResult:
            yield Field()

    async with Form().run_test() as pilot:
        field = pilot.app.query_one(Field)
        field.focus()
        await pilot.pause()
        field.post_message(Paste(pasted))
        await pilot.pause()
        assert field.value == "logo design"
