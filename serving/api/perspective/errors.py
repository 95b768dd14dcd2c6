"""Errors in the form of Google's APIs. Clients read the words, so the words are Perspective's."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from upstander.serving.errors import (
    EmptyText,
    InvalidRequest,
    KeyMissing,
    RateLimited,
    ServiceError,
    TextTooLong,
    Unauthorized,
)

Json = dict[str, Any]

_TYPE: Final = "type.googleapis.com/google.commentanalyzer.v1alpha1.Error"
_INFO: Final = "type.googleapis.com/google.rpc.ErrorInfo"
_RETRY: Final = "type.googleapis.com/google.rpc.RetryInfo"
_BAD_REQUEST: Final = "type.googleapis.com/google.rpc.BadRequest"

_STATUSES: Final[Mapping[int, str]] = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    408: "DEADLINE_EXCEEDED",
    409: "ABORTED",
    413: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
    507: "RESOURCE_EXHAUSTED",
}


ANSWER: Final[dict[int | str, dict[str, Any]]] = {200: {"description": "As Perspective gave."}}

REFUSALS: Final[dict[int | str, dict[str, Any]]] = {
    status: {
        "description": "An error in the form of Google's APIs.",
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["error"],
                    "properties": {
                        "error": {
                            "type": "object",
                            "required": ["code", "message", "status", "details"],
                        }
                    },
                }
            }
        },
    }
    for status in ("4XX", "5XX")
}
"""For the OpenAPI document."""


class CommentError(InvalidRequest):
    """What Perspective itself refuses. kind: its `errorType`; payload: what goes with it."""

    status = 400

    def __init__(
        self, message: str, kind: str = "INVALID_REQUEST", payload: Json | None = None
    ) -> None:
        super().__init__(message)
        self.details: list[Json] = [{"@type": _TYPE, "errorType": kind, **(payload or {})}]


class PayloadError(CommentError):
    """What Google's front end refuses before Perspective sees it. field: where it is wrong."""

    def __init__(self, message: str, field: str = "", description: str = "") -> None:
        super().__init__(message)
        violation = {"description": description or message}
        if field:
            violation["field"] = field
        self.details = [{"@type": _BAD_REQUEST, "fieldViolations": [violation]}]


def empty() -> CommentError:
    """Nothing to score."""
    return CommentError("Comment must be non-empty.", "COMMENT_EMPTY")


def too_long() -> CommentError:
    """More bytes than are taken."""
    return CommentError("Comment text too long.", "COMMENT_TOO_LONG")


def wrong_language(
    attribute: str,
    languages: Sequence[str],
    which: str = "requestedLanguages",
    detected: str = "",
) -> CommentError:
    """which: `requestedLanguages`, or `detectedLanguages` where the request names none.

    detected: what the text seems to be written in, and how sure that is.
    """
    error = CommentError(
        f"Attribute {attribute} does not support request languages: {', '.join(languages)}",
        "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
        {
            "languageNotSupportedByAttributeError": {
                which: list(languages),
                "attribute": attribute,
            }
        },
    )
    if detected:
        error.details.append(_info("LANGUAGE_DETECTED", {"languages": detected}))
    return error


def google_error(error: ServiceError) -> tuple[int, Json]:
    """Status and body of an error. `details` is never empty: clients read its first item."""
    status, message, details = error.status, str(error), getattr(error, "details", None)
    if isinstance(error, KeyMissing):
        status = 403
        message = (
            "Method doesn't allow unregistered callers (callers without established identity). "
            "Please use API Key or other form of API consumer identity to call this API."
        )
    elif isinstance(error, Unauthorized):
        status = 400
        message = "API key not valid. Please pass a valid API key."
        details = [_info("API_KEY_INVALID", {"service": "commentanalyzer.googleapis.com"})]
    elif isinstance(error, RateLimited):
        metadata = {
            "quota_limit": f"AnalyzeRequestsPer{error.per.title()}PerProject",
            "quota_limit_value": str(error.allowed),
            "quota_remaining": str(error.left),
            "service": "commentanalyzer.googleapis.com",
        }
        details = [
            _info("RATE_LIMIT_EXCEEDED", metadata),
            {"@type": _RETRY, "retryDelay": f"{error.retry_after}s"},
        ]
    elif isinstance(error, EmptyText):
        return google_error(empty())
    elif isinstance(error, TextTooLong):
        return google_error(CommentError(message, "COMMENT_TOO_LONG"))
    elif status in (413, 422):
        status = 400
    if details is None:
        details = [_info(error.code.upper(), {})]
    body = {
        "code": status,
        "message": message,
        "status": _STATUSES.get(status, "UNKNOWN"),
        "details": details,
    }
    return status, {"error": body}


def _info(reason: str, metadata: Mapping[str, str]) -> Json:
    return {
        "@type": _INFO,
        "reason": reason,
        "domain": "googleapis.com",
        "metadata": dict(metadata),
    }
