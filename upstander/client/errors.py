"""The exceptions of the client.

ClientError
├── Unsendable       what was given cannot be sent: an address, a key, a post
├── Refused          the service said no: `status`, `code` and `retry_after` are its own
├── Unreachable      it did not answer, or not in time
└── InvalidResponse  something answered, and not as the service does
"""


class ClientError(Exception):
    """A request did not succeed, after all attempts."""


class Unsendable(ClientError):
    """An address, a key or a post that cannot be sent; the service was not asked."""


class Refused(ClientError):
    """The service said no. retry_after: seconds, if it named some."""

    def __init__(self, message: str, status: int, code: str, retry_after: float | None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.retry_after = retry_after


class Unreachable(ClientError):
    """The service did not answer, or not in time."""


class InvalidResponse(ClientError):
    """What answered is not this service, or one with which this client cannot speak."""
