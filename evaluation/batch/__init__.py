"""Scoring files of any size: rows in, parts on disk, one whole file out.

sources   which files and data sets a person named
rows      the rows of one of them; a bad row has a problem instead of a text
known     the texts that were scored already
pipeline  rows to answers, in order, a thread a core
parts     what is finished of a run, so that it goes on after a kill
tables    the answers as Parquet
run       all of it
"""
