"""Proxies from the environment, and plain messages for connection errors."""

import socket
import ssl
from collections.abc import Iterator
from importlib.util import find_spec
from urllib.request import getproxies, proxy_bypass

import httpx

from upstander.client.errors import Unreachable, Unsendable


def proxy_for(url: httpx.URL) -> httpx.Proxy | None:
    """The proxy that the environment names for an address; None to go there directly.

    Read as other programs read it: `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, or what
    a Mac or Windows is set to. Raises Unsendable for one that this client cannot speak with.
    """
    known = getproxies()
    named = known.get(url.scheme) or known.get("all")
    if not named or proxy_bypass(url.netloc.decode("ascii")):
        return None
    try:
        proxy = httpx.Proxy(named if "://" in named else f"http://{named}")
    except (ValueError, httpx.InvalidURL):
        raise Unsendable(
            f"The proxy of {url.scheme.upper()}_PROXY or ALL_PROXY is not an address such as "
            "http://proxy.example.org:3128."
        ) from None
    if proxy.url.scheme.startswith("socks") and find_spec("socksio") is None:
        raise Unsendable("A SOCKS proxy needs a package: pip install 'httpx[socks]'.")
    return proxy


def unreachable(error: httpx.RequestError, url: httpx.URL) -> Unreachable:
    """Why a request had no answer, in words for people. url: of the service."""
    place = f"{url.scheme}://{url.netloc.decode('ascii')}{url.path}"
    if isinstance(error, httpx.TimeoutException):
        return Unreachable(
            f"{place} did not answer in time: retry later, or allow a longer timeout."
        )
    if isinstance(error, httpx.ProxyError):
        return Unreachable(
            f"The proxy that the environment names does not reach {place}: name the host in "
            "NO_PROXY if none is needed."
        )
    causes = list(_causes(error))
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return Unreachable(
            f"{place} and this client cannot agree on TLS: does it speak https, and is its "
            "certificate trusted here (SSL_CERT_FILE)?"
        )
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return Unreachable(f"{place} cannot be reached: no host is known by this name.")
    if isinstance(error, httpx.ConnectError):
        by_proxy = proxy_for(url) is not None
        return Unreachable(
            f"The proxy that the environment names for {place} cannot be reached."
            if by_proxy
            else f"{place} cannot be reached: is the service running there?"
        )
    return Unreachable(
        f"{place} broke off before it had answered: retry later, and look whether Upstander or a "
        "proxy in between ends connections."
    )


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
