"""Spans for OpenTelemetry, where it is asked for: `pip install '.[tracing]'`.

FastAPI makes a span of every request once there is somewhere to send it, and a request that carries
W3C trace context (`traceparent`) becomes part of its caller's trace. Where spans go is said in
OpenTelemetry's own variables, such as OTEL_EXPORTER_OTLP_ENDPOINT. A key in a URL is gone by then
(`serving/protocol.py`).
"""

from upstander.models.errors import UpstanderError


def send_spans() -> None:
    """Send spans by OTLP over HTTP. Raises UpstanderError without the extra."""
    try:
        from opentelemetry import trace
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ModuleNotFoundError as error:
        raise UpstanderError(
            f"--tracing needs {error.name}: pip install -c constraints.txt -e '.[tracing]'"
        ) from error

    provider = TracerProvider(resource=Resource.create({"service.name": "upstander"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
