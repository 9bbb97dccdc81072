"""The contractor's role: its commands and handlers, and the screens from which it asks for payments."""
