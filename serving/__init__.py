"""The HTTP service: admission and timing on the event loop, scoring on a small pool of threads."""
