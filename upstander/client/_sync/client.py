# Made by deploy/sync_client.py: change `_async`, and run it.

"""`Client`: the client that blocks."""

from collections.abc import Generator, Iterable
from contextlib import closing
from types import TracebackType
from typing import Any, Self

import httpx

from upstander.client import requests
from upstander.client._sync.lines import lines_of
from upstander.client._sync.transport import transport
from upstander.client.chunks import AT_A_TIME, chunks
from upstander.client.connecting import proxy_for, unreachable
from upstander.client.errors import Unreachable
from upstander.client.requests import DEFAULT_URL, AnyPost, AnyReply, Post
from upstander.client.retries import WaitTooLong
from upstander.models.model_schemas import ModelCard, Served
from upstander.models.review_schemas import (
    ClaimReply,
    Outcome,
    QueueReply,
    ReasonCode,
    ReviewReply,
    UndoReply,
    Waiting,
)
from upstander.models.schemas import KeyReply, PoliciesReply, Reply


class Client:
    """Asks a service. Thread-safe; close it, or use it in a `with` block."""

    def __init__(
        self,
        url: str = DEFAULT_URL,
        key: str | None = None,
        *,
        timeout: float = 10.0,
        retries: int = 4,
        patience: float = 60.0,
    ) -> None:
        """url: of the service. key: where it asks for one. timeout: seconds for one attempt.

        retries: how often a request is repeated if the service is busy, restarts or cannot be
            reached. patience: seconds; it waits as long as `Retry-After` says, and where that is
            longer than this, raises Refused at once. The proxy is that of the environment
            (`HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`). Raises Unsendable if url is no
            address or key cannot be sent.
        """
        options = requests.options_for(url, key, timeout)
        proxy = proxy_for(options["base_url"])
        again = transport(retries, patience, once=False, proxy=proxy)
        once = transport(retries, patience, once=True, proxy=proxy)
        self._http = httpx.Client(transport=again, **options)
        self._once = httpx.Client(transport=once, **options)

    def score(
        self,
        text: str,
        *,
        id: str | None = None,
        policy: str | None = None,
        community_id: str | None = None,
        do_not_store: bool = False,
        language: str | None = None,
    ) -> Reply:
        """`POST /v1/score`. Raises ClientError, as all of them."""
        post = Post(text, id, policy, community_id, do_not_store, language)
        body = requests.fields_of(post)
        return requests.read(Reply, self._send(self._http, "POST", "/v1/score", body))

    def score_batch(self, posts: Iterable[AnyPost], at_a_time: int = AT_A_TIME) -> list[AnyReply]:
        """`POST /v1/score/batch`, in as many requests as it takes: one result a post, in order.

        A post that cannot be scored has an ErrorReply in its place. What is no post at all raises
        Unsendable, and nothing is sent. at_a_time: posts a request. Where one request fails, the
        results of those before it are lost: score_stream gives them as they come.
        """
        requests.several(posts, at_a_time)
        wanted = [requests.fields_of(post) for post in posts]
        results: list[AnyReply] = []
        for first in range(0, len(wanted), at_a_time):
            some = wanted[first : first + at_a_time]
            body = {"posts": some}
            response = self._send(self._http, "POST", "/v1/score/batch", body)
            results += requests.read_batch(response, len(some))
        return results

    def score_stream(
        self, posts: Iterable[AnyPost], at_a_time: int = AT_A_TIME
    ) -> Generator[AnyReply, None, None]:
        """`POST /v1/score/stream`: results in order, of posts without end.

        Posts are taken a chunk at a time, and the next chunk once this one is answered. A chunk
        that broke off goes on with what is not answered. at_a_time: posts of a chunk at most. A
        chunk is sent once it is full, or when an asynchronous source pauses: for another source
        that pauses give 1.
        """
        # Whoever breaks off ends source and connection at once, not when they are collected.
        with closing(chunks(posts, at_a_time)) as source:
            for chunk in source:
                left = chunk
                while left:
                    answered = 0
                    with closing(self._stream(b"".join(left))) as replies:
                        for reply in replies:
                            answered += 1
                            yield reply
                    if not answered:
                        raise Unreachable(
                            "The service ended a stream without an answer: retry later."
                        )
                    left = left[answered:]

    def model(self) -> Served:
        """`GET /v1/model`: checksum and manifest."""
        return requests.read(Served, self._send(self._http, "GET", "/v1/model"))

    def model_card(self) -> ModelCard:
        """`GET /v1/model-card`."""
        return requests.read(ModelCard, self._send(self._http, "GET", "/v1/model-card"))

    def policies(self) -> PoliciesReply:
        """`GET /v1/policies`: those in force, and the default."""
        return requests.read(PoliciesReply, self._send(self._http, "GET", "/v1/policies"))

    def key(self) -> KeyReply:
        """`GET /v1/key`: what the key is for."""
        return requests.read(KeyReply, self._send(self._http, "GET", "/v1/key"))

    def review_queue(self, limit: int = 50) -> list[Waiting]:
        """`GET /v1/reviews/queue`: the least certain first. Needs a key for reviews."""
        asked = {"limit": limit}
        response = self._send(self._http, "GET", "/v1/reviews/queue", params=asked)
        return requests.read(QueueReply, response).decisions

    def claim_reviews(
        self,
        claimant: str,
        limit: int = 5,
        *,
        first: Iterable[str] = (),
        skip: Iterable[str] = (),
        unsure: bool = False,
    ) -> ClaimReply:
        """`POST /v1/reviews/claim`: decisions that nobody else is given for ten minutes.

        claimant: a random name of whoever reviews, such as `secrets.token_hex(16)`; what it held
            before and is not given now, it holds no more. limit: 0 releases all. first, skip: ids
            to claim before others, and to leave out. unsure: also, last, those of which somebody
            with this key was not sure.
        """
        body = requests.claim_of(claimant, limit, first, skip, unsure)
        path = "/v1/reviews/claim"
        return requests.read(ClaimReply, self._send(self._http, "POST", path, body))

    def review(
        self,
        decision_id: str,
        outcome: Outcome,
        reason: str | None = None,
        *,
        reason_code: ReasonCode | None = None,
        labels: dict[str, bool] | None = None,
        text: str | None = None,
        claimant: str | None = None,
    ) -> ReviewReply:
        """`POST /v1/reviews`; repeated only if it surely was not kept.

        claimant: as in the claim of this decision; it is refused if somebody else is reviewing it,
            or has. Without one the review stands beside others, as on appeal.
        """
        body = requests.review_of(decision_id, outcome, reason, reason_code, labels, text, claimant)
        return requests.read(ReviewReply, self._send(self._once, "POST", "/v1/reviews", body))

    def undo_review(self, review_id: int) -> UndoReply:
        """`POST /v1/reviews/undo`: take back a review that this key made within a day.

        Repeated only if it surely was not done.
        """
        body = {"review_id": review_id}
        path = "/v1/reviews/undo"
        return requests.read(UndoReply, self._send(self._once, "POST", path, body))

    def close(self) -> None:
        """Close the connections."""
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

    def _send(
        self,
        client: httpx.Client,
        method: str,
        path: str,
        body: Any = None,
        **options: Any,
    ) -> httpx.Response:
        if body is not None:
            options |= requests.body_of(body)
        try:
            return client.request(method, path, **options)
        except WaitTooLong as error:
            return error.response
        except httpx.RequestError as error:
            raise unreachable(error, client.base_url) from error

    def _stream(self, body: bytes) -> Generator[AnyReply, None, None]:
        """What is answered of some lines, until all are or the stream breaks off."""
        answered = 0
        try:
            with self._http.stream("POST", "/v1/score/stream", content=body) as response:
                if not response.is_success:
                    response.read()
                    raise requests.refused(response)
                for line in lines_of(response.iter_bytes()):
                    reply = requests.read_line(line, response.url)
                    if requests.is_end(reply):
                        return
                    answered += 1
                    yield reply
        except WaitTooLong as error:
            raise requests.refused(error.response) from None
        except httpx.RequestError as error:
            if not answered:
                raise unreachable(error, self._http.base_url) from error
