"""Batch scoring of files of any size, in constant memory and with resume.

sources   which files and data sets a person named
opening   a file as text, with unpacking and encodings
row       a row; a bad one has a problem instead of a text
rows      the rows of a file, with csv_rows, json_rows and parquet_rows
known     the texts that were scored already
pipeline  rows to answers, in order, a thread a core
parts     what is finished of a run, so that it goes on after a kill
lines     the answers as JSON lines, and what could not be scored
tables    the answers as Parquet
output    where a run writes, and what is therefore no input
run       all of it
"""
