"""paydesk: contractors request payments, managers decide them, each from a terminal."""
