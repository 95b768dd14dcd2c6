"""HTTP as uvicorn speaks it, but for endless headers, unfinished requests, offers of another
protocol, and keys in URLs.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import unquote_to_bytes

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from upstander.serving.connections import ON_HANG_UP, CountedProtocol
from upstander.serving.limits import IS_WHOLE

MAX_HEADER_BYTES: Final = 32 * 1024
"""Request line and headers together; one more read of the socket may be held beside them."""

_KEY_HEADERS: Final = (b"x-api-key", b"x-goog-api-key")

_OFFER: Final = (b"upgrade", b"http2-settings")

HEADER_SECONDS: Final = 10.0
"""For request line and headers to arrive."""


def holds_key(name: bytes, value: bytes) -> bool:
    """Whether a header is one that a key may come in."""
    return name in _KEY_HEADERS or (
        name == b"authorization" and value.lstrip()[:7].lower() == b"bearer "
    )


def hide_key(query: bytes, headers: list[tuple[bytes, bytes]]) -> bytes:
    """Move a key from a query to the headers, before anything that logs or traces URLs runs."""
    if not query:
        return query
    kept, given = [], b""
    for part in query.split(b"&"):
        name, _, value = part.partition(b"=")
        if unquote_to_bytes(name) == b"key":
            given = unquote_to_bytes(value.replace(b"+", b" "))
        else:
            kept.append(part)
    if given and not any(holds_key(*header) for header in headers):
        headers.append((b"x-api-key", given))
    return b"&".join(kept)


class _Parser(httptools.HttpRequestParser):
    """Reads a request that offers another protocol as if it did not.

    Java's client offers HTTP/2 (`Upgrade: h2c`) with its first request, and a server may ignore
    that (RFC 9110, 7.8). httptools takes what follows the headers for the other protocol, so that
    the body would be lost.
    """

    def __init__(self, protocol: "GuardedProtocol") -> None:
        self._protocol = protocol
        self._begin()

    def _begin(self) -> None:
        """Forget what was read, such as that the connection is to be closed."""
        super().__init__(self._protocol)
        self.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn's own parser

    def feed_data(self, data: Any) -> None:
        """Parse; the headers once more, without the offer, where there is one."""
        while True:
            try:
                super().feed_data(data)
            except httptools.HttpParserUpgrade as offer:
                data = self._protocol.head_without_offer() + data[offer.args[0] :]
                self._begin()
            else:
                return


class GuardedProtocol(CountedProtocol):
    """Answers 431 to headers over `MAX_HEADER_BYTES`, and hangs up after `HEADER_SECONDS`.

    uvicorn's parser in C has no limit of its own.
    """

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.parser = _Parser(self)
        self._held: int | None = 0
        self._quiet = 0
        """Bytes after the headers that belong to no body: trailers, or blank lines."""
        self._timer: asyncio.TimerHandle | None = None
        self._on_hang_up: list[Callable[[], None]] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the first request, for a while."""
        super().connection_made(transport)
        self._timer = self.loop.call_later(HEADER_SECONDS, self._hang_up)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is left to wait for."""
        self._stop_timer()
        for tell in list(self._on_hang_up):
            tell()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count what comes before the headers are complete."""
        if self._held is None:
            self._quiet += len(data)
        else:
            self._held += len(data)
        super().data_received(data)
        if self._quiet > MAX_HEADER_BYTES:
            self.transport.abort()
        elif self._held is not None and self._held > MAX_HEADER_BYTES:
            if self._is_answering:
                self.transport.abort()
                return
            self.transport.write(
                STATUS_LINE[431] + b"content-length: 0\r\nconnection: close\r\n\r\n"
            )
            self.hang_up()
        elif not self._is_answering and self._timer is None and not self.transport.is_closing():
            # uvicorn stopped its own timer at the first byte, and this may be no request at all.
            self._unset_keepalive_if_required()
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    @property
    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def on_header(self, name: bytes, value: bytes) -> None:
        """Trailers come here too, and nobody reads them."""
        if self._held is not None:
            super().on_header(name, value)

    def on_body(self, body: bytes) -> None:
        """The body has limits of its own."""
        self._quiet = 0
        super().on_body(body)

    def on_message_begin(self) -> None:
        """Another request on this connection: its headers count anew."""
        super().on_message_begin()
        if self._held is None:
            self._held = 0
            self._timer = self.loop.call_later(HEADER_SECONDS, self._hang_up)
        self._quiet = 0

    @property
    def _is_offer(self) -> bool:
        """Whether the headers, which are complete, offer another protocol."""
        return self.parser.should_upgrade() and self.parser.get_method() != b"CONNECT"

    def head_without_offer(self) -> bytes:
        """Request line and headers as they came, but for the offer of another protocol."""
        version = self.parser.get_http_version().encode()
        lines = [self.parser.get_method() + b" " + self.url + b" HTTP/" + version]
        for name, value in self.headers:
            if name == b"connection":
                tokens = (token.strip() for token in value.split(b","))
                value = b", ".join(token for token in tokens if token.lower() not in _OFFER)
            if name not in _OFFER:
                lines.append(name + b": " + value)
        return b"\r\n".join((*lines, b"", b""))

    def on_message_complete(self) -> None:
        """What was only an offer is read again."""
        if not self._is_offer:
            super().on_message_complete()
            self.scope["state"][IS_WHOLE] = True

    def on_headers_complete(self) -> None:
        """The body has limits of its own."""
        if self._is_offer:
            return
        self._held = None
        self._quiet = 0
        self._stop_timer()
        super().on_headers_complete()
        self.scope["state"][ON_HANG_UP] = self._on_hang_up
        self.scope["query_string"] = hide_key(self.scope["query_string"], self.headers)

    def _hang_up(self) -> None:
        if self._is_answering:  # the next request waits behind an answer, and may be complete
            self._timer = self.loop.call_later(HEADER_SECONDS, self._hang_up)
        else:
            self.hang_up()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
