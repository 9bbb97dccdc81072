"""One suite for both rooms behind the screens: the fake of the tests and the real one on real servers."""
