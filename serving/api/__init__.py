"""The HTTP interface: one module for scoring, one for health and what is being served."""
