"""Policies: from scores to decisions, by rules that the platform writes.

A policy is a TOML file of rules over labels, protected categories and mechanisms
(`document.py`). It is read and checked (`loader.py`, `checks.py`), bound to the thresholds of a
bundle, and says of a score what is to be done and why (`decide.py`, `explanation.py`).
`serving/policy_store.py` keeps the policies of a folder, and notices when one changes.
"""
