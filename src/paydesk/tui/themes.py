"""The two looks: ``paydesk-dusk`` for dark terminals and ``paydesk-paper`` for light ones; amber is the only accent."""

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
