"""The errors of the service, with their HTTP statuses and codes.

UpstanderError
└── ServiceError          a request is refused; the code is for programs, the message for people
    ├── InvalidRequest    not JSON, a wrong type, an unknown or missing field   422 invalid_request
    ├── EmptyText         nothing visible to score                              422 empty_text
    ├── UnservedLanguage  the language of the text is not served         422 unserved_language
    ├── TextTooLong       the text is over the size limit                       413 text_too_long
    ├── BodyTooLarge      the whole request is over the size limit              413 body_too_large
    ├── BodyTooSlow       the request did not arrive in time                    408 body_too_slow
    ├── NotFound          no such path                                          404 not_found
    ├── WrongMethod       the path exists, for another method                   405 wrong_method
    ├── Unauthorized      no API key, or an unknown one                         401 unauthorized
    │   └── KeyMissing    no API key
    ├── Forbidden         the key may not do this                               403 forbidden
    ├── RateLimited       the key has used up its limit for now                 429 rate_limited
    ├── BundleRefused     the new bundle cannot be served                       409 bundle_refused
    ├── ReviewConflict    somebody else reviews the decision, or has            409 review_conflict
    ├── Overloaded        every permit is in use; retry after the time given    429 overloaded
    ├── StoreOff          the service stores nothing                            501 store_off
    ├── StoreDown         the store did not confirm that it was stored          503 store_down
    ├── StoreRefused      the store accepts others and not this one             500 store_refused
    ├── StoreFull         suggestions have reached their size limit             507 store_full
    ├── NotReady          the bundle is loading, or the service is stopping     503 not_ready
    ├── DeadlineExceeded  not scored in the time that the request allows  504 deadline_exceeded
    ├── ClientGone        the client disconnected; only metrics see it          499 client_gone
    └── InternalError     a fault of ours, logged under the request's id        500 internal_error

A text never appears in a message.
"""

from collections.abc import Sequence
from typing import Any, Literal

from upstander.models.errors import UpstanderError
from upstander.models.schemas import ErrorReply, Problem


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


class UnservedLanguage(ServiceError):
    """The text is surely in a language that is not served."""

    status = 422
    code = "unserved_language"

    def __init__(self, language: str, served: Sequence[str], probability: float | None) -> None:
        """language: its code. served: codes of those that are. probability: of a detected one."""
        super().__init__(
            f"The text is in a language that is not served ({language[:16]}): the served ones are "
            f"{', '.join(served)}. If it is in one of these, say which in the request."
        )
        self.language = language
        self.probability = probability


class TextTooLong(ServiceError):
    """The text is over the size limit."""

    status = 413
    code = "text_too_long"


class BodyTooLarge(ServiceError):
    """The whole request is over the size limit."""

    status = 413
    code = "body_too_large"


class BodyTooSlow(ServiceError):
    """The request did not arrive in time."""

    status = 408
    code = "body_too_slow"


class NotFound(ServiceError):
    """No such path."""

    status = 404
    code = "not_found"


class WrongMethod(ServiceError):
    """The path exists, but not for this method."""

    status = 405
    code = "wrong_method"


class Unauthorized(ServiceError):
    """No API key, or an unknown one."""

    status = 401
    code = "unauthorized"


class KeyMissing(Unauthorized):
    """No API key."""


class Forbidden(ServiceError):
    """The key may not do this."""

    status = 403
    code = "forbidden"


class RateLimited(ServiceError):
    """The key has used up its limit for now. `retry_after` is in seconds."""

    status = 429
    code = "rate_limited"

    def __init__(
        self, message: str, retry_after: int, allowed: int, per: Literal["minute", "day"], left: int
    ) -> None:
        """allowed: requests or posts that the key may send per minute or day; left: of these."""
        super().__init__(message, retry_after)
        self.allowed = allowed
        self.left = left
        self.per = per


class BundleRefused(ServiceError):
    """The new bundle cannot be served; the previous one stays in use."""

    status = 409
    code = "bundle_refused"


class ReviewConflict(ServiceError):
    """Somebody else is reviewing the decision, or has reviewed it."""

    status = 409
    code = "review_conflict"


class Overloaded(ServiceError):
    """Every permit is in use. `retry_after` is in seconds."""

    status = 429
    code = "overloaded"


class StoreOff(ServiceError):
    """The service stores nothing."""

    status = 501
    code = "store_off"


class StoreDown(ServiceError):
    """The store did not confirm that it was stored."""

    status = 503
    code = "store_down"


class StoreRefused(ServiceError):
    """The store accepts others and not this one."""

    status = 500
    code = "store_refused"


class StoreFull(ServiceError):
    """Suggestions have reached their size limit in the store."""

    status = 507
    code = "store_full"


class NotReady(ServiceError):
    """The bundle is loading, or the service is stopping."""

    status = 503
    code = "not_ready"


class DeadlineExceeded(ServiceError):
    """Not scored within the time that the request allowed."""

    status = 504
    code = "deadline_exceeded"


class ClientGone(ServiceError):
    """The client disconnected; only the metrics see it."""

    status = 499
    code = "client_gone"


class InternalError(ServiceError):
    """A fault of ours."""


def native_error(error: ServiceError) -> tuple[int, dict[str, Any]]:
    """Status and body of an error in the form of the native API."""
    problem = ErrorReply(error=Problem(code=error.code, message=str(error)))
    return error.status, problem.model_dump(exclude_none=True)
