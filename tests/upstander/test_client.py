"""The Python client against the real server, and against one that fails on purpose."""

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path

import pytest
from conftest import Server, StartServer, until
from hypothesis import given
from hypothesis import strategies as st

from upstander.client import (
    AsyncClient,
    Client,
    ClientError,
    ErrorReply,
    InvalidResponse,
    Post,
    Refused,
    Reply,
    Unreachable,
    Waiting,
)
from upstander.client._sync.lines import lines_of
from upstander.models import schemas as replies
from upstander.models.labels import LABELS, MECHANISMS, TARGETS
from upstander.serving.keys import create_key

VERMIN = "Migrants are vermin."


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[Client]:
    with Client(server.url) as made:
        yield made


def test_a_post(client: Client) -> None:
    reply = client.score(VERMIN, id="7", community_id="forum")
    assert reply.id == "7"
    assert reply.decision is not None
    assert reply.decision.band == "review"
    assert reply.scores["dehumanization"] > 0.9
    assert [VERMIN[span.begin : span.end] for span in reply.spans] == ["are vermin"]


def test_what_is_refused_says_why(client: Client) -> None:
    with pytest.raises(Refused, match="at least one visible character") as refused:
        client.score(" ")
    assert (refused.value.status, refused.value.code) == (422, "empty_text")
    with pytest.raises(Refused, match="policy"):
        client.score("x", policy="none of ours")
    with pytest.raises(Refused, match="id: is too long"):
        client.score("x", id="7" * 257)
    with pytest.raises(ClientError, match="begins with http"):
        Client("127.0.0.1:8000")


def test_a_batch_in_several_requests_keeps_its_order(client: Client) -> None:
    posts: list[Post | str] = [Post(text=f"Visitor {n} came.", id=str(n)) for n in range(10)]
    posts[4] = " "
    replies = client.score_batch(posts, at_a_time=3)
    assert [reply.id for reply in replies] == [*"0123", None, *"56789"]
    bad = replies[4]
    assert isinstance(bad, ErrorReply)
    assert bad.error.code == "empty_text"
    assert client.score_batch([]) == []


ENDINGS = "\u2028 \u2029 \x85 \x0b \x0c \x1c \x1d \x1e \r"
"""Where `str.splitlines` ends a line, and JSON lines do not."""


def test_what_ends_lines_elsewhere_ends_none_in_a_stream(server: Server, client: Client) -> None:
    posts = [Post(f"Good{ending}morning", id=f"a{ending}b") for ending in ENDINGS.split(" ")]
    found = list(client.score_stream(posts))
    assert [reply.id for reply in found] == [post.id for post in posts]

    async def ids() -> list[str | None]:
        async with AsyncClient(server.url) as made:
            return [reply.id async for reply in made.score_stream(posts)]

    assert asyncio.run(ids()) == [post.id for post in posts]


@given(st.lists(st.binary(max_size=5)), st.booleans())
def test_lines_are_those_of_the_bytes_however_they_come(pieces: list[bytes], ends: bool) -> None:
    sent = [*pieces, b"\n"] if ends else pieces
    assert list(lines_of(sent)) == [line for line in b"".join(sent).split(b"\n") if line]


def test_a_stream_without_end_is_read_as_it_comes(client: Client) -> None:
    asked = count()
    posts = (Post(text="x" * 900 + f" {n}", id=str(n)) for n in asked)
    replies = client.score_stream(posts)
    found = [next(replies) for _ in range(100)]
    assert [reply.id for reply in found] == [str(n) for n in range(100)]
    assert next(asked) < 200  # no more was taken than is needed soon
    paused = (Post(f"Visitor {n} came.", id=str(n)) for n in count())
    for number, reply in zip(range(3), client.score_stream(paused, at_a_time=1), strict=False):
        assert reply.id == str(2 * number)
        assert next(paused).id == str(2 * number + 1)  # type: ignore[union-attr]
    alone = client.score("x" * 900 + " 7")
    same = found[7]
    assert isinstance(same, Reply)
    assert same.scores == alone.scores


def test_the_model_and_its_card(client: Client) -> None:
    card = client.model_card()
    served = client.model()
    assert card.model_name == served.manifest["name"]
    assert client.score("x").model.sha256 == served.sha256
    assert client.key().role is None


def test_the_policies(client: Client) -> None:
    found = client.policies()
    assert found.default == "hate"
    assert {one.id for one in found.policies} == {"hate", "dehumanization", "perspective"}


