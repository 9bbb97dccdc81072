"""The questions before a manager decides."""
