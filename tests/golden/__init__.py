"""Messages as the program once wrote them, byte by byte; every one must decode for ever."""
