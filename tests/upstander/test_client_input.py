"""What a program may give the Python client by mistake, and ways to the service that are closed."""

import asyncio
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from conftest import Server, StartServer

from upstander.client import (
    AsyncClient,
    Client,
    ClientError,
    ErrorReply,
    Post,
    Reply,
    Unreachable,
    Unsendable,
)
from upstander.serving.keys import create_key

HALF = "half an emoji \ud83d"


def awaited(url: str, ask: Callable[[AsyncClient], Any], **options: Any) -> Any:
    """What a coroutine of the awaited client gives."""

    async def run() -> Any:
        async with AsyncClient(url, **options) as client:
            return await ask(client)

    return asyncio.run(run())


def test_half_an_emoji_is_sent_and_read_as_the_service_reads_it(server: Server) -> None:
    with Client(server.url) as client:
        whole = client.score("half an emoji \ufffd").scores
        one = client.score(HALF, id=HALF, community_id=HALF)
        assert (one.scores, one.id) == (whole, "half an emoji \ufffd")
        (many,) = client.score_batch([HALF])
        (line,) = client.score_stream([Post(HALF, id="\udead")])
        for reply in (many, line):
            assert isinstance(reply, Reply)
            assert reply.scores == whole
        with pytest.raises(ClientError, match="policy"):
            client.score("x", policy=HALF)
        with pytest.raises(ClientError, match="needs API keys"):
            client.review("0" * 32, "upheld", HALF, text=HALF)
    assert awaited(server.url, lambda client: client.score(HALF)).scores == whole


@pytest.mark.parametrize("key", ["", " \n", "up_1 2", "up_1\r\nx-evil: 1", "up_ключ", "\ud83d", 7])
def test_a_key_that_no_header_holds_is_refused_before_anything_is_sent(key: Any) -> None:
    for kind in (Client, AsyncClient):
        with pytest.raises(Unsendable, match="The key") as refused:
            kind("http://127.0.0.1:9", key=key)
        assert "evil" not in str(refused.value)
        assert "2" not in str(refused.value)


def test_the_line_end_of_a_file_does_not_belong_to_the_key(
    start_server: StartServer, tmp_path: Path
) -> None:
    key = create_key(tmp_path / "keys.json", "forum", "score", 0, 0)[1]
    (tmp_path / "key").write_text(key + "\n")
    with start_server(keys=tmp_path / "keys.json") as running:
        running.wait_ready()
        with Client(running.url, key=(tmp_path / "key").read_text()) as client:
            assert client.key().role == "score"


@pytest.mark.parametrize(
    "url",
    ["127.0.0.1:8000", "ftp://x", "http://", "http://h:99999", "\ud83d", "", None],
)
def test_what_is_no_address_is_told(url: Any) -> None:
    for kind in (Client, AsyncClient):
        with pytest.raises(Unsendable, match="begins with http"):
            kind(url)


def test_fewer_retries_than_none_are_told() -> None:
    for kind in (Client, AsyncClient):
        with pytest.raises(ClientError, match="must be 0 or more"):
            kind(retries=-1)


def test_posts_may_be_dictionaries(server: Server) -> None:
    posts: list[Any] = [
        {"text": "Good morning.", "id": 7},
        {"text": "Good morning.", "id": None, "do_not_store": True},
        {"txt": "Good morning.", "id": "8"},
        {"text": 5, "id": 9},
        Post("Good morning.", id="10"),
        "Good morning.",
    ]
    ids, bad = ["7", None, "8", "9", "10", None], [False, False, True, True, False, False]
    with Client(server.url) as client:
        answers = [client.score_batch(posts, at_a_time=4), list(client.score_stream(posts))]
    answers.append(awaited(server.url, lambda client: client.score_batch(posts)))

    async def stream(client: AsyncClient) -> list[Any]:
        return [one async for one in client.score_stream(posts)]

    answers.append(awaited(server.url, stream))
    for replies in answers:
        assert [reply.id for reply in replies] == ids
        assert [isinstance(reply, ErrorReply) for reply in replies] == bad


