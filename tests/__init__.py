"""The tests of paydesk."""
