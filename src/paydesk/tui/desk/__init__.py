"""The list of a desk, and the parts that it owns."""
