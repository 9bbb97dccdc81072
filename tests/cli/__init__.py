"""The command line, against the real servers."""
