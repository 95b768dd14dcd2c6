"""The metrics as `GET /metrics` names them."""

from collections.abc import Iterator
from typing import Any

from prometheus_client.metrics import MetricWrapperBase

from generate.tables import page, table
from upstander.serving.metrics import Metrics

_SERIES = {
    "counter": ("_total",),
    "gauge": ("",),
    "histogram": ("_bucket", "_sum", "_count"),
}
"""What the text format adds to the name of a metric, one ending a series."""

_EXAMPLE = """\
Which share of the texts of the last five minutes the cache answered:

```promql
sum(rate(upstander_cache_total{result="hit"}[5m])) / sum(rate(upstander_cache_total[5m]))
```"""


def metrics() -> str:
    """Every metric of `GET /metrics`."""
    return page(
        "Metrics",
        "The names are those that `GET /metrics` writes. No text, no key and no address is ever a "
        "label. A series with labels is there from the first time that something is counted; the "
        "labels of the model (`label`) and of the stages (`stage`) are there from the start.",
        table(("metric", "type", "labels", "meaning"), sorted(_rows())),
        _EXAMPLE,
    )


def _rows() -> Iterator[tuple[str, str, str, str]]:
    for found in vars(Metrics()).values():
        if isinstance(found, MetricWrapperBase):
            family = found.describe()[0]
            names = [f"`{family.name}{ending}`" for ending in _SERIES[family.type]]
            labels = [f"`{label}`" for label in found._labelnames]
            meaning = family.documentation
            if family.type == "histogram":
                labels.append("`le` (only `_bucket`)")
                meaning = meaning and f"{meaning} Bounds of the buckets: {_bounds(found)}."
            yield "<br>".join(names), family.type, "<br>".join(labels) or "none", meaning


def _bounds(histogram: Any) -> str:
    return ", ".join(f"{bound:g}" for bound in histogram._upper_bounds if bound < float("inf"))
