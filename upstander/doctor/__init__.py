"""`upstander doctor`: what is wrong with an installation, in plain lines.

`machine.py` looks at the computer, `parts.py` at what the service is made of, and `reach.py` at a
service that runs. Each looks on its own: one that finds something wrong keeps no other from it.
"""
