"""Batch evaluation: the shipped bundle against suites whose texts training never saw."""
