"""The demo: its walk-through on real servers, what ends it, and what it shows."""
