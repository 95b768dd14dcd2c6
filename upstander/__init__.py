"""The `upstander` command: each verb lives with its room, and what they share lives here."""
