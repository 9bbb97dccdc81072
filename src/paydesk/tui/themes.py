"""The looks: ``paydesk-dusk`` for dark terminals, ``paydesk-paper`` for light ones, ``paydesk-contrast`` for weak eyes.

Amber is the only accent of all.
"""

from textual.theme import Theme

DUSK = Theme(
    name="paydesk-dusk",
    primary="#8fb4d8",
    secondary="#8d97a5",
    accent="#e3b04b",
    warning="#e3b04b",
    error="#e78284",
    success="#8ccf9a",
    foreground="#d8dee6",
    background="#14181d",
    surface="#1a1f26",
    panel="#222934",
    dark=True,
    variables={"footer-key-foreground": "#e3b04b", "footer-background": "#1a1f26", "block-cursor-text-style": "none"},
)
PAPER = Theme(
    name="paydesk-paper",
    primary="#2f5f8f",
    secondary="#5c6570",
    accent="#8a5a00",
    warning="#8a5a00",
    error="#a4262c",
    success="#1f6b3a",
    foreground="#1d2329",
    background="#faf8f3",
    surface="#f2efe7",
    panel="#e7e2d6",
    dark=False,
    variables={"footer-key-foreground": "#8a5a00", "footer-background": "#f2efe7", "block-cursor-text-style": "none"},
)
CONTRAST = Theme(
    name="paydesk-contrast",
    primary="#9fd0ff",
    secondary="#d0d0d0",
    accent="#ffd75f",
    warning="#ffd75f",
    error="#ff9e9e",
    success="#9dffb0",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#262626",
    dark=True,
    variables={"footer-key-foreground": "#ffd75f", "footer-background": "#000000", "block-cursor-text-style": "none"},
)
THEMES = (DUSK, PAPER, CONTRAST)


def theme_named(name: str) -> str | None:
    """Return the look that a person means by ``dusk`` or ``paydesk-dusk``, or None."""
    return next((theme.name for theme in THEMES if name in (theme.name, short_name(theme))), None)


def short_name(look: Theme) -> str:
    """Return what people call a look."""
    return look.name.removeprefix("paydesk-")
