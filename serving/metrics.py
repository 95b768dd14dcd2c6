"""Prometheus metrics. No text, id or address ever becomes a label."""

import os
from collections.abc import Mapping

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from upstander.models.bundle import Bundle
from upstander.models.labels import LABELS
from upstander.models.score import STAGES, Score
from upstander.serving.deferred import Deferred

disable_created_metrics()  # type: ignore[no-untyped-call]

_SECONDS = (0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1, 2, 4)
_DELAYS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)
_PROBABILITIES = tuple(step / 10 for step in range(1, 11))


class Metrics(Deferred):
    """The metrics of one service, in a registry of their own."""

    def __init__(self) -> None:
        super().__init__()
        self._registry = registry = CollectorRegistry()
        self._requests: dict[tuple[str, str, int], Counter] = {}
        self.requests = Counter(
            "upstander_requests",
            "Requests answered. route: the declared path, or none; method: GET, POST, HEAD or "
            "other; status: of HTTP.",
            ("route", "method", "status"),
            registry=registry,
        )
        self.replaced = Counter(
            "upstander_threads_replaced",
            "Scoring threads that hung or died.",
            registry=registry,
        )
        self.reloads = Counter(
            "upstander_reloads",
            "Changes of the bundle. result: done or refused.",
            ("result",),
            registry=registry,
        )
        self.cache = Counter(
            "upstander_cache",
            "Texts looked up in the cache. result: hit or miss.",
            ("result",),
            registry=registry,
        )
        self.cache_bytes = Gauge(
            "upstander_cache_bytes",
            "Bytes that the cache takes, by its own account.",
            multiprocess_mode="livesum",
            registry=registry,
        )
        self.cache_texts = Gauge(
            "upstander_cache_texts",
            "Texts whose scores are in the cache.",
            multiprocess_mode="livesum",
            registry=registry,
        )
        self.shadow = Counter(
            "upstander_shadow",
            "Texts offered to the shadow bundle. result: agrees, differs, failed or dropped.",
            ("result",),
            registry=registry,
        )
        self.refused = Counter(
            "upstander_refused",
            "Requests or posts refused. cause: unauthorized, forbidden, rate, quota, overloaded, "
            "windows, streams, bodies, connections, deadline, language or empty_text.",
            ("cause",),
            registry=registry,
        )
        self.uncounted = Counter(
            "upstander_uncounted",
            "Requests, posts and tokens of a text that nothing counted: their store did not "
            "answer.",
            registry=registry,
        )
        self.policy_reloads = Counter(
            "upstander_policy_reloads",
            "Changes of policies. result: done or refused.",
            ("result",),
            registry=registry,
        )
        self.kept = Counter(
            "upstander_kept",
            "Rows for the store. table: decisions or suggestions; result: kept or failed.",
            ("table", "result"),
            registry=registry,
        )
        self.store_waiting = Gauge(
            "upstander_store_waiting",
            "Rows that wait to be written to the store, of at most 4,096.",
            multiprocess_mode="livesum",
            registry=registry,
        )
        self.reviews_waiting = Gauge(
            "upstander_reviews_waiting",
            "Recorded decisions of band review that nobody has looked at, counted once a minute.",
            multiprocess_mode="livemax",
            registry=registry,
        )
        self.reviews_oldest = Gauge(
            "upstander_reviews_oldest_seconds",
            "Seconds since the oldest of these was made.",
            multiprocess_mode="livemax",
            registry=registry,
        )
        self.ready = Gauge(
            "upstander_ready",
            "1 while /readyz is 200, else 0; of several processes the least.",
            multiprocess_mode="livemin",
            registry=registry,
        )
        self.became_unready = Counter(
            "upstander_became_unready",
            "Times that a process that was ready was so no longer, without being stopped.",
            registry=registry,
        )
        self.languages = Counter(
            "upstander_languages",
            "Posts by the language that they count as. language: ISO 639, one of the 176 that the "
            "identifier knows or of those that are served; unsure; or other, for one that only a "
            "client names.",
            ("language",),
            registry=registry,
        )
        self.unserved = Counter(
            "upstander_unserved",
            "Posts surely in a language that is not served. result: refused, passed or decided.",
            ("result",),
            registry=registry,
        )
        self.admitted = Counter(
            "upstander_admitted", "Permits that were given out.", registry=registry
        )
        self.flagged = Counter(
            "upstander_flagged",
            "Texts at or over the balanced threshold. label: of the model.",
            ("label",),
            registry=registry,
        )
        self.in_flight = Gauge(
            "upstander_in_flight",
            "Permits that are held now.",
            multiprocess_mode="livesum",
            registry=registry,
        )
        self.streams = Gauge(
            "upstander_streams",
            "Streams that are open now.",
            multiprocess_mode="livesum",
            registry=registry,
        )
        self.connections = Gauge(
            "upstander_connections",
            "Connections that are open now.",
            multiprocess_mode="livesum",
            registry=registry,
        )
        self.evicted = Counter(
            "upstander_evicted",
            "Idle connections that were closed to make room for others.",
            registry=registry,
        )
        self.loop_delay = Histogram(
            "upstander_loop_delay_seconds",
            "Seconds by which the event loop was late, looked at twenty times a second.",
            buckets=_DELAYS,
            registry=registry,
        )
        self.stage_seconds = Histogram(
            "upstander_stage_seconds",
            "Seconds a text spends in each stage. stage: queue, normalise, tokenize or run.",
            ("stage",),
            buckets=_SECONDS,
            registry=registry,
        )
        self.texts = Counter("upstander_texts", "Texts scored.", registry=registry)
        self.tokens = Counter(
            "upstander_tokens", "Tokens scored, without the special ones.", registry=registry
        )
        self.windows = Counter(
            "upstander_windows", "Runs of the model, one a window.", registry=registry
        )
        self.work = Counter(
            "upstander_work",
            "Cost of those runs. A run of the model is 1; of a cascade that of its student is, and "
            "one of its base is several.",
            registry=registry,
        )
        self.stages = Counter(
            "upstander_cascade",
            "Texts that a cascade answered. stage: student, or base where it was sent on.",
            ("stage",),
            registry=registry,
        )
        self.scores = Histogram(
            "upstander_score",
            "Calibrated scores in [0, 1], to see them drift. label: of the model.",
            ("label",),
            buckets=_PROBABILITIES,
            registry=registry,
        )
        # Looked up once: `labels()` costs more than what it returns.
        self._stages = {
            stage: self.stage_seconds.labels(stage=stage)
            for stage in ("queue", "normalise", "tokenize", "run")
        }
        self._scores = {label: self.scores.labels(label=label) for label in LABELS}
        self._flagged = {label: self.flagged.labels(label=label) for label in LABELS}
        self._by_stage = {stage: self.stages.labels(stage=stage) for stage in STAGES}
        self._cached = {True: self.cache.labels(result="hit"), False: self.cache.labels("miss")}
        self._served: list[Gauge] = []
        self.bundle_info = Gauge(
            "upstander_bundle_info",
            "1 for a bundle that is served, 0 for one before it. sha256: of its SHA256SUMS.",
            ("name", "version", "sha256"),
            multiprocess_mode="livemax",
            registry=registry,
        )

    @property
    def registry(self) -> CollectorRegistry:
        """All metrics, up to date."""
        self.catch_up()
        return self._registry

    def request(self, route: str, method: str, status: int) -> None:
        """Count a request that was answered. Labels as of `requests`."""
        key = route, method, status
        counter = self._requests.get(key)
        if counter is None:
            counter = self._requests[key] = self.requests.labels(route, method, str(status))
        counter.inc()

    def observe(
        self, score: Score, thresholds: Mapping[str, float], queued: float, cached: bool
    ) -> None:
        """Count one scored text. thresholds: of its labels."""
        self.texts.inc()
        if score.stage is not None:
            self._by_stage[score.stage].inc()
        self._stages["queue"].observe(queued)
        self._stages["normalise"].observe(score.timings.normalise)
        self._cached[cached].inc()
        if not cached:
            self.tokens.inc(score.tokens)
            self.windows.inc(score.work.runs)
            self.work.inc(score.work.cost)
            self._stages["tokenize"].observe(score.timings.tokenize)
            self._stages["run"].observe(score.timings.run)
        for label, value in score.scores.items():
            self._scores[label].observe(value)
            if value >= thresholds[label]:
                self._flagged[label].inc()

    def serves(self, *bundles: Bundle) -> None:
        """Say which bundles answer."""
        for gauge in self._served:
            gauge.set(0)
        self._served = [
            self.bundle_info.labels(one.manifest.name, one.manifest.version, one.sha256)
            for one in bundles
        ]
        for gauge in self._served:
            gauge.set(1)

    def page(self) -> bytes:
        """Everything, in the text format of Prometheus, summed over the processes that serve."""
        registry = self.registry  # which catches up
        if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)
