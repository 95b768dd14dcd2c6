"""Applying policies to scored files, without scoring again.

chunks   a part of a scored file, in columns
decide   every row of a chunk to its decision: like rows are decided once
files    reading and writing scored files, of every format that `upstander score` writes
changes  what another policy would change, for whom, as words and as a page
"""
