"""A client for the service, in the words of its API.

    from upstander.client import Client

    with Client("http://127.0.0.1:8000", key="up_...") as client:
        reply = client.score("Migrants are vermin.")
        print(reply.decision.band, reply.decision.reason)

`AsyncClient` has the same methods, to be awaited. Needs the extra `client`.
"""

from serving.api.wire import DecisionReply, ErrorReply, PoliciesReply, Post, Reply, Span
from upstander.client.asynchronous import AsyncClient
from upstander.client.errors import ClientError, Refused, Unreachable
from upstander.client.synchronous import Client

__all__ = [
    "AsyncClient",
    "Client",
    "ClientError",
    "DecisionReply",
    "ErrorReply",
    "PoliciesReply",
    "Post",
    "Refused",
    "Reply",
    "Span",
    "Unreachable",
]
