"""Records of decisions: storing, reviewing, replaying and exporting them.

Off unless `--record` says otherwise. `recording.py` hands decisions to the store, `archive.py`
reads and purges them, `export.py` writes them out, `replay.py` decides them again, and `reviews.py`
is what people say of them.
"""
