"""Errors in OpenAI's form."""

from typing import Any

from upstander.serving.errors import (
    EmptyText,
    InvalidRequest,
    ServiceError,
    TextTooLong,
    Unauthorized,
    UnservedLanguage,
)


class Malformed(InvalidRequest):
    """A request that does not fit. param: the field that does not, if it is one."""

    status = 400

    def __init__(self, message: str, param: str | None, code: str | None = None) -> None:
        super().__init__(message)
        self.param = param
        self.openai_code = code


def openai_error(error: ServiceError) -> tuple[int, dict[str, Any]]:
    """Status and body of an error in OpenAI's form."""
    status = 400 if error.status == 422 else error.status
    kind = "invalid_request_error"
    code: str | None = error.code
    message, param = str(error), getattr(error, "param", None)
    if isinstance(error, Malformed):
        code = error.openai_code
    elif isinstance(error, EmptyText | UnservedLanguage):
        param = "input"
    elif isinstance(error, TextTooLong):
        status, code, param = 400, "string_above_max_length", "input"
    elif isinstance(error, Unauthorized):
        code = "invalid_api_key"
        message = f"Incorrect API key provided: {message}"
    elif status == 429:
        code, kind = "rate_limit_exceeded", "requests"
    elif status >= 500:
        kind = "server_error"
    return status, {"error": {"message": message, "type": kind, "param": param, "code": code}}
