"""What a client raises.

UpstanderError
└── ClientError
    ├── Refused        the service said no: `status`, `code` and `retry_after` are its own
    └── Unreachable    it did not answer, or not in time
"""

from models.errors import UpstanderError


class ClientError(UpstanderError):
    """A request did not succeed, after all attempts."""


class Refused(ClientError):
    """The service said no. retry_after: seconds, if it named some."""

    def __init__(self, message: str, status: int, code: str, retry_after: int | None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.retry_after = retry_after


class Unreachable(ClientError):
    """The service did not answer, or not in time."""
