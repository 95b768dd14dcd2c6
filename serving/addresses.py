"""The address of a request as clients send it, and the one that is routed."""

from typing import Final
from urllib.parse import unquote, urlsplit

from upstander.models.errors import UpstanderError

_SCHEMES: Final = ("http", "https")

FIRST_PARTS: Final = frozenset(
    [
        *("", "docs", "redoc", "openapi.json", "console"),
        *("livez", "readyz", "metrics"),
        *("v1", "v1alpha1", "$discovery", "batch"),
    ]
)
"""What the paths of the service begin with: `v1` of `/v1/score`, nothing of `/`."""


def prefix_of(public_url: str) -> str:
    """The path under which a proxy shows the service, such as `/upstander`; empty for none.

    public_url: the setting. Raises UpstanderError if it is not an address.
    """
    try:
        parts = urlsplit(public_url)
        is_address = not public_url or (parts.scheme in _SCHEMES and bool(parts.hostname))
    except ValueError:
        is_address = False
    if not is_address:
        raise UpstanderError(
            f"--public-url {public_url}: give an address, such as https://example.org/upstander/"
        )
    return unquote(parts.path).rstrip("/")


def without_prefix(path: str, prefix: str) -> str:
    """A path without the prefix, if it has it and what remains may be a path of the service.

    A proxy may have taken the prefix off already.
    """
    rest = path[len(prefix) :]
    if prefix and path.startswith(f"{prefix}/") and rest.split("/")[1] in FIRST_PARTS:
        return rest
    return path
