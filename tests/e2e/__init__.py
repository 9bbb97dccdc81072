"""Both desks and the command line as separate processes, in real pseudo-terminals, on the real embedded servers."""
