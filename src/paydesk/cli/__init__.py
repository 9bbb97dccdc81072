"""The command line: arguments in, exit code out; imports only the role that was asked for."""
