"""The rules, by examples and by properties."""
