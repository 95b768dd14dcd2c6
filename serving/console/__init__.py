"""The console: pages that show what the service thinks of a text, and why.

`static/` holds what the browser gets: no build step, no content from other hosts, no dependency.
"""

from upstander.serving.console.pages import console

__all__ = ["console"]
