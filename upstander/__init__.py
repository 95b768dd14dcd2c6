"""The `upstander` command: its verbs live with their rooms, what they share on a terminal lives
here."""
