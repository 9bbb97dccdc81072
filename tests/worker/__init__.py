"""The worker on the real servers."""
