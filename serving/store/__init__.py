"""What the service keeps: nothing unless somebody asks it to, in SQLite or PostgreSQL.

The packages that this needs are imported when the first row comes: a service that keeps nothing
has 40 MB less.
"""
