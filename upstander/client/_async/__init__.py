"""The client to be awaited; `deploy/sync_client.py` makes `_sync`, the one that blocks, of it."""
