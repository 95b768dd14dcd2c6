"""What Prometheus sees. Fixed label sets: no text, no id and no address ever becomes a label."""

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
)

from models.bundle import Bundle
from models.scorer import Score

disable_created_metrics()  # type: ignore[no-untyped-call]

_SECONDS = (0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1, 2, 4)
_PROBABILITIES = tuple(step / 10 for step in range(1, 11))


class Metrics:
    """The metrics of one service, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "upstander_requests",
            "Requests answered.",
            ("route", "method", "status"),
            registry=self.registry,
        )
        self.refused = Counter(
            "upstander_refused", "Requests or posts refused.", ("cause",), registry=self.registry
        )
        self.in_flight = Gauge(
            "upstander_in_flight", "Requests that hold a permit.", registry=self.registry
        )
        self.stage_seconds = Histogram(
            "upstander_stage_seconds",
            "Seconds a text spends in each stage.",
            ("stage",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.texts = Counter("upstander_texts", "Texts scored.", registry=self.registry)
        self.tokens = Counter("upstander_tokens", "Tokens scored.", registry=self.registry)
        self.windows = Counter("upstander_windows", "Runs of the model.", registry=self.registry)
        self.scores = Histogram(
            "upstander_score",
            "Calibrated scores, to see them drift.",
            ("label",),
            buckets=_PROBABILITIES,
            registry=self.registry,
        )
        self.bundle_info = Gauge(
            "upstander_bundle_info",
            "1 for the bundle that is served.",
            ("name", "version", "sha256"),
            registry=self.registry,
        )

    def observe(self, score: Score, queued: float) -> None:
        """Count one scored text."""
        self.texts.inc()
        self.tokens.inc(score.tokens)
        self.windows.inc(score.windows)
        self.stage_seconds.labels(stage="queue").observe(queued)
        self.stage_seconds.labels(stage="normalise").observe(score.timings.normalise)
        self.stage_seconds.labels(stage="tokenize").observe(score.timings.tokenize)
        self.stage_seconds.labels(stage="run").observe(score.timings.run)
        for label, value in score.scores.items():
            self.scores.labels(label=label).observe(value)

    def serves(self, bundle: Bundle) -> None:
        """Say which bundle answers."""
        self.bundle_info.clear()
        manifest = bundle.manifest
        self.bundle_info.labels(
            name=manifest.name, version=manifest.version, sha256=bundle.sha256
        ).set(1)
