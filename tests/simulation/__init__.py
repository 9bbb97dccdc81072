"""Deterministic simulation: the product's own handlers on memory, a seeded scheduler, and a checker of the promises."""
