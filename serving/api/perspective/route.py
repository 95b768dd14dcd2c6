"""The route class of the Perspective API: lenient media types, errors in Google's form."""

from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from upstander.serving.api.perspective.schemas import payload_error
from upstander.serving.api.route import BodyRoute
from upstander.serving.errors import ServiceError


class GoogleRoute(BodyRoute):
    """Takes JSON whatever its content type says, and complains in Google's words."""

    needs_media_type = False
    without_body: Any = MappingProxyType({})

    def refusal(self, error: ValidationError) -> ServiceError:
        """What a body that does not fit is answered with."""
        return payload_error(error)
