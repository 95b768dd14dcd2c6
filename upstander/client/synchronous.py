"""The client that blocks."""

from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any, Literal, Self

import httpx
from httpx_retries import RetryTransport

from models.card import ModelCard
from serving.api.wire import PoliciesReply, Post, Reply
from upstander.client import requests
from upstander.client.errors import Unreachable
from upstander.client.requests import DEFAULT_URL, AnyReply


class Client:
    """Asks a service. Thread-safe; close it, or use it in a `with` block."""

    def __init__(
        self,
        url: str = DEFAULT_URL,
        key: str | None = None,
        *,
        timeout: float = 10.0,
        retries: int = 4,
    ) -> None:
        """url: of the service. key: where it asks for one. timeout: seconds for an answer.

        retries: how often a request is repeated if the service is busy, restarts or cannot be
            reached; it waits as long as `Retry-After` says.
        """
        transport = RetryTransport(httpx.HTTPTransport(), retry=requests.retrying(retries))
        once = RetryTransport(
            httpx.HTTPTransport(), retry=requests.retrying_what_was_not_done(retries)
        )
        options: dict[str, Any] = {
            "base_url": url,
            "headers": requests.headers_for(key),
            "timeout": timeout,
        }
        self._http = httpx.Client(transport=transport, **options)
        self._once = httpx.Client(transport=once, **options)

    def score(
        self,
        text: str,
        *,
        id: str | None = None,
        policy: str | None = None,
        community_id: str | None = None,
        do_not_store: bool = False,
    ) -> Reply:
        """`POST /v1/score`. Raises Refused and Unreachable."""
        post = Post(
            text=text,
            id=id,
            policy=policy,
            community_id=community_id,
            do_not_store=do_not_store,
        )
        return requests.read_reply(self._post("/v1/score", requests.body_of(post)))

    def score_batch(self, posts: Iterable[Post | str], at_a_time: int = 64) -> list[AnyReply]:
        """`POST /v1/score/batch`, in as many requests as it takes: one result a post, in order.

        A post that cannot be scored has an ErrorReply in its place. at_a_time: posts a request.
        Raises Refused and Unreachable.
        """
        wanted = list(posts)
        results: list[AnyReply] = []
        for first in range(0, len(wanted), at_a_time):
            body = requests.batch_of(wanted[first : first + at_a_time])
            results += requests.read_batch(self._post("/v1/score/batch", body))
        return results

    def score_stream(self, posts: Iterable[Post | str]) -> Iterator[AnyReply]:
        """`POST /v1/score/stream`: results in order, of posts without end.

        Posts are taken a piece at a time, and the next piece once this one is answered. A piece
        that broke off goes on with what is not answered. Raises Refused and Unreachable.
        """
        for piece in requests.pieces(posts):
            left = piece
            while left:
                answered = 0
                for reply in self._stream(b"".join(left)):
                    answered += 1
                    yield reply
                if not answered:
                    raise Unreachable("The service ended a stream without an answer: retry later.")
                left = left[answered:]

    def model(self) -> dict[str, Any]:
        """`GET /v1/model`: checksum and manifest. Raises Refused and Unreachable."""
        found: dict[str, Any] = self._send(self._http, "GET", "/v1/model").json()
        return found

    def model_card(self) -> ModelCard:
        """`GET /v1/model-card`. Raises Refused and Unreachable."""
        response = self._send(self._http, "GET", "/v1/model-card")
        return ModelCard.model_validate_json(response.content)

    def policies(self) -> PoliciesReply:
        """`GET /v1/policies`: those in force, and the default. Raises Refused and Unreachable."""
        response = self._send(self._http, "GET", "/v1/policies")
        return PoliciesReply.model_validate_json(response.content)

    def review_queue(self, limit: int = 50) -> list[dict[str, Any]]:
        """`GET /v1/reviews/queue`; needs a key for reviews. Raises Refused and Unreachable."""
        response = self._send(self._http, "GET", "/v1/reviews/queue", params={"limit": limit})
        found: list[dict[str, Any]] = response.json()["decisions"]
        return found

    def review(
        self,
        decision_id: str,
        outcome: Literal["upheld", "overturned"],
        reason: str,
        *,
        labels: dict[str, bool] | None = None,
        text: str | None = None,
    ) -> dict[str, Any]:
        """`POST /v1/reviews`; repeated only if it surely was not kept. Raises as the others."""
        body = requests.review_of(decision_id, outcome, reason, labels, text)
        found: dict[str, Any] = self._send(self._once, "POST", "/v1/reviews", json=body).json()
        return found

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()
        self._once.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _post(self, path: str, body: bytes) -> httpx.Response:
        headers = {"content-type": "application/json"}
        return self._send(self._http, "POST", path, content=body, headers=headers)

    def _send(self, client: httpx.Client, method: str, path: str, **options: Any) -> httpx.Response:
        try:
            response = client.request(method, path, **options)
        except httpx.TransportError as error:
            raise requests.unreachable(error, client.base_url) from error
        if response.is_success:
            return response
        raise requests.refused(response)

    def _stream(self, body: bytes) -> Iterator[AnyReply]:
        """What is answered of some lines, until all are or the stream breaks off."""
        answered = 0
        try:
            with self._http.stream("POST", "/v1/score/stream", content=body) as response:
                if not response.is_success:
                    response.read()
                    raise requests.refused(response)
                for line in response.iter_lines():
                    reply = requests.read_line(line)
                    if requests.is_end(reply):
                        return
                    answered += 1
                    yield reply
        except httpx.TransportError as error:
            if not answered:
                raise requests.unreachable(error, self._http.base_url) from error
