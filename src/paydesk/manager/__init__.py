"""The manager's role: its commands and handlers, and the screens from which it decides."""
