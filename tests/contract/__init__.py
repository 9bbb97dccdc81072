"""One suite for both services behind the screens: the fake of the tests and the real one on real servers."""
