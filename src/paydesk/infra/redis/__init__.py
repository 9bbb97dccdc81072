"""The hints that make screens live, through Redis pub/sub."""
