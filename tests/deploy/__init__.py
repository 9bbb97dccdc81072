"""Servers of one's own: ``compose.yaml``, and the same configuration files on servers started by hand."""
