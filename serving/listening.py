"""Opening the listening sockets, with plain error messages."""

import errno
import socket
from collections.abc import Mapping
from typing import Final

from upstander.models.errors import UpstanderError

_BACKLOG: Final = 2048
"""Connections that the system holds until they are taken; uvicorn's own number."""

_ADVICE: Final[Mapping[int, str]] = {
    errno.EADDRINUSE: "another program listens there: stop it, or give another port with --port",
    errno.EACCES: "this port is reserved for the system: give one over 1023 with --port",
    errno.EADDRNOTAVAIL: "this machine has no such address: give one of its own with --host",
}
_NOT_HERE: Final = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})
"""What a machine without IPv6 says of `::1`, to which `localhost` leads too."""


def listen(host: str, port: int) -> list[socket.socket]:
    """Sockets that listen on every address of a host, all on one port.

    port: 0 takes a free one. Raises UpstanderError, which says what to do.
    """
    opened: list[socket.socket] = []
    unavailable: OSError | None = None
    try:
        for family, kind, protocol, _, address in _addresses(host, port):
            chosen = opened[0].getsockname()[1] if opened else port
            try:
                opened.append(_open(family, kind, protocol, (address[0], chosen, *address[2:])))
            except OSError as error:
                if error.errno not in _NOT_HERE:
                    raise
                unavailable = error
        if unavailable is not None and not opened:
            raise unavailable
    except OSError as error:
        for one in opened:
            one.close()
        why = _ADVICE.get(error.errno or 0, error.strerror or type(error).__name__)
        raise UpstanderError(f"cannot listen on {host}, port {port}: {why}") from error
    return opened


def _addresses(host: str, port: int) -> list[tuple[int, int, int, str, tuple[str | int, ...]]]:
    try:
        found = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except (socket.gaierror, UnicodeError) as error:
        raise UpstanderError(
            f"--host {host}: no address has this name: give an address, such as 127.0.0.1"
        ) from error
    return list(dict.fromkeys(found))  # type: ignore[arg-type]


def _open(family: int, kind: int, protocol: int, address: tuple[str | int, ...]) -> socket.socket:
    opened = socket.socket(family, kind, protocol)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        opened.bind(address)
        opened.listen(_BACKLOG)
        opened.set_inheritable(True)
    except OSError:
        opened.close()
        raise
    return opened
