"""What the service refuses, and with which status.

UpstanderError
└── ServiceError          a request is refused; the code is for programs, the message for people
    ├── InvalidRequest    not JSON, a wrong type, an unknown or missing field   422 invalid_request
    ├── EmptyText         nothing visible to score                              422 empty_text
    ├── TextTooLong       the text is over the size limit                       413 text_too_long
    ├── BodyTooLarge      the whole request is over the size limit              413 body_too_large
    ├── NotFound          no such path                                          404 not_found
    ├── WrongMethod       the path exists, for another method                   405 wrong_method
    ├── Overloaded        every permit is taken; retry after the time given     429 overloaded
    ├── NotReady          the bundle is loading, or the service is stopping     503 not_ready
    └── InternalError     a fault of ours, logged under the request's id        500 internal_error

A text never appears in a message.
"""

from models.errors import UpstanderError


class ServiceError(UpstanderError):
    """A request is refused. `status` and `code` are the class's; the message says what to do."""

    status = 500
    code = "internal_error"

    def __init__(self, message: str, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class InvalidRequest(ServiceError):
    """Not JSON, a wrong type, an unknown or missing field."""

    status = 422
    code = "invalid_request"


class EmptyText(ServiceError):
    """Nothing visible to score."""

    status = 422
    code = "empty_text"


class TextTooLong(ServiceError):
    """The text is over the size limit."""

    status = 413
    code = "text_too_long"


class BodyTooLarge(ServiceError):
    """The whole request is over the size limit."""

    status = 413
    code = "body_too_large"


class NotFound(ServiceError):
    """No such path."""

    status = 404
    code = "not_found"


class WrongMethod(ServiceError):
    """The path exists, for another method."""

    status = 405
    code = "wrong_method"


class Overloaded(ServiceError):
    """Every permit is taken. `retry_after` is in seconds."""

    status = 429
    code = "overloaded"


class NotReady(ServiceError):
    """The bundle is loading, or the service is stopping."""

    status = 503
    code = "not_ready"


class InternalError(ServiceError):
    """A fault of ours."""
