"""A client for the service, in the words of its API.

    from upstander.client import Client

    with Client("http://127.0.0.1:8000", key="up_...") as client:
        reply = client.score("Migrants are vermin.")
        print(reply.decision.band, reply.decision.reason)

`AsyncClient` has the same methods, to be awaited. Needs the extra `client`, which brings httpx and
pydantic: nothing of the service is imported.
"""

import warnings
from typing import TYPE_CHECKING

from upstander.client._async.client import AsyncClient
from upstander.client._sync.client import Client
from upstander.client.errors import ClientError, InvalidResponse, Refused, Unreachable, Unsendable
from upstander.client.requests import AnyPost, AnyReply, Post
from upstander.models.model_schemas import ModelCard, Served, ServedLanguage
from upstander.models.review_schemas import ClaimReply, ReviewReply, UndoReply, Waiting
from upstander.models.schemas import (
    DecisionReply,
    ErrorReply,
    KeyReply,
    LanguageInfo,
    PoliciesReply,
    Reply,
    Span,
)

__all__ = [
    "AnyPost",
    "AnyReply",
    "AsyncClient",
    "ClaimReply",
    "Client",
    "ClientError",
    "DecisionReply",
    "ErrorReply",
    "InvalidResponse",
    "KeyReply",
    "LanguageInfo",
    "ModelCard",
    "PoliciesReply",
    "Post",
    "Refused",
    "Reply",
    "ReviewReply",
    "Served",
    "ServedLanguage",
    "Span",
    "UndoReply",
    "Unreachable",
    "Unsendable",
    "Waiting",
]


if not TYPE_CHECKING:  # a type checker is to find names that are none

    def __getattr__(name: str) -> object:
        if name == "Misunderstood":
            warnings.warn(
                "Misunderstood is now InvalidResponse; the old name goes with the next version",
                DeprecationWarning,
                stacklevel=2,
            )
            return InvalidResponse
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
