"""The Perspective API, as its clients know it: `/v1alpha1/comments:analyze`, discovery and batch.

The format is the one of Google's discovery document of the API, revision 20190414, and of what its
clients depend on, such as the exact words of an error (docs/migrating-from-perspective.md).
"""
