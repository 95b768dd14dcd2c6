"""Loading the bundle at the start, and replacing it without downtime."""

import asyncio
import ctypes
import gc
import logging
from contextlib import suppress
from pathlib import Path

from upstander.models.bundle import Bundle, open_bundle
from upstander.models.errors import UpstanderError
from upstander.models.signature import check_signature
from upstander.serving.engine import Engine
from upstander.serving.errors import BundleRefused
from upstander.serving.language import load_detector
from upstander.serving.metrics import Metrics
from upstander.serving.policy_store import PolicyStore
from upstander.serving.settings import Settings
from upstander.serving.shadow import Shadow

log = logging.getLogger("upstander")


class Loader:
    """Opens bundles beside the loop, verifies them, and hands them to the engine."""

    def __init__(
        self, settings: Settings, engine: Engine, policy_store: PolicyStore, metrics: Metrics
    ) -> None:
        self._settings = settings
        self._policy_store = policy_store
        self._engine = engine
        self._metrics = metrics
        self._one_at_a_time = asyncio.Lock()

    async def load(self) -> Bundle:
        """Serve what lies at the path of the settings now, in place of what was served before.

        Raises UpstanderError if it cannot be served, or not under the policies; the one before
        goes on.
        """
        settings = self._settings
        async with self._one_at_a_time:
            bundle = await asyncio.to_thread(_open, settings.bundle, settings)
            others = None
            if settings.languages_bundle is not None:
                others = await asyncio.to_thread(_open, settings.languages_bundle, settings)
            served = self._engine.together(bundle, others)
            if not settings.assume_language:
                await asyncio.to_thread(load_detector)
            self._policy_store.check(*(one.manifest for one in served.bundles))
            shadow = None
            if settings.shadow is not None:
                shadowing = await asyncio.to_thread(_open, settings.shadow, settings)
                shadow = Shadow(
                    shadowing, settings.shadow_share, settings.shadow_report, self._metrics
                )
            self._engine.serve(bundle, others)
            before, self._engine.shadow = self._engine.shadow, shadow
        if before is not None:
            await asyncio.to_thread(before.close)
        _settle()
        for one in served.bundles:
            log.info(
                "serving %s %s (%s), golden texts reproduced within %.1e",
                one.manifest.name,
                one.manifest.version,
                one.sha256[:12],
                one.golden_difference,
            )
        return bundle

    async def reload(self) -> Bundle:
        """The same for a service that runs. Raises BundleRefused."""
        try:
            bundle = await self.load()
        except (UpstanderError, OSError) as error:
            self._metrics.reloads.labels(result="refused").inc()
            log.error("the previous bundle stays in use: %s", error)
            raise BundleRefused(f"The previous bundle stays in use: {error}") from error
        self._metrics.reloads.labels(result="done").inc()
        return bundle


def _settle() -> None:
    """Give back what loading took, and spare later collections of garbage what stays."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)
    with suppress(OSError, AttributeError):  # where the C library is not glibc
        ctypes.CDLL(None).malloc_trim(0)


def _open(path: Path, settings: Settings) -> Bundle:
    """Open what a link leads to now, even if it leads elsewhere a moment later."""
    folder = path.resolve()
    if settings.require_signature:
        check_signature(folder, settings.signature_keys)
    return open_bundle(folder)
