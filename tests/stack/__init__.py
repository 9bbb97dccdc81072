"""The embedded stack on the real servers."""