def test_all_of_it_awaited(server: Server) -> None:
    async def posts() -> AsyncIterator[str]:
        for number in range(130):
            yield f"Visitor {number} came."

    async def run() -> None:
        async with AsyncClient(server.url) as client:
            reply, card, served, policies, batch = await asyncio.gather(
                client.score(VERMIN),
                client.model_card(),
                client.model(),
                client.policies(),
                client.score_batch(["Good morning.", ""], at_a_time=1),
            )
            assert reply.decision is not None
            assert reply.decision.band == "review"
            assert card.model_name == served.manifest["name"]
            assert (await client.key()).role is None
            assert policies.default == "hate"
            assert [type(one) for one in batch] == [Reply, ErrorReply]
            assert len([one async for one in client.score_stream(posts())]) == 130
            with pytest.raises(Refused, match="empty"):
                await client.score("")

    asyncio.run(run())


def test_a_source_that_pauses_is_answered_meanwhile(server: Server) -> None:
    answered = asyncio.Event()

    async def posts() -> AsyncIterator[str]:
        yield "Visitor 1 came."
        await asyncio.wait_for(answered.wait(), 20)  # comes only if the first is not kept back
        yield "Visitor 2 came."
        raise LookupError("the source broke")

    found = []

    async def run() -> None:
        async with AsyncClient(server.url) as client:
            async for reply in client.score_stream(posts()):
                found.append(reply)
                answered.set()

    with pytest.raises(LookupError):
        asyncio.run(run())
    assert len(found) == 1


def test_whoever_breaks_off_ends_the_source(server: Server) -> None:
    ended = []

    async def posts() -> AsyncIterator[str]:
        try:
            yield "Visitor 1 came."
            await asyncio.sleep(3600)
            yield "Nobody waits for this."
        finally:
            ended.append(True)

    async def run() -> None:
        async with AsyncClient(server.url) as client:
            async with aclosing(client.score_stream(posts())) as replies:
                await anext(replies)
                await asyncio.sleep(0.2)  # the next post is awaited by now
            assert (await client.score("x")).scores

    asyncio.run(asyncio.wait_for(run(), 30))
    assert ended == [True]


