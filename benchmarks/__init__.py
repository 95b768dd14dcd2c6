"""Benchmarks of the server, of batch scoring and of the console: `make bench`.

Every server runs on the same bundle, and is driven from another process. What is compared is
measured in turn in one run, because the machines that this runs on are shared and noisy: read the
ratios, not the absolute numbers.
"""
