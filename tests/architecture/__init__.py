"""The rules of the project, as tests: they hold for every file, and each has been seen to fail."""
