"""Cross-origin protection for a service without API keys.

A browser sends what a page of any site asks it to, also to this machine and to the network behind a
firewall. A key would stop that, because no browser sends one by itself; without keys the request
itself must show where it comes from.
"""

import ipaddress
from collections.abc import Sequence
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from upstander.serving.errors import Forbidden
from upstander.serving.metrics import Metrics
from upstander.serving.refusal import Refusal

_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_HOSTS: Final = 64
"""Of which it is remembered whether they are known: most requests name the same one."""

SAID_BY_BROWSERS: Final = (b"host", b"origin", b"sec-fetch-site")
"""Headers that no script can set."""


class OwnPages:
    """ASGI middleware: refuses what the pages of other sites would write.

    As `CrossOriginProtection` of Go's net/http does: by `Sec-Fetch-Site`, which browsers send, else
    by `Origin`; programs send neither. The host must be known too: a site can let a name of its own
    lead to this machine (DNS rebinding), and is of the same origin then.
    """

    def __init__(
        self,
        app: ASGIApp,
        origins: str,
        hosts: str,
        public_url: str,
        metrics: Metrics,
    ) -> None:
        """origins, hosts: as in the settings, by commas; `*` stands for any."""
        public = urlsplit(public_url)
        self._app = app
        self._origins = {*_listed(origins), f"{public.scheme}://{public.netloc}".lower()}
        self._hosts = {*_listed(hosts), public.hostname or ""}
        self._metrics = metrics
        self._is_known = lru_cache(_HOSTS)(self._leads_here)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on."""
        if scope["type"] != "http" or scope["method"] in _READING:
            await self._app(scope, receive, send)
            return
        sent: dict[bytes, list[str]] = {name: [] for name in SAID_BY_BROWSERS}
        for name, value in scope["headers"]:
            if name in sent:
                sent[name].append(value.decode("latin-1").strip().lower())
        hosts = sent[b"host"]
        if not all(self._is_known(host) for host in hosts):
            error = Forbidden(
                "This service asks for no keys, and does not know itself by this host name: ask by "
                "address, or let it start with --allowed-hosts and the name."
            )
        elif self._is_foreign(hosts, sent[b"origin"], sent[b"sec-fetch-site"]):
            error = Forbidden(
                "This service asks for no keys, and takes nothing from pages of other sites: let "
                "it start with --cors-origin and the origin of the page."
            )
        else:
            await self._app(scope, receive, send)
            return
        self._metrics.refused.labels(cause="forbidden").inc()
        await Refusal(error)(scope, receive, send)

    def _leads_here(self, host: str) -> bool:
        """Whether no stranger can have made this host lead here.

        Addresses and names without a dot belong to nobody who could.
        """
        try:
            name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
        except ValueError:
            return False
        is_own = "*" in self._hosts or name in self._hosts or name.endswith(".localhost")
        return is_own or "." not in name or _is_address(name)

    def _is_foreign(
        self, hosts: Sequence[str], origins: Sequence[str], site: Sequence[str]
    ) -> bool:
        if "*" in self._origins or (origins and self._origins.issuperset(origins)):
            return False
        if site:
            return not {"same-origin", "none"}.issuperset(site)
        return any(origin.partition("://")[2] not in hosts for origin in origins)


def _listed(setting: str) -> set[str]:
    return {part.strip().rstrip("/").lower() for part in setting.split(",") if part.strip()}


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