@pytest.mark.parametrize("post", [5, b"bytes", None, ["a list"], {"text": b"bytes"}, {"id": {1}}])
def test_what_is_no_post_is_told(post: Any) -> None:
    with Client("http://127.0.0.1:9", retries=0) as client:
        for ask in (client.score_batch, lambda posts: list(client.score_stream(posts))):
            with pytest.raises(Unsendable, match="A post "):
                ask(["fine", post])


@pytest.mark.parametrize("posts", ["one text", b"bytes", {"text": "one"}, Post("one"), None, 7])
def test_one_post_is_not_taken_for_several(posts: Any) -> None:
    with Client("http://127.0.0.1:9", retries=0) as client:
        with pytest.raises(Unsendable, match="in a list"):
            client.score_batch(posts)
        with pytest.raises(Unsendable, match="in a list"):
            next(client.score_stream(posts))


@pytest.mark.parametrize("at_a_time", [0, -1])
def test_no_posts_at_a_time_would_lose_them_all(at_a_time: int) -> None:
    with Client("http://127.0.0.1:9", retries=0) as client:
        with pytest.raises(Unsendable, match="at least 1"):
            client.score_batch(["fine"], at_a_time=at_a_time)
        with pytest.raises(Unsendable, match="at least 1"):
            next(client.score_stream(["fine"], at_a_time=at_a_time))


@contextmanager
def proxy() -> Iterator[tuple[str, list[str]]]:
    """A proxy that answers by itself, and the addresses that it was asked for.

    A real one would have to be installed, and tells no more of the client.
    """
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            body = json.dumps({"id": None, "name": None, "role": None}).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_CONNECT(self) -> None:
            asked.append(self.path)
            self.send_error(403)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch


URL = "http://service.invalid"


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_the_proxy_of_the_environment_is_taken(
    no_proxies: pytest.MonkeyPatch, variable: str
) -> None:
    with proxy() as (place, asked):
        no_proxies.setenv(variable, f"http://{place}" if variable.isupper() else place)
        with Client(URL) as client:
            assert client.key().role is None
        assert awaited(URL, lambda client: client.key()).role is None
        assert asked == [f"{URL}/v1/key"] * 2
        no_proxies.setenv("NO_PROXY", "other.invalid,service.invalid")
        with (
            Client(URL, retries=0) as client,
            pytest.raises(Unreachable, match="no host is known by this name"),
        ):
            client.key()
        assert len(asked) == 2


def test_a_proxy_that_refuses_or_is_gone_is_named(no_proxies: pytest.MonkeyPatch) -> None:
    with proxy() as (place, asked):
        no_proxies.setenv("HTTPS_PROXY", f"http://{place}")
        with (
            Client("https://service.invalid", retries=0) as client,
            pytest.raises(Unreachable, match=r"proxy .* NO_PROXY"),
        ):
            client.key()
        assert asked == ["service.invalid:443"]
    with (
        Client("https://service.invalid", retries=0) as client,
        pytest.raises(Unreachable, match="proxy that the environment names"),
    ):
        client.key()
    for named, words in (("nothing://x", "is not an address"), ("socks5://x:1", "SOCKS")):
        no_proxies.setenv("HTTPS_PROXY", named)
        with pytest.raises(Unsendable, match=words):
            Client("https://service.invalid")


@contextmanager
def cutting() -> Iterator[int]:
    """A port where every connection is cut once something came."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ends = threading.Event()

        def serve() -> None:
            while not ends.is_set():
                connection, _ = listener.accept()
                with connection:
                    connection.recv(65536)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            ends.set()
            socket.create_connection(listener.getsockname()).close()
            thread.join()


def test_why_nothing_came_back(server: Server, no_proxies: pytest.MonkeyPatch) -> None:
    def told(url: str) -> str:
        with Client(url, retries=0, timeout=5) as client, pytest.raises(Unreachable) as raised:
            client.score("x")
        with pytest.raises(Unreachable) as again:
            awaited(url, lambda client: client.score("x"), retries=0, timeout=5)
        assert str(raised.value) == str(again.value)
        return str(raised.value)

    assert "is the service running there?" in told("http://127.0.0.1:9")
    assert "cannot agree on TLS" in told(server.url.replace("http:", "https:"))
    assert "no host is known by this name" in told("http://no.such.host.invalid")
    with cutting() as port:
        assert "broke off before it had answered" in told(f"http://127.0.0.1:{port}")