def test_reviews(start_server: StartServer, tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    scoring, reviewing = (
        create_key(file, role, role, 0, 0)[1]
        for role in ("score", "review")  # type: ignore[arg-type]
    )
    with start_server(keys=file, record="texts") as server:
        server.wait_ready()
        with pytest.raises(Refused) as refused, Client(server.url) as nobody:
            nobody.score(VERMIN)
        assert refused.value.code == "unauthorized"
        with Client(server.url, key=scoring) as client:
            decision = client.score(VERMIN).decision
        assert decision is not None
        with Client(server.url, key=reviewing) as client:
            until(lambda: len(client.review_queue()) == 1)
            waiting = client.review_queue()[0]
            assert (waiting.decision_id, waiting.text) == (decision.id, VERMIN)
            assert [VERMIN[begin:end] for begin, end, _ in waiting.spans] == ["are vermin"]
            assert client.key().role == "review"
            kept = client.review(decision.id or "", "overturned", "a quotation")
            assert kept.learned
            assert client.review_queue() == []

        async def awaited() -> list[Waiting]:
            async with AsyncClient(server.url, key=reviewing) as client:
                await client.review(decision.id or "", "upheld", "it is not", labels={})
                return await client.review_queue()

        assert asyncio.run(awaited()) == []


@contextmanager
def failing(answers: list[tuple[int, dict[str, str], bytes]]) -> Iterator[tuple[str, list[float]]]:
    """A server that gives these answers in turn, and notes when it was asked.

    The real one cannot be made to refuse so many times and no more.
    """
    import time

    asked: list[float] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            asked.append(time.monotonic())
            status, headers, body = answers[min(len(asked), len(answers)) - 1]
            self.send_response(status)
            for name, value in {"content-length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


BUSY = json.dumps({"error": {"code": "overloaded", "message": "Every permit is taken."}}).encode()


def test_it_waits_as_long_as_it_is_told(client: Client) -> None:
    good = client.score("Good morning.").model_dump_json(exclude_none=True).encode()
    answers = [(429, {"retry-after": "1"}, BUSY), (503, {}, BUSY), (200, {}, good)]
    with failing(answers) as (url, asked), Client(url) as trying:
        assert trying.score("Good morning.").scores
    assert len(asked) == 3
    assert 1 <= asked[1] - asked[0] < 5


def test_it_gives_up_and_says_what_it_was_told() -> None:
    with failing([(429, {"retry-after": "0"}, BUSY)]) as (url, asked):
        with Client(url, retries=2) as trying, pytest.raises(Refused) as refused:
            trying.score("x")
        assert len(asked) == 3
        assert (refused.value.code, refused.value.retry_after) == ("overloaded", 0)
    with (
        failing([(502, {}, b"<html>")]) as (url, _),
        Client(url, retries=0) as trying,
        pytest.raises(Refused, match="an address of the service"),
    ):
        trying.score("x")


@pytest.mark.parametrize("after", ["3600", "Fri, 31 Dec 2999 23:59:59 GMT"])
def test_a_wait_that_is_too_long_is_told_at_once(after: str) -> None:
    with failing([(429, {"retry-after": after}, BUSY)]) as (url, asked):
        with Client(url) as trying, pytest.raises(Refused) as refused:
            trying.score("x")
        assert (refused.value.retry_after or 0) >= 3600
        with Client(url) as trying, pytest.raises(Refused):
            next(trying.score_stream(["x"]))
        with Client(url) as trying, pytest.raises(Refused):
            trying.review("0" * 32, "upheld", "x")

        async def awaited() -> None:
            async with AsyncClient(url) as trying:
                with pytest.raises(Refused):
                    await trying.score("x")

        asyncio.run(awaited())
        assert len(asked) == 4


def test_what_is_not_the_service_is_told(client: Client) -> None:
    with failing([(200, {}, b"<html>Sign in</html>")]) as (url, _), Client(url) as trying:
        with pytest.raises(InvalidResponse, match="is this its address"):
            trying.score("x")
        with pytest.raises(InvalidResponse):
            trying.score_batch(["x"])
        with pytest.raises(InvalidResponse):
            list(trying.score_stream(["x"]))


def test_a_newer_service_may_say_more(client: Client) -> None:
    reply = client.score(VERMIN).model_dump(exclude_none=True)
    more = json.dumps(reply | {"mood": "dark", "flags": reply["flags"] | {"new": 1}}).encode()
    with failing([(200, {}, more)]) as (url, _), Client(url) as trying:
        assert trying.score(VERMIN).scores == reply["scores"]


def test_it_stands_beside_a_program_with_models_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "models.py").write_text("class Comment: ...\n")
    (tmp_path / "serving.py").write_text("")
    (tmp_path / "app.py").write_text(
        "import models, serving\nfrom upstander.client import Client\n"
    )
    done = subprocess.run(
        [sys.executable, "app.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_its_users_see_its_types(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(
        "from upstander.client import Client\n"
        'decision = Client().score("x").decision\n'
        "assert decision is not None\n"
        "decision.band.nothing\n"
        'Client().score("x", polcy="mine")\n'
    )
    command = [sys.executable, "-m", "mypy", "--strict", "--no-incremental", "app.py"]
    found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "app.py:4: error: Item \"str\" of \"Literal['allow', 'review', 'act']\"" in found.stdout
    assert 'app.py:5: error: Unexpected keyword argument "polcy"' in found.stdout
    assert "Found 2 errors" in found.stdout


def test_its_words_are_those_of_the_model() -> None:
    assert ", ".join(LABELS) == replies.LABELS
    assert ", ".join(TARGETS) == replies.CATEGORIES
    assert ", ".join(MECHANISMS) == replies.MECHANISMS


def test_a_review_is_not_sent_twice_when_it_may_be_kept() -> None:
    with failing([(503, {}, BUSY)]) as (url, asked), Client(url) as trying:
        with pytest.raises(Refused):
            trying.review("0" * 32, "upheld", "x")
        assert len(asked) == 1


def test_the_old_name_of_an_error_works_and_says_so() -> None:
    import upstander.client as package

    with pytest.warns(DeprecationWarning, match="is now InvalidResponse"):
        assert package.Misunderstood is InvalidResponse


def test_nobody_is_there() -> None:
    with Client("http://127.0.0.1:9", retries=0) as trying:
        with pytest.raises(Unreachable, match="is the service running there"):
            trying.score("x")
        with pytest.raises(Unreachable, match="is the service running there"):
            list(trying.score_stream(["x"]))
