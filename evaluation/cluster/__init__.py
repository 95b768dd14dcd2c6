"""Scoring past one machine, over Ray Data: a laptop's own cluster or a real one."""
