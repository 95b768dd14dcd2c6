# Made by deploy/sync_client.py: change `_async`, and run it.

"""The client that blocks."""
