"""Storage in SQLite or PostgreSQL; nothing is stored unless it is asked for.

The packages that this needs are imported when the first row comes: a service that keeps nothing
has 40 MB less.
"""
