"""The background worker of a role: two threads around the steps of the engine."""
